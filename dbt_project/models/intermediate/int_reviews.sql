with

reviews as (
    {{ unite('reviews', [
        'source', 'employee_id', 'period_end_date', 'rating', 'rating_min', 'rating_max',
    ]) }}
),

final as (
    select
        *,
        case
            when rating_max > rating_min then (rating - rating_min) / (rating_max - rating_min)
        end as rating_share
    from reviews
)

select * from final
