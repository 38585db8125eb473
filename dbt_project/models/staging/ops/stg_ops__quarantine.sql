with

source as (
    select * from {{ source('ops', 'quarantine') }}
),

final as (
    select distinct
        source,
        coalesce(stream, 'unknown') as entity,
        file,
        row_number
    from source
    where status = 'open'
)

select * from final
