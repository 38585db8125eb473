with

source as (
    select * from {{ source('raw', 'table__stage_events') }}
),

current_rows as (
    {{ current_rows('source', [
        'application_id', 'event_id', 'stage_label', 'entered_at', 'exited_at', 'exit_type',
        'precision',
    ]) }}
),

final as (
    select
        source,
        application_id,
        event_id,
        stage_label,
        {{ to_utc('entered_at') }} as entered_at,
        {{ to_utc('exited_at') }} as exited_at,
        lower(exit_type) as exit_type,
        coalesce(lower(precision), {{ precision_of('entered_at') }}) as precision,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
