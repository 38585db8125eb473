with

source as (
    select * from {{ source('ops', 'agency_terms') }}
),

final as (
    select
        agency,
        valid_from,
        lead(valid_from) over (
            partition by agency order by valid_from asc nulls last
        ) as replaced_on,
        fee_rate,
        minimum_fee,
        typical_salary,
        fee_excludes,
        refund_excludes
    from source
)

select * from final
