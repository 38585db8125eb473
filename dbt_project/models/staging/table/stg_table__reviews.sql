with

source as (
    select * from {{ source('raw', 'table__reviews') }}
),

current_rows as (
    {{ current_rows('source', [
        'employee_id', 'period_end_date', 'rating', 'rating_min', 'rating_max',
    ]) }}
),

final as (
    select
        source,
        employee_id,
        {{ to_date('period_end_date') }} as period_end_date,
        try_cast(rating as double) as rating,
        try_cast(rating_min as double) as rating_min,
        try_cast(rating_max as double) as rating_max,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
