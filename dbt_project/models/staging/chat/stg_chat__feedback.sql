with

source as (
    select * from {{ source('raw', 'chat__feedback') }}
),

final as (
    {{ file_feedback('source', 'true') }}
)

select * from final
