with

source as (
    select * from {{ source('raw', 'table__channel_costs') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('cost_id', 'id') }},
        {{ field('channel_label', 'text') }},
        {{ field('kind', 'word') }},
        {{ field('period_start_date', 'date') }},
        {{ field('period_end_date', 'date') }},
        {{ field('amount', 'yen') }},
        {{ field('application_id', 'id') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
