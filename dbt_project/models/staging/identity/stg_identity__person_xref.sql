with

source as (
    select * from {{ source('identity', 'person_xref') }}
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
