with

candidates as (
    {{ unite('candidates', ['source', 'candidate_id', 'email', 'created_at', 'is_anonymised']) }}
),

persons as (
    select * from {{ ref('stg_identity__person_xref') }}
),

final as (
    select
        candidates.source,
        candidates.candidate_id,
        persons.person_id,
        candidates.created_at,
        -- What stands in the place of every address of an erased person.
        coalesce(candidates.is_anonymised, false)
        or coalesce(contains(candidates.email, '@erased.invalid'), false) as is_anonymised
    from candidates
    left join persons
        on
            candidates.source = persons.source
            and candidates.candidate_id = persons.candidate_id
)

select * from final
