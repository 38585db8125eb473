with

referrals as (
    select * from {{ source('relay', 'fct_relay_referrals') }}
    where is_counted
),

ledger as (
    select * from {{ source('relay', 'fct_quota_ledger') }}
),

terms as (
    select * from {{ ref('stg_ops__relay_terms') }}
),

offers as (
    select * from {{ ref('int_offers') }}
    where status = 'accepted' and application_source is not null
),

calendar as (
    select date_day from {{ ref('dim_date') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

accepted_offers as (
    select
        application_source,
        application_id,
        cast(annual_salary as double) as annual_salary
    from offers
    qualify
        row_number() over (
            partition by application_source, application_id
            order by version desc nulls last, offer_id desc, source desc
        ) = 1
),

-- What stands in the book by as_of. A line of the very end of the day, as a reversal is, is of it.
counted as (
    select
        least({{ local_date('referrals.counted_at') }}, parameters.as_of_date) as event_date,
        referrals.referral_no,
        referrals.completes_slot
    from referrals
    cross join parameters
    where referrals.counted_at <= parameters.as_of_at
),

entries as (
    select
        least({{ local_date('ledger.entry_at') }}, parameters.as_of_date) as event_date,
        ledger.entry_type,
        ledger.slot_no,
        ledger.slot_use_id,
        ledger.application_source,
        ledger.application_id,
        -- An adjust takes back a use, where it names one, else a lapse.
        case when ledger.entry_type = 'adjust' then -1 else 1 end as direction,
        ledger.entry_type = 'use' or ledger.slot_use_id is not null as is_of_use,
        ledger.terms_from
    from ledger
    cross join parameters
    where ledger.entry_at <= parameters.as_of_at
),

bounds as (
    select min(firsts.event_date) as first_date
    from (
        select event_date from counted
        union all
        select event_date from entries
        where entry_type = 'use'
    ) as firsts
),

valued as (
    select
        entries.event_date,
        entries.entry_type,
        entries.direction,
        entries.is_of_use,
        case
            when entries.is_of_use and entries.slot_no is not null
                then
                    {{ slot_worth('terms', 'accepted_offers') }}
            else 0.0
        end as slot_value
    from entries
    left join terms
        on
            entries.terms_from >= terms.valid_from
            and (terms.replaced_on is null or entries.terms_from < terms.replaced_on)
    left join accepted_offers
        on
            entries.application_source = accepted_offers.application_source
            and entries.application_id = accepted_offers.application_id
),

-- Lines of referrals that count no more may be older than the first that still does.
counted_days as (
    select
        greatest(counted.event_date, bounds.first_date) as event_date,
        count(*) as n_counted,
        max(case when counted.completes_slot then counted.referral_no end) as last_completing_no
    from counted
    cross join bounds
    group by greatest(counted.event_date, bounds.first_date)
),

entry_days as (
    select
        greatest(valued.event_date, bounds.first_date) as event_date,
        count(*) filter (where valued.entry_type = 'earn') as n_earned,
        count(*) filter (where valued.entry_type = 'reverse') as n_reversed,
        sum(case when valued.is_of_use then valued.direction else 0 end) as n_used,
        sum(
            case
                when not valued.is_of_use and valued.entry_type in ('expire', 'adjust')
                    then valued.direction
                else 0
            end
        ) as n_expired,
        {{ stable_sum('valued.direction * valued.slot_value') }} as value_used
    from valued
    cross join bounds
    group by greatest(valued.event_date, bounds.first_date)
),

days as (
    select
        calendar.date_day as balance_date,
        parameters.as_of_date,
        coalesce(counted_days.n_counted, 0) as n_counted,
        counted_days.last_completing_no,
        coalesce(entry_days.n_earned, 0) as n_earned,
        coalesce(entry_days.n_reversed, 0) as n_reversed,
        coalesce(entry_days.n_used, 0) as n_used,
        coalesce(entry_days.n_expired, 0) as n_expired,
        coalesce(entry_days.value_used, 0.0) as value_used
    from calendar
    inner join bounds on calendar.date_day >= bounds.first_date
    inner join parameters on calendar.date_day <= parameters.as_of_date
    left join counted_days on calendar.date_day = counted_days.event_date
    left join entry_days on calendar.date_day = entry_days.event_date
),

running as (
    select
        balance_date,
        as_of_date,
        {%- for column, total in [
            ('n_counted', 'counted_total'),
            ('n_earned', 'earned'),
            ('n_used', 'used'),
            ('n_expired', 'expired'),
            ('n_reversed', 'reversed'),
        ] %}
        cast(
            sum({{ column }}) over (
                order by balance_date rows between unbounded preceding and current row
            ) as bigint
        ) as {{ total }},
        {%- endfor %}
        sum(value_used) over (
            order by balance_date rows between unbounded preceding and current row
        ) as value_used,
        coalesce(
            max(last_completing_no) over (
                order by balance_date rows between unbounded preceding and current row
            ),
            0
        ) as completed_total,
        cast(
            sum(n_counted) over (
                order by balance_date rows between 89 preceding and current row
            ) as bigint
        ) as counted_90d
    from days
),

progress as (
    select
        running.*,
        running.counted_total - running.completed_total as remainder,
        -- What had gathered under a larger number completes a slot with the very next referral.
        greatest(
            1, terms.referrals_per_slot - (running.counted_total - running.completed_total)
        ) as to_next
    from running
    left join terms
        on
            running.balance_date >= terms.valid_from
            and (terms.replaced_on is null or running.balance_date < terms.replaced_on)
),

final as (
    select
        balance_date,
        as_of_date,
        counted_total,
        remainder,
        to_next,
        earned,
        used,
        expired,
        reversed,
        earned - reversed - used - expired as available,
        earned - reversed - used - expired < 0 as is_overdrawn,
        value_used,
        counted_90d,
        -- A forecast is made on the last day only: on the days before, it is known what came.
        case
            when counted_90d > 0 and balance_date = as_of_date
                then
                    cast(
                        date_add(
                            balance_date,
                            cast(ceil(cast(to_next * 90 as double) / counted_90d) as int)
                        ) as date
                    )
        end as expected_next_slot_date
    from progress
)

select * from final
