-- Excluded applications and slips of the hand are left out; everything else that was visited is entered
-- once, whatever the number of visits.
with

visited as (
    select distinct
        visits.stage_key,
        visits.source,
        visits.application_id
    from {{ ref('fct_stage_visits') }} as visits
    inner join {{ ref('fct_applications') }} as applications
        on
            visits.source = applications.source
            and visits.application_id = applications.application_id
    where not visits.is_accidental and not applications.is_excluded
),

in_fact as (
    select
        stage_key,
        count(*) as n_entered
    from visited
    group by stage_key
),

in_mart as (
    select
        stage_key,
        sum(n_entered) as n_entered
    from {{ ref('mart_stage_conversion') }}
    group by stage_key
)

select
    in_fact.stage_key,
    in_fact.n_entered as n_in_fact,
    in_mart.n_entered as n_in_mart
from in_fact
full outer join in_mart on in_fact.stage_key = in_mart.stage_key
where in_fact.n_entered is distinct from in_mart.n_entered
