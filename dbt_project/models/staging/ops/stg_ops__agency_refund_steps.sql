with

source as (
    select * from {{ source('ops', 'agency_refund_steps') }}
),

final as (
    select
        agency,
        valid_from,
        within_days,
        refund_rate
    from source
)

select * from final
