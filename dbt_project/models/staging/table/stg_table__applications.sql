with

source as (
    select * from {{ source('raw', 'table__applications') }}
),

final as (
    {{ file_applications('source') }}
)

select * from final
