with

source as (
    select * from {{ source('ops', 'run_parameters') }}
),

final as (
    select
        as_of_at,
        as_of_date
    from source
)

select * from final
