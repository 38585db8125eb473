-- Kaplan and Meier's product over the times of leaving; its median is the first time at which at
-- most half are still in the stage. JASA 53 (1958) 457-481.
with

visits as (
    select * from {{ ref('fct_stage_visits') }}
    where not is_accidental
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

stays as (
    select
        visits.stage_key,
        visits.stage_order,
        applications.job_family,
        applications.department,
        visits.days,
        visits.precision,
        visits.exited_at is not null as is_completed
    from visits
    inner join applications
        on
            visits.source = applications.source
            and visits.application_id = applications.application_id
),

times as (
    select
        stage_key,
        job_family,
        department,
        days,
        count(*) as n_stays,
        count(*) filter (where is_completed) as n_left
    from stays
    group by stage_key, job_family, department, days
),

risks as (
    select
        *,
        -- At equal times leaving comes before censoring: all of a time's stays are at risk at it.
        cast(
            sum(n_stays) over (
                partition by stage_key, job_family, department
                order by days desc
                rows between unbounded preceding and current row
            ) as double
        ) as n_at_risk
    from times
),

survivals as (
    select
        *,
        n_left = n_at_risk as is_last,
        sum(
            cast(
                case when n_left < n_at_risk then ln(1 - n_left / n_at_risk) else 0.0 end
                as decimal(38, 18)
            )
        ) over (
            partition by stage_key, job_family, department
            order by days
            rows between unbounded preceding and current row
        ) as log_survival
    from risks
),

medians as (
    select
        stage_key,
        job_family,
        department,
        min(days) as km_median_days
    from survivals
    -- Exactly a half, as a product of logarithms, may come out a few 10^-16 above it.
    where is_last or log_survival <= ln(0.5) + 1e-11
    group by stage_key, job_family, department
),

cells as (
    select
        stage_key,
        stage_order,
        job_family,
        department,
        count(*) filter (where is_completed) as n_completed,
        count(*) filter (where not is_completed) as n_open,
        count(*) filter (where precision = 'snapshot') as n_snapshot,
        median(case when is_completed then days end) as median_days,
        percentile_cont(0.75) within group (
            order by case when is_completed then days end
        ) as p75_days,
        percentile_cont(0.9) within group (
            order by case when is_completed then days end
        ) as p90_days,
        max(case when not is_completed then days end) as oldest_open_days
    from stays
    group by stage_key, stage_order, job_family, department
),

final as (
    select
        cells.stage_key,
        cells.stage_order,
        cells.job_family,
        cells.department,
        parameters.as_of_date,
        cells.n_completed,
        cells.n_open,
        cells.n_snapshot,
        {{ is_small('cells.n_completed') }} as is_small,
        cells.median_days,
        cells.p75_days,
        cells.p90_days,
        medians.km_median_days,
        cells.oldest_open_days
    from cells
    cross join parameters
    left join medians
        on
            cells.stage_key = medians.stage_key
            and cells.job_family = medians.job_family
            and cells.department = medians.department
)

select * from final
