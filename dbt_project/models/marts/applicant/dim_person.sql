with

persons as (
    select * from {{ ref('stg_identity__person_xref') }}
),

candidates as (
    select * from {{ ref('int_candidates') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
),

spells as (
    select * from {{ ref('fct_employment_spells') }}
),

records as (
    select
        persons.person_id,
        count(*) as n_records,
        count(distinct persons.source) as n_sources,
        min(persons.probability) as link_probability,
        max(case when persons.rule = 'likeness' then 1 else 0 end) = 1 as is_linked_by_likeness,
        max(case when candidates.is_anonymised then 1 else 0 end) = 1 as is_anonymised,
        min(persons.valid_from) as known_since_at
    from persons
    left join candidates
        on
            persons.source = candidates.source
            and persons.candidate_id = candidates.candidate_id
    group by persons.person_id
),

counted as (
    select
        person_id,
        count(*) filter (where not is_excluded) as n_applications,
        count(*) filter (where is_excluded) as n_excluded,
        {%- for outcome in ['open', 'rejected', 'withdrawn', 'offer_declined', 'hired'] %}
        count(*) filter (where not is_excluded and outcome = '{{ outcome }}') as n_{{ outcome }},
        {%- endfor %}
        min(applied_date) as first_applied_date,
        max(applied_date) as last_applied_date,
        max(reached_stage_order) filter (where not is_excluded) as best_stage_order
    from applications
    group by person_id
),

last_applications as (
    select
        person_id,
        source as last_source,
        application_id as last_application_id,
        outcome as last_outcome
    from applications
    qualify row_number() over (partition by person_id order by application_seq desc) = 1
),

employed as (
    select
        person_id,
        count(*) as n_spells
    from spells
    where person_id is not null
    group by person_id
),

final as (
    select
        records.person_id,
        records.n_records,
        records.n_sources,
        records.link_probability,
        records.is_linked_by_likeness,
        records.known_since_at,
        records.is_anonymised,
        coalesce(counted.n_applications, 0) as n_applications,
        coalesce(counted.n_excluded, 0) as n_excluded,
        coalesce(counted.n_open, 0) as n_open,
        coalesce(counted.n_rejected, 0) as n_rejected,
        coalesce(counted.n_withdrawn, 0) as n_withdrawn,
        coalesce(counted.n_offer_declined, 0) as n_offer_declined,
        coalesce(counted.n_hired, 0) as n_hired,
        counted.first_applied_date,
        counted.last_applied_date,
        counted.best_stage_order,
        last_applications.last_source,
        last_applications.last_application_id,
        last_applications.last_outcome,
        coalesce(employed.n_spells, 0) as n_spells
    from records
    left join counted on records.person_id = counted.person_id
    left join last_applications on records.person_id = last_applications.person_id
    left join employed on records.person_id = employed.person_id
)

select * from final
