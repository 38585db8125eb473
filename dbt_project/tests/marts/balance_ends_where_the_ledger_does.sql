-- The lines of the book up to as_of add up to the last day's balance, and so do the counted referrals.
with

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

in_ledger as (
    select coalesce(sum(ledger.slots), 0) as available
    from {{ source('relay', 'fct_quota_ledger') }} as ledger
    inner join parameters on ledger.entry_at <= parameters.as_of_at
),

in_referrals as (
    select count(*) as counted_total
    from {{ source('relay', 'fct_relay_referrals') }} as referrals
    inner join parameters on referrals.counted_at <= parameters.as_of_at
    where referrals.is_counted
),

last_day as (
    select
        coalesce(max(available), 0) as available,
        coalesce(max(counted_total), 0) as counted_total
    from {{ ref('mart_quota_balance') }}
    where balance_date = as_of_date
)

select
    last_day.available,
    in_ledger.available as available_in_ledger,
    last_day.counted_total,
    in_referrals.counted_total as counted_in_referrals
from last_day
cross join in_ledger
cross join in_referrals
where
    last_day.available <> in_ledger.available
    or last_day.counted_total <> in_referrals.counted_total
