-- Aalen and Johansen's estimator of cumulative incidence (Scand. J. Statist. 5 (1978) 141-150):
-- at each distinct time, with n still at risk and d leaving by any event, the chance of event k
-- grows by S(t-) d_k / n, S(t-) being the product of (1 - d / n) over the times before. Between two
-- censorings nobody is lost from view, S(t-) / n stays as it is and the product telescopes: all
-- events in between are one step, D of the n at its start.
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

members as (
    {%- for dimension, member in dimensions.items() %}
    select distinct
        '{{ dimension }}' as dimension,
        {{ member }} as member,
        stage_key
    from application_stages
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

curves as (
    select
        *,
        row_number() over (
            order by dimension asc, member asc, stage_key asc
        ) as curve_no
    from members
),

-- Every subject once a dimension. Numbers, because the windows below sort five rows a subject: by
-- the three names instead they took twice the time at 20 million rows.
subjects as (
    {%- for dimension, member in dimensions.items() %}
    select
        curves.curve_no,
        application_stages.days_to_first_event as time,
        case application_stages.first_event
            when 'advance' then 1
            when 'reject' then 2
            when 'withdraw' then 3
            else 0
        end as event
    from application_stages
    inner join curves
        on
            curves.dimension = '{{ dimension }}'
            and {{ 'application_stages.' if dimension != 'all' }}{{ member }} = curves.member
            and application_stages.stage_key = curves.stage_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A rank is one more than how many came before, so all who came before less the events among them.
-- Events come before censorings at equal times.
placed as (
    select
        curve_no,
        time,
        event,
        rank() over (partition by curve_no order by time)
        - rank() over (partition by curve_no, event = 0 order by time) as n_censored_before
    from subjects
    where time <= {{ curve_days[-1] }}
),

-- A step ends with a censoring, or with a day that the curve shows.
steps as (
    select
        curve_no,
        n_censored_before,
        case
            {%- for day in curve_days %}
            when time <= {{ day }} then {{ day }}
            {%- endfor %}
        end as day,
        count(*) as n_events,
        count(*) filter (where event = 1) as n_advance,
        count(*) filter (where event = 2) as n_reject,
        count(*) filter (where event = 3) as n_withdraw
    from placed
    where event > 0
    group by all
),

starts as (
    select
        curve_no,
        count(*) as n_start
    from subjects
    group by curve_no
),

risks as (
    select
        steps.*,
        cast(
            starts.n_start
            - steps.n_censored_before
            - coalesce(
                sum(steps.n_events) over (
                    partition by steps.curve_no
                    order by steps.n_censored_before, steps.day
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as double
        ) as n_at_risk
    from steps
    inner join starts on steps.curve_no = starts.curve_no
),

-- Where all at risk leave at once nobody is left for a later step, so the product is never of 0.
survivals as (
    select
        *,
        exp(
            coalesce(
                sum(
                    case when n_events < n_at_risk then ln(1 - n_events / n_at_risk) else 0.0 end
                ) over (
                    partition by curve_no
                    order by n_censored_before, day
                    rows between unbounded preceding and 1 preceding
                ),
                0.0
            )
        ) as survival_before
    from risks
),

incidences as (
    select
        curve_no,
        day,
        {{ stable_sum('survival_before * n_advance / n_at_risk') }} as step_advance,
        {{ stable_sum('survival_before * n_reject / n_at_risk') }} as step_reject,
        {{ stable_sum('survival_before * n_withdraw / n_at_risk') }} as step_withdraw
    from survivals
    group by curve_no, day
),

-- Who is gone just before a day is counted at the first day that comes after.
leavers as (
    select
        curve_no,
        case
            {%- for day in curve_days %}
            when time < {{ day }} then {{ day }}
            {%- endfor %}
        end as day,
        count(*) as n_gone
    from subjects
    where time < {{ curve_days[-1] }}
    group by all
),

final as (
    select
        curves.dimension,
        curves.member,
        curves.stage_key,
        days.day,
        parameters.as_of_date,
        starts.n_start,
        cast(
            starts.n_start - sum(coalesce(leavers.n_gone, 0)) over so_far as bigint
        ) as at_risk,
        sum(coalesce(incidences.step_advance, 0.0)) over so_far as cif_advance,
        sum(coalesce(incidences.step_reject, 0.0)) over so_far as cif_reject,
        sum(coalesce(incidences.step_withdraw, 0.0)) over so_far as cif_withdraw
    from curves
    inner join starts on curves.curve_no = starts.curve_no
    cross join days
    cross join parameters
    left join leavers on curves.curve_no = leavers.curve_no and days.day = leavers.day
    left join incidences on curves.curve_no = incidences.curve_no and days.day = incidences.day
    window
        so_far as (
            partition by curves.curve_no
            order by days.day
            rows between unbounded preceding and current row
        )
)

select * from final
