with

source as (
    select * from {{ source('raw', 'table__reviews') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('employee_id', 'id') }},
        {{ field('period_end_date', 'date') }},
        {{ field('rating', 'num') }},
        {{ field('rating_min', 'num') }},
        {{ field('rating_max', 'num') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
