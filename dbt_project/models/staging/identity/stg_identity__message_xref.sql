with

source as (
    select * from {{ source('identity', 'message_xref') }}
),

final as (
    select
        source,
        message_id,
        person_id
    from source
)

select * from final
