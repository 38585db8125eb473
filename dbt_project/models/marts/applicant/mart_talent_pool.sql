with

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

persons as (
    select * from {{ ref('dim_person') }}
    where
        not is_anonymised
        and n_hired = 0
        and n_open = 0
        and n_spells = 0
),

jobs as (
    select * from {{ ref('dim_job') }}
    where not is_gone and job_family <> 'unknown'
),

reasons as (
    select * from {{ ref('dim_reason') }}
),

evaluations as (
    select * from {{ ref('fct_evaluations') }}
    where application_id is not null and score_share is not null
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- Nobody who applied again after the rejection, or left of their own will: the last word was ours.
last_applications as (
    select * from applications
    qualify row_number() over (partition by person_id order by application_seq desc) = 1
),

open_jobs as (
    select
        jobs.job_family,
        count(*) as n_open_jobs
    from jobs
    cross join parameters
    where
        (jobs.opened_date is null or jobs.opened_date <= parameters.as_of_date)
        and (jobs.closed_date is null or jobs.closed_date > parameters.as_of_date)
    group by jobs.job_family
),

newest_jobs as (
    select
        jobs.job_family,
        jobs.source as open_job_source,
        jobs.job_id as open_job_id
    from jobs
    cross join parameters
    where
        (jobs.opened_date is null or jobs.opened_date <= parameters.as_of_date)
        and (jobs.closed_date is null or jobs.closed_date > parameters.as_of_date)
    qualify
        row_number() over (
            partition by jobs.job_family
            order by jobs.opened_date desc nulls last, jobs.source asc, jobs.job_id asc
        ) = 1
),

scored as (
    select
        applications.person_id,
        count(*) as n_scores,
        {{ stable_sum('evaluations.score_share') }} / count(*) as score_share
    from evaluations
    inner join applications
        on
            evaluations.application_source = applications.source
            and evaluations.application_id = applications.application_id
    group by applications.person_id
),

best_stages as (
    select
        person_id,
        reached_stage_key as best_stage_key,
        reached_stage_order as best_stage_order
    from applications
    qualify
        row_number() over (
            partition by person_id
            order by reached_stage_order desc nulls last, application_seq desc
        ) = 1
),

eligible as (
    select
        last_applications.person_id,
        last_applications.source,
        last_applications.application_id,
        last_applications.job_family,
        last_applications.department,
        last_applications.channel_id,
        last_applications.closed_at,
        last_applications.closed_date,
        best_stages.best_stage_key,
        best_stages.best_stage_order,
        scored.score_share,
        coalesce(scored.n_scores, 0) as n_scores,
        last_applications.reason_key,
        reasons.category as reason_category,
        -- Turned down for want of a place, not for what they can do.
        coalesce(reasons.category = 'capacity', false) as is_capacity_reason,
        open_jobs.n_open_jobs,
        newest_jobs.open_job_source,
        newest_jobs.open_job_id,
        case
            when last_applications.closed_at is not null
                then
                    greatest(
                        0.0,
                        {{ elapsed_days('last_applications.closed_at', 'parameters.as_of_at') }}
                    )
        end as days_since_rejection,
        parameters.as_of_date
    from last_applications
    inner join persons on last_applications.person_id = persons.person_id
    inner join open_jobs on last_applications.job_family = open_jobs.job_family
    inner join newest_jobs on last_applications.job_family = newest_jobs.job_family
    inner join best_stages on last_applications.person_id = best_stages.person_id
    left join scored on last_applications.person_id = scored.person_id
    left join reasons on last_applications.reason_key = reasons.reason_key
    cross join parameters
    where last_applications.outcome = 'rejected'
),

final as (
    select
        person_id,
        job_family,
        row_number() over (
            partition by job_family
            order by
                best_stage_order desc nulls last,
                is_capacity_reason desc,
                -- 1/3 + 2/3 is not always 1: the last bits of a mean rank nobody.
                round(score_share, 9) desc nulls last,
                closed_at desc nulls last,
                source asc,
                application_id asc
        ) as pool_rank,
        best_stage_key,
        best_stage_order,
        score_share,
        n_scores,
        reason_key,
        reason_category,
        is_capacity_reason,
        days_since_rejection,
        closed_date,
        source,
        application_id,
        department,
        channel_id,
        n_open_jobs,
        open_job_source,
        open_job_id,
        as_of_date
    from eligible
)

select * from final
