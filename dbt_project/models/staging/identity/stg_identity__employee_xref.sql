with

source as (
    select * from {{ source('identity', 'employee_xref') }}
),

final as (
    select
        source,
        employee_id,
        person_id
    from source
)

select * from final
