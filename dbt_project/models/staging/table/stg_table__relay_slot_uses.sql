with

source as (
    select * from {{ source('raw', 'table__relay_slot_uses') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('slot_use_id', 'id') }},
        {{ field('used_at', 'at') }},
        {{ precision_of('used_at') }} as used_precision,
        {{ field('application_id', 'id') }},
        {{ field('job_id', 'id') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
