with

source as (
    select * from {{ source('raw', 'table__candidates') }}
),

final as (
    {{ file_candidates('source') }}
)

select * from final
