with

reviews as (
    select * from {{ ref('int_reviews') }}
),

final as (
    select
        source,
        employee_id,
        period_end_date,
        rating,
        rating_share
    from reviews
)

select * from final
