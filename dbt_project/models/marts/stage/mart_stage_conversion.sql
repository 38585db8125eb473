with

application_stages as (
    select * from {{ ref('fct_application_stages') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

entered as (
    select
        applied_month,
        job_family,
        department,
        channel_id,
        stage_key,
        stage_order,
        count(*) as n_entered,
        count(*) filter (where fate = 'advanced') as n_advanced,
        count(*) filter (where fate = 'rejected') as n_rejected,
        count(*) filter (where fate = 'withdrawn') as n_withdrawn,
        count(*) filter (where fate = 'exempt') as n_exempt,
        count(*) filter (where fate = 'open') as n_open
    from application_stages
    group by applied_month, job_family, department, channel_id, stage_key, stage_order
),

-- How many of each cohort got exactly how far, beside the stages to be counted down to.
heights as (
    select
        applied_month,
        job_family,
        department,
        channel_id,
        cast(null as string) as stage_key,
        reached_stage_order as stage_order,
        count(*) as n_applications
    from applications
    group by applied_month, job_family, department, channel_id, reached_stage_order
    union all
    select
        applied_month,
        job_family,
        department,
        channel_id,
        stage_key,
        stage_order,
        0 as n_applications
    from entered
    where stage_order is not null
),

counted_down as (
    select
        applied_month,
        job_family,
        department,
        channel_id,
        stage_key,
        cast(
            sum(n_applications) over (
                partition by applied_month, job_family, department, channel_id
                order by stage_order desc nulls last
                range between unbounded preceding and current row
            ) as bigint
        ) as n_reached,
        stage_order
    from heights
),

reached as (
    select
        *,
        lead(n_reached) over (
            partition by applied_month, job_family, department, channel_id
            order by stage_order asc nulls last, stage_key asc
        ) as n_reached_next
    from counted_down
    where stage_key is not null
),

final as (
    select
        entered.applied_month,
        entered.job_family,
        entered.department,
        entered.channel_id,
        entered.stage_key,
        entered.stage_order,
        parameters.as_of_date,
        entered.n_entered,
        entered.n_advanced,
        entered.n_rejected,
        entered.n_withdrawn,
        entered.n_exempt,
        entered.n_open,
        reached.n_reached,
        {{ is_small('entered.n_advanced + entered.n_rejected + entered.n_withdrawn') }} as is_small,
        {{ rate_with_bounds(
            'actual_pass_rate',
            'entered.n_advanced',
            '(entered.n_advanced + entered.n_rejected + entered.n_withdrawn)'
        ) }},
        {{ rate_with_bounds(
            'company_pass_rate', 'entered.n_advanced', '(entered.n_advanced + entered.n_rejected)'
        ) }},
        {{ rate_with_bounds(
            'withdrawal_rate',
            'entered.n_withdrawn',
            '(entered.n_advanced + entered.n_rejected + entered.n_withdrawn)'
        ) }},
        {{ rate_with_bounds('implied_pass_rate', 'reached.n_reached_next', 'reached.n_reached') }}
    from entered
    cross join parameters
    left join reached
        on
            entered.applied_month is not distinct from reached.applied_month
            and entered.job_family = reached.job_family
            and entered.department = reached.department
            and entered.channel_id = reached.channel_id
            and entered.stage_key = reached.stage_key
)

select * from final
