with

applications as (
    select
        source,
        application_id,
        cast(date_trunc('month', {{ to_local('accepted_at') }}) as date) as hired_month,
        joined_at
    from {{ ref('fct_applications') }}
    where not is_excluded and outcome = 'hired'
),

channel_costs as (
    select * from {{ ref('fct_channel_costs') }}
),

spells as (
    select * from {{ ref('fct_employment_spells') }}
    where application_id is not null
),

offers as (
    select * from {{ ref('fct_offers') }}
),

versions as (
    select * from {{ ref('int_offers') }}
    where status = 'accepted' and application_source is not null
),

ledger as (
    select * from {{ source('relay', 'fct_quota_ledger') }}
    where slot_no is not null and (entry_type = 'use' or slot_use_id is not null)
),

terms as (
    select * from {{ ref('stg_ops__relay_terms') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

first_days as (
    select
        application_source as source,
        application_id,
        min(hire_date) as hire_date
    from spells
    group by application_source, application_id
),

accepted_offers as (
    select
        application_source,
        application_id,
        cast(annual_salary as double) as annual_salary
    from versions
    qualify
        row_number() over (
            partition by application_source, application_id
            order by version desc nulls last, offer_id desc, source desc
        ) = 1
),

hire_months as (
    select
        applications.hired_month as month_start,
        count(*) as n_hired,
        count(*) filter (
            where
            coalesce(
                first_days.hire_date,
                {{ local_date('applications.joined_at') }},
                offers.start_date
            ) > parameters.as_of_date
        ) as n_not_started
    from applications
    cross join parameters
    left join first_days
        on
            applications.source = first_days.source
            and applications.application_id = first_days.application_id
    left join offers
        on
            applications.source = offers.source
            and applications.application_id = offers.application_id
    group by applications.hired_month
),

-- A fee and its refund belong to the hire they were paid for, however many months later they come.
dated_costs as (
    select
        case
            when applications.application_id is null then channel_costs.cost_month
            else applications.hired_month
        end as month_start,
        channel_costs.kind,
        channel_costs.is_refund,
        channel_costs.amount_basis,
        channel_costs.amount
    from channel_costs
    left join applications
        on
            channel_costs.application_source = applications.source
            and channel_costs.application_id = applications.application_id
),

cost_months as (
    select
        dated_costs.month_start,
        {%- for name, condition in [
            ('cost_external', "not is_to_come and not is_refund and kind <> 'internal'"),
            ('cost_internal', "not is_to_come and not is_refund and kind = 'internal'"),
            ('cost_refunded', 'not is_to_come and is_refund'),
            ('cost_estimated', "not is_to_come and not is_refund and amount_basis = 'estimated'"),
        ] %}
        {{ stable_sum('case when ' ~ condition ~ ' then amount else 0.0 end') }} as {{ name }},
        {%- endfor %}
        {{ stable_sum(
            'case when not is_to_come then 0.0 when is_refund then -amount else amount end'
        ) }} as cost_to_come
    from (
        select
            dated_costs.*,
            coalesce(dated_costs.month_start > parameters.as_of_date, false) as is_to_come
        from dated_costs
        cross join parameters
    ) as dated_costs
    group by dated_costs.month_start
),

-- Slots as the ledger has them used, one by one: a month never makes or takes a slot of its own.
dated_slots as (
    select
        case
            when applications.application_id is null
                then
                    cast(date_trunc('month', {{ to_local('ledger.entry_at') }}) as date)
            else applications.hired_month
        end as month_start,
        case when ledger.entry_type = 'use' then 1 else -1 end as direction,
        {{ slot_worth('terms', 'accepted_offers') }} as slot_value
    from ledger
    inner join parameters on ledger.entry_at <= parameters.as_of_at
    left join terms
        on
            ledger.terms_from >= terms.valid_from
            and (terms.replaced_on is null or ledger.terms_from < terms.replaced_on)
    left join accepted_offers
        on
            ledger.application_source = accepted_offers.application_source
            and ledger.application_id = accepted_offers.application_id
    left join applications
        on
            ledger.application_source = applications.source
            and ledger.application_id = applications.application_id
),

slot_months as (
    select
        month_start,
        cast(sum(direction) as bigint) as n_slots_used,
        {{ stable_sum('direction * slot_value') }} as slot_value_used
    from dated_slots
    group by month_start
),

grains as (
    select month_start from hire_months
    union
    select month_start from cost_months
    union
    select month_start from slot_months
),

months as (
    select
        grains.month_start,
        cast({{ fiscal_year_of('grains.month_start') }} as bigint) as fiscal_year,
        coalesce(hire_months.n_hired, 0) as n_hired,
        coalesce(hire_months.n_not_started, 0) as n_not_started,
        coalesce(slot_months.n_slots_used, 0) as n_slots_used,
        {%- for cost in [
            'cost_external', 'cost_internal', 'cost_refunded', 'cost_estimated', 'cost_to_come',
        ] %}
        coalesce(cost_months.{{ cost }}, 0.0) as {{ cost }},
        {%- endfor %}
        coalesce(slot_months.slot_value_used, 0.0) as slot_value_used
    from grains
    left join hire_months on grains.month_start is not distinct from hire_months.month_start
    left join cost_months on grains.month_start is not distinct from cost_months.month_start
    left join slot_months on grains.month_start is not distinct from slot_months.month_start
),

periods as (
    {%- for period, start in [
        ('month', 'month_start'),
        ('fiscal_year', 'make_date(cast(fiscal_year as int), ' ~ var('fiscal_year_start') ~ ', 1)'),
    ] %}
    select
        '{{ period }}' as period,
        {{ start }} as period_start,
        fiscal_year,
        {%- for count in ['n_hired', 'n_not_started', 'n_slots_used'] %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}
        {%- for cost in [
            'cost_external', 'cost_internal', 'cost_refunded', 'cost_estimated', 'cost_to_come',
            'slot_value_used',
        ] %}
        {{ stable_sum(cost) }} as {{ cost }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from months
    group by {{ start }}, fiscal_year
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

netted as (
    select
        *,
        cost_external + cost_internal as cost_gross,
        cost_external + cost_internal - cost_refunded as cost_net,
        cost_external + cost_internal - cost_refunded - slot_value_used as cost_net_of_slots
    from periods
),

final as (
    select
        netted.period,
        netted.period_start,
        netted.fiscal_year,
        parameters.as_of_date,
        case
            when netted.period = 'month' then last_day(netted.period_start)
            else
                date_add(
                    make_date(
                        cast(netted.fiscal_year as int) + 1, {{ var('fiscal_year_start') }}, 1
                    ),
                    -1
                )
        end <= parameters.as_of_date as is_complete,
        netted.n_hired,
        netted.n_not_started,
        netted.cost_external,
        netted.cost_internal,
        netted.cost_gross,
        netted.cost_refunded,
        netted.cost_net,
        netted.n_slots_used,
        netted.slot_value_used,
        netted.cost_net_of_slots,
        netted.cost_gross / nullif(netted.n_hired, 0) as cost_per_hire_gross,
        netted.cost_net / nullif(netted.n_hired, 0) as cost_per_hire_net,
        netted.cost_net_of_slots / nullif(netted.n_hired, 0) as cost_per_hire_net_of_slots,
        netted.cost_estimated,
        netted.cost_to_come
    from netted
    cross join parameters
)

select * from final
