with

source as (
    select * from {{ source('identity', 'feedback_xref') }}
),

final as (
    select
        source,
        feedback_id,
        person_id,
        n_persons
    from source
)

select * from final
