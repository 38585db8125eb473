with

source as (
    select * from {{ source('ops', 'relay_terms') }}
),

final as (
    select
        valid_from,
        lead(valid_from) over (order by valid_from asc nulls last) as replaced_on,
        url_patterns,
        referrals_per_slot,
        counting_event,
        eligible_outcomes,
        require_match,
        unit,
        slot_kind,
        slot_valid_days,
        clawback_days,
        fee_rate,
        typical_salary,
        slot_value
    from source
)

select * from final
