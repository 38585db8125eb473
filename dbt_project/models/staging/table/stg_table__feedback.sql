with

source as (
    select * from {{ source('raw', 'table__feedback') }}
),

final as (
    {{ file_feedback('source', 'false') }}
)

select * from final
