with

applications as (
    select * from {{ ref('fct_applications') }}
),

channel_costs as (
    select * from {{ ref('fct_channel_costs') }}
),

retention_subjects as (
    select * from {{ ref('fct_retention_subjects') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

early_leavers as (
    select distinct
        application_source as source,
        application_id
    from retention_subjects
    where is_event and days <= 180 and application_id is not null
),

cohorts as (
    select
        applications.channel_id,
        applications.applied_month,
        count(*) filter (where not applications.is_excluded) as n_applications,
        count(distinct case when not applications.is_excluded then applications.person_id end)
            as n_persons,
        count(*) filter (where applications.is_excluded) as n_excluded,
        {%- for outcome in ['open', 'rejected', 'withdrawn', 'offer_declined', 'hired'] %}
        count(*) filter (
            where not applications.is_excluded and applications.outcome = '{{ outcome }}'
        ) as n_{{ outcome }},
        {%- endfor %}
        count(*) filter (
            where not applications.is_excluded and applications.reached_stage_order >= 30
        ) as n_reached_interview,
        count(*) filter (
            where not applications.is_excluded and applications.reached_stage_order >= 70
        ) as n_reached_offer,
        median(case when not applications.is_excluded then applications.days_to_hire end)
            as median_days_to_hire,
        count(*) filter (
            where not applications.is_excluded
            and applications.outcome = 'hired'
            and early_leavers.application_id is not null
        ) as n_hired_left_180d
    from applications
    left join early_leavers
        on
            applications.source = early_leavers.source
            and applications.application_id = early_leavers.application_id
    group by applications.channel_id, applications.applied_month
),

costs as (
    select
        attributed_channel_id as channel_id,
        attributed_month as applied_month,
        {{ stable_sum('case when is_refund then 0.0 else amount end') }} as cost_gross,
        {{ stable_sum('case when is_refund then amount else 0.0 end') }} as cost_refunded,
        {{ stable_sum(
            "case when amount_basis = 'estimated' and not is_refund then amount else 0.0 end"
        ) }} as cost_estimated
    from channel_costs
    group by attributed_channel_id, attributed_month
),

-- A month may have applications alone, costs alone, or both.
grains as (
    select
        channel_id,
        applied_month
    from cohorts
    union
    select
        channel_id,
        applied_month
    from costs
),

combined as (
    select
        grains.channel_id,
        grains.applied_month,
        {%- for count in [
            'n_applications', 'n_persons', 'n_excluded', 'n_open', 'n_rejected', 'n_withdrawn',
            'n_offer_declined', 'n_hired', 'n_reached_interview', 'n_reached_offer',
            'n_hired_left_180d',
        ] %}
        coalesce(cohorts.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        cohorts.median_days_to_hire,
        coalesce(costs.cost_gross, 0.0) as cost_gross,
        coalesce(costs.cost_refunded, 0.0) as cost_refunded,
        coalesce(costs.cost_estimated, 0.0) as cost_estimated,
        coalesce(costs.cost_gross, 0.0) - coalesce(costs.cost_refunded, 0.0) as cost_net
    from grains
    left join cohorts
        on
            grains.channel_id = cohorts.channel_id
            and grains.applied_month is not distinct from cohorts.applied_month
    left join costs
        on
            grains.channel_id = costs.channel_id
            and grains.applied_month is not distinct from costs.applied_month
),

final as (
    select
        combined.channel_id,
        combined.applied_month,
        parameters.as_of_date,
        combined.n_applications,
        combined.n_persons,
        combined.n_excluded,
        combined.n_open,
        combined.n_rejected,
        combined.n_withdrawn,
        combined.n_offer_declined,
        combined.n_hired,
        combined.n_reached_interview,
        combined.n_reached_offer,
        {{ is_small('combined.n_applications') }} as is_small,
        {{ rate_with_bounds('hire_rate', 'combined.n_hired', 'combined.n_applications') }},
        {{ rate_with_bounds(
            'mature_hire_rate', 'combined.n_hired', '(combined.n_applications - combined.n_open)'
        ) }},
        combined.cost_gross,
        combined.cost_refunded,
        combined.cost_net,
        combined.cost_estimated,
        combined.cost_net / nullif(combined.n_applications, 0) as cost_per_application,
        combined.cost_net / nullif(combined.n_hired, 0) as cost_per_hire,
        combined.median_days_to_hire,
        combined.n_hired_left_180d
    from combined
    cross join parameters
)

select * from final
