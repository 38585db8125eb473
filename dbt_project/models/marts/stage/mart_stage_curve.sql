-- Aalen and Johansen's estimator of cumulative incidence (Scand. J. Statist. 5 (1978) 141-150) by
-- window functions: at each distinct time, with n still at risk and d leaving by any event, the
-- chance of event k grows by S(t-) d_k / n, S(t-) being the product of (1 - d / n) over the times
-- before.
{%- set dimensions = {
    'all': "'all'",
    'job_family': 'job_family',
    'department': 'department',
    'channel': 'channel_id',
    'hiring_type': 'hiring_type',
} -%}
{%- set curve_days = [1, 3, 7, 14, 21, 30, 45, 60, 90, 180] %}

with

application_stages as (
    select * from {{ ref('fct_application_stages') }}
    where is_on_curve
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

days as (
    select cast(horizon.day as bigint) as day
    from (
        values
        {%- for day in curve_days %}
        ({{ day }}){% if not loop.last %},{% endif %}
        {%- endfor %}
    ) as horizon (day)
),

-- One subject once for each dimension, no wider than the windows below need.
subjects as (
    {%- for dimension, member in dimensions.items() %}
    select
        '{{ dimension }}' as dimension,
        {{ member }} as member,
        stage_key,
        days_to_first_event as time,
        first_event
    from application_stages
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

times as (
    select
        dimension,
        member,
        stage_key,
        time,
        count(*) as n_subjects,
        count(*) filter (where first_event = 'advance') as n_advance,
        count(*) filter (where first_event = 'reject') as n_reject,
        count(*) filter (where first_event = 'withdraw') as n_withdraw
    from subjects
    group by dimension, member, stage_key, time
),

risks as (
    select
        *,
        -- Events come before censorings at equal times: all of a time's subjects are at risk at it.
        cast(
            sum(n_subjects) over (
                partition by dimension, member, stage_key
                order by time desc
                rows between unbounded preceding and current row
            ) as double
        ) as n_at_risk,
        n_advance + n_reject + n_withdraw as n_events
    from times
),

-- Where all at risk leave at once nobody is left for a later time, so the product is never of 0.
survivals as (
    select
        *,
        exp(
            coalesce(
                sum(
                    case when n_events < n_at_risk then ln(1 - n_events / n_at_risk) else 0.0 end
                ) over (
                    partition by dimension, member, stage_key
                    order by time asc
                    rows between unbounded preceding and 1 preceding
                ),
                0.0
            )
        ) as survival_before
    from risks
    where n_events > 0
),

-- What happens by a day is summed at the first day that it has happened by.
steps as (
    select
        dimension,
        member,
        stage_key,
        case
            {%- for day in curve_days %}
            when time <= {{ day }} then {{ day }}
            {%- endfor %}
        end as day,
        {{ stable_sum('survival_before * n_advance / n_at_risk') }} as step_advance,
        {{ stable_sum('survival_before * n_reject / n_at_risk') }} as step_reject,
        {{ stable_sum('survival_before * n_withdraw / n_at_risk') }} as step_withdraw
    from survivals
    group by all
),

-- Who is gone just before a day is counted at the first day that comes after.
leavers as (
    select
        dimension,
        member,
        stage_key,
        case
            {%- for day in curve_days %}
            when time < {{ day }} then {{ day }}
            {%- endfor %}
        end as day,
        sum(n_subjects) as n_gone
    from times
    group by all
),

starts as (
    select
        dimension,
        member,
        stage_key,
        sum(n_subjects) as n_start
    from times
    group by dimension, member, stage_key
),

final as (
    select
        starts.dimension,
        starts.member,
        starts.stage_key,
        days.day,
        parameters.as_of_date,
        cast(starts.n_start as bigint) as n_start,
        cast(
            starts.n_start - sum(coalesce(leavers.n_gone, 0)) over so_far as bigint
        ) as at_risk,
        sum(coalesce(steps.step_advance, 0.0)) over so_far as cif_advance,
        sum(coalesce(steps.step_reject, 0.0)) over so_far as cif_reject,
        sum(coalesce(steps.step_withdraw, 0.0)) over so_far as cif_withdraw
    from starts
    cross join days
    cross join parameters
    left join leavers
        on
            starts.dimension = leavers.dimension
            and starts.member = leavers.member
            and starts.stage_key = leavers.stage_key
            and days.day = leavers.day
    left join steps
        on
            starts.dimension = steps.dimension
            and starts.member = steps.member
            and starts.stage_key = steps.stage_key
            and days.day = steps.day
    window
        so_far as (
            partition by starts.dimension, starts.member, starts.stage_key
            order by days.day
            rows between unbounded preceding and current row
        )
)

select * from final
