with

source as (
    select * from {{ source('raw', 'table__relay_slot_uses') }}
),

current_rows as (
    {{ current_rows('source', [
        'slot_use_id', 'used_at', 'application_id', 'job_id',
    ]) }}
),

final as (
    select
        source,
        slot_use_id,
        {{ to_utc('used_at') }} as used_at,
        {{ precision_of('used_at') }} as used_precision,
        application_id,
        job_id,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
