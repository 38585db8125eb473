with

source as (
    select * from {{ source('raw', 'mail__candidates') }}
),

final as (
    {{ file_candidates('source') }}
)

select * from final
