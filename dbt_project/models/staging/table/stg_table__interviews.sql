with

source as (
    select * from {{ source('raw', 'table__interviews') }}
),

current_rows as (
    {{ current_rows('source', [
        'interview_id', 'application_id', 'stage_label', 'scheduled_at', 'held_at', 'status',
    ]) }}
),

final as (
    select
        source,
        interview_id,
        application_id,
        stage_label,
        {{ to_utc('scheduled_at') }} as scheduled_at,
        {{ precision_of('scheduled_at') }} as scheduled_precision,
        {{ to_utc('held_at') }} as held_at,
        {{ precision_of('held_at') }} as held_precision,
        lower(status) as status,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
