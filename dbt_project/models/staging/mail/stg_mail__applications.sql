with

source as (
    select * from {{ source('raw', 'mail__applications') }}
),

final as (
    {{ file_applications('source') }}
)

select * from final
