with

jobs as (
    select * from {{ ref('dim_job') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded and job_id is not null
),

application_stages as (
    select * from {{ ref('fct_application_stages') }}
    where stage_order < 80
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

counted as (
    select
        job_source as source,
        job_id,
        count(*) as n_applications,
        count(distinct person_id) as n_persons,
        {%- for outcome in ['open', 'rejected', 'withdrawn', 'offer_declined', 'hired'] %}
        count(*) filter (where outcome = '{{ outcome }}') as n_{{ outcome }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from applications
    group by job_source, job_id
),

-- The first to accept fills the first opening; who accepts beyond the last fills none.
hires as (
    select
        job_source as source,
        job_id,
        accepted_at,
        row_number() over (
            partition by job_source, job_id
            order by accepted_at asc nulls last, application_id asc, source asc
        ) as opening_no
    from applications
    where outcome = 'hired'
),

filled as (
    select
        jobs.source,
        jobs.job_id,
        case
            when jobs.opened_date is not null and hires.accepted_at is not null
                then
                    greatest(
                        0.0,
                        {{ elapsed_days(local_midnight('jobs.opened_date'), 'hires.accepted_at') }}
                    )
        end as days_to_fill
    from jobs
    inner join hires on jobs.source = hires.source and jobs.job_id = hires.job_id
    where jobs.openings is null or hires.opening_no <= jobs.openings
),

fills as (
    select
        source,
        job_id,
        count(*) as n_filled,
        {{ stable_sum('days_to_fill') }} / nullif(count(days_to_fill), 0) as time_to_fill
    from filled
    group by source, job_id
),

passes as (
    select
        applications.job_source as source,
        applications.job_id,
        application_stages.stage_key,
        application_stages.stage_order,
        count(*) filter (where application_stages.fate = 'advanced') as n_advanced,
        count(*) as n_decided
    from application_stages
    inner join applications
        on
            application_stages.source = applications.source
            and application_stages.application_id = applications.application_id
    where application_stages.fate in ('advanced', 'rejected', 'withdrawn')
    group by
        applications.job_source,
        applications.job_id,
        application_stages.stage_key,
        application_stages.stage_order
),

bounded as (
    select
        source,
        job_id,
        stage_key,
        stage_order,
        n_decided,
        {{ rate_with_bounds('pass_rate', 'n_advanced', 'n_decided') }}
    from passes
),

-- By the upper bound: one of one turned away is no proof that a stage is hard.
hardest as (
    select * from bounded
    qualify
        row_number() over (
            partition by source, job_id
            order by pass_rate_hi asc, stage_order asc, stage_key asc
        ) = 1
),

final as (
    select
        jobs.source,
        jobs.job_id,
        jobs.job_family,
        jobs.department,
        jobs.hiring_type,
        parameters.as_of_date,
        jobs.opened_date,
        jobs.closed_date,
        jobs.is_open,
        case
            when jobs.opened_date is not null
                then
                    cast(
                        greatest(
                            0,
                            {{ whole_days(
                                'jobs.opened_date',
                                'least(coalesce(jobs.closed_date, parameters.as_of_date),'
                                ~ ' parameters.as_of_date)'
                            ) }}
                        ) as bigint
                    )
        end as days_open,
        jobs.openings,
        coalesce(fills.n_filled, 0) as n_filled,
        jobs.openings - coalesce(fills.n_filled, 0) as n_unfilled,
        fills.time_to_fill,
        {%- for count in [
            'n_applications', 'n_persons', 'n_open', 'n_rejected', 'n_withdrawn',
            'n_offer_declined', 'n_hired',
        ] %}
        coalesce(counted.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        hardest.stage_key as hardest_stage_key,
        coalesce(hardest.n_decided, 0) as hardest_n_decided,
        {{ is_small('coalesce(hardest.n_decided, 0)') }} as is_small,
        hardest.pass_rate as hardest_pass_rate,
        hardest.pass_rate_lo as hardest_pass_rate_lo,
        hardest.pass_rate_hi as hardest_pass_rate_hi
    from jobs
    cross join parameters
    left join counted on jobs.source = counted.source and jobs.job_id = counted.job_id
    left join fills on jobs.source = fills.source and jobs.job_id = fills.job_id
    left join hardest on jobs.source = hardest.source and jobs.job_id = hardest.job_id
)

select * from final
