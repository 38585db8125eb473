-- Kaplan and Meier's product over the times of departure, with Greenwood's variance on the log-log
-- scale: S ^ exp(-+ z sqrt(sum d / (n (n - d))) / ln S). Kalbfleisch and Prentice, Statistical
-- Analysis of Failure Time Data (2002), 1.4.
{%- set dimensions = {
    'all': "'all'",
    'channel': 'channel_id',
    'job_family': 'job_family',
    'department': 'department',
    'hiring_type': 'hiring_type',
    'hire_year': 'hire_year',
} %}

with

retention_subjects as (
    select * from {{ ref('fct_retention_subjects') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

horizons as (
    select cast(horizon.days as bigint) as horizon_days
    from (values (30), (90), (180), (365), (730), (1095)) as horizon (days)
),

subjects as (
    {%- for dimension, member in dimensions.items() %}
    select
        '{{ dimension }}' as dimension,
        {{ member }} as member,
        days,
        is_event,
        termination_type,
        n_rehired
    from retention_subjects
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

times as (
    select
        dimension,
        member,
        days,
        count(*) as n_subjects,
        count(*) filter (where is_event) as n_events
    from subjects
    group by dimension, member, days
),

risks as (
    select
        *,
        -- Events come before censorings at equal times: all of a day's subjects are at risk on it.
        cast(
            sum(n_subjects) over (
                partition by dimension, member
                order by days desc
                rows between unbounded preceding and current row
            ) as double
        ) as n_at_risk
    from times
),

steps as (
    select
        *,
        n_events = n_at_risk as is_last_event,
        case
            when n_events < n_at_risk then ln(1 - n_events / n_at_risk) else 0.0
        end as log_step,
        case
            when n_events < n_at_risk then n_events / (n_at_risk * (n_at_risk - n_events))
            else 0.0
        end as variance_step
    from risks
),

totals as (
    select
        dimension,
        member,
        count(*) as n_start,
        max(days) as longest_days,
        cast(sum(n_rehired) as bigint) as n_rehired,
        count(*) filter (
            where is_event and days <= 180 and termination_type in ('voluntary', 'unknown')
        ) as n_left_180,
        count(*) filter (
            where is_event and days <= 180 and termination_type = 'unknown'
        ) as n_unknown
    from subjects
    group by dimension, member
),

estimates as (
    select
        steps.dimension,
        steps.member,
        horizons.horizon_days,
        cast(
            coalesce(sum(steps.n_events) filter (where steps.days <= horizons.horizon_days), 0)
            as bigint
        ) as n_events,
        cast(
            coalesce(
                sum(steps.n_subjects - steps.n_events)
                filter (where steps.days < horizons.horizon_days),
                0
            ) as bigint
        ) as n_censored,
        cast(
            coalesce(sum(steps.n_subjects) filter (where steps.days >= horizons.horizon_days), 0)
            as bigint
        ) as at_risk,
        {{ stable_sum(
            'case when steps.days <= horizons.horizon_days then steps.log_step else 0.0 end'
        ) }} as log_survival,
        {{ stable_sum(
            'case when steps.days <= horizons.horizon_days then steps.variance_step else 0.0 end'
        ) }} as variance,
        bool_or(steps.is_last_event and steps.days <= horizons.horizon_days) as is_nobody_left
    from steps
    cross join horizons
    group by steps.dimension, steps.member, horizons.horizon_days
),

survivals as (
    select
        *,
        case when is_nobody_left then 0.0 else exp(log_survival) end as survival
    from estimates
),

final as (
    select
        survivals.dimension,
        survivals.member,
        survivals.horizon_days,
        parameters.as_of_date,
        totals.n_start,
        survivals.n_events,
        survivals.n_censored,
        survivals.at_risk,
        {{ is_small('totals.n_start') }} as is_small,
        case
            when totals.longest_days >= survivals.horizon_days or survivals.is_nobody_left
                then survivals.survival
        end as survival,
        {%- for bound, sign in [('lo', '-'), ('hi', '')] %}
        case
            when
                totals.longest_days >= survivals.horizon_days
                and survivals.log_survival < 0
                and not survivals.is_nobody_left
                then
                    exp(
                        survivals.log_survival
                        * exp(
                            {{ sign }}{{ z_95() }}
                            * sqrt(survivals.variance)
                            / survivals.log_survival
                        )
                    )
        end as survival_{{ bound }},
        {%- endfor %}
        totals.n_rehired,
        totals.n_left_180,
        totals.n_unknown
    from survivals
    inner join totals
        on survivals.dimension = totals.dimension and survivals.member = totals.member
    cross join parameters
)

select * from final
