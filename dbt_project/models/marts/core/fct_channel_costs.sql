with

channel_costs as (
    select * from {{ ref('int_channel_costs') }}
),

applications as (
    select * from {{ ref('int_applications') }}
),

months as (
    select * from {{ ref('int_months') }}
),

spread as (
    select
        channel_costs.source,
        channel_costs.cost_id,
        channel_costs.channel_id,
        channel_costs.kind,
        channel_costs.application_source,
        channel_costs.application_id,
        months.month_start as cost_month,
        {{ whole_days(
            'greatest(channel_costs.period_start_date, months.month_start)',
            'least(channel_costs.period_end_date, months.month_end)'
        ) }} + 1 as n_days,
        cast(channel_costs.amount as double) as line_amount,
        {{ whole_days('channel_costs.period_start_date', 'channel_costs.period_end_date') }}
        + 1 as line_days
    from channel_costs
    left join months
        on
            channel_costs.period_start_date <= months.month_end
            and channel_costs.period_end_date >= months.month_start
),

final as (
    select
        spread.source,
        spread.cost_id,
        spread.cost_month,
        spread.channel_id,
        spread.kind,
        spread.kind = 'refund' as is_refund,
        -- A line without any date falls on no month of its own, whole.
        case
            when spread.cost_month is null then spread.line_amount
            else
                spread.line_amount
                * cast(spread.n_days as double)
                / cast(spread.line_days as double)
        end as amount,
        coalesce(spread.n_days, 0) as n_days,
        applications.source as application_source,
        applications.application_id,
        coalesce(applications.channel_id, spread.channel_id) as attributed_channel_id,
        case
            when applications.application_id is null then spread.cost_month
            else cast(date_trunc('month', {{ to_local('applications.applied_at') }}) as date)
        end as attributed_month
    from spread
    left join applications
        on
            spread.application_source = applications.source
            and spread.application_id = applications.application_id
)

select * from final
