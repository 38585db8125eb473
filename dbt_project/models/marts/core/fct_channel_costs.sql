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

agency_fees as (
    select * from {{ ref('int_agency_fees') }}
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

-- What agencies' terms say where no invoice does yet: a line of one day, the first or the last one.
estimated as (
    {%- for kind, amount, day in [
        ('success_fee', 'estimated_fee', 'start_date'), ('refund', 'estimated_refund', 'left_date'),
    ] %}
    select
        source,
        concat_ws(':', 'estimated', '{{ kind }}', application_id) as cost_id,
        channel_id,
        '{{ kind }}' as kind,
        source as application_source,
        application_id,
        cast(date_trunc('month', {{ day }}) as date) as cost_month,
        1 as n_days,
        {{ amount }} as amount,
        'estimated' as amount_basis
    from agency_fees
    where {{ amount }} > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

lines as (
    select
        source,
        cost_id,
        channel_id,
        kind,
        application_source,
        application_id,
        cost_month,
        coalesce(n_days, 0) as n_days,
        -- A line without any date falls on no month of its own, whole.
        case
            when cost_month is null then line_amount
            else line_amount * cast(n_days as double) / cast(line_days as double)
        end as amount,
        'given' as amount_basis
    from spread
    union all
    select
        source,
        cost_id,
        channel_id,
        kind,
        application_source,
        application_id,
        cost_month,
        n_days,
        amount,
        amount_basis
    from estimated
),

final as (
    select
        lines.source,
        lines.cost_id,
        lines.cost_month,
        lines.channel_id,
        lines.kind,
        lines.kind = 'refund' as is_refund,
        lines.amount,
        lines.amount_basis,
        lines.n_days,
        applications.source as application_source,
        applications.application_id,
        coalesce(applications.channel_id, lines.channel_id) as attributed_channel_id,
        case
            when applications.application_id is null then lines.cost_month
            else cast(date_trunc('month', {{ to_local('applications.applied_at') }}) as date)
        end as attributed_month
    from lines
    left join applications
        on
            lines.application_source = applications.source
            and lines.application_id = applications.application_id
)

select * from final
