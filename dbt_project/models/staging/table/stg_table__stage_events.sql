with

source as (
    select * from {{ source('raw', 'table__stage_events') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('application_id', 'id') }},
        {{ field('event_id', 'id') }},
        {{ field('stage_label', 'text') }},
        {{ field('entered_at', 'at') }},
        {{ field('exited_at', 'at') }},
        {{ field('exit_type', 'word') }},
        coalesce(
            lower({{ canonical('precision') }}), {{ precision_of('entered_at') }}
        ) as precision,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
