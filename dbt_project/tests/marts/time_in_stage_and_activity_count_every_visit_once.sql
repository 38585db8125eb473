-- Every real visit of an application that counts is one stay, and one change of stage but where it is the
-- application's first of `applied`.
with

visits as (
    select
        visits.stage_key,
        count(*) as n_visits,
        count(distinct case
            when visits.stage_key = 'applied'
                then concat_ws('|', visits.source, visits.application_id)
        end) as n_first
    from {{ ref('fct_stage_visits') }} as visits
    inner join {{ ref('fct_applications') }} as applications
        on
            visits.source = applications.source
            and visits.application_id = applications.application_id
    where not visits.is_accidental and not applications.is_excluded
    group by visits.stage_key
),

stays as (
    select
        stage_key,
        sum(n_completed + n_open) as n_stays
    from {{ ref('mart_time_in_stage') }}
    group by stage_key
),

changes as (
    select
        stage_key,
        sum(n_events) as n_changes
    from {{ ref('mart_stage_activity') }}
    where basis = 'stage_changed'
    group by stage_key
)

select
    visits.stage_key,
    visits.n_visits,
    stays.n_stays,
    changes.n_changes
from visits
full outer join stays on visits.stage_key = stays.stage_key
left join changes on visits.stage_key = changes.stage_key
where
    visits.n_visits is distinct from stays.n_stays
    or visits.n_visits - visits.n_first <> coalesce(changes.n_changes, 0)
