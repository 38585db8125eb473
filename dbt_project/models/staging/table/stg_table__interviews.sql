with

source as (
    select * from {{ source('raw', 'table__interviews') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('interview_id', 'id') }},
        {{ field('application_id', 'id') }},
        {{ field('stage_label', 'text') }},
        {{ field('scheduled_at', 'at') }},
        {{ precision_of('scheduled_at') }} as scheduled_precision,
        {{ field('held_at', 'at') }},
        {{ precision_of('held_at') }} as held_precision,
        {{ field('status', 'word') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
