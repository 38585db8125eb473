with

source as (
    select * from {{ source('identity', 'person_xref') }}
    where valid_to is null
),

final as (
    select
        source,
        candidate_id,
        person_id,
        rule,
        probability,
        valid_from
    from source
)

select * from final
