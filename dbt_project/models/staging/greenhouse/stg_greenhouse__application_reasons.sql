with

applications as (
    {{ current_records('greenhouse', 'applications') }}
),

rejection_details as (
    {{ current_records('greenhouse', 'rejection_details') }}
),

rejection_reasons as (
    {{ current_records('greenhouse', 'rejection_reasons') }}
),

-- Who said no is told by the type of the reason; after an offer, their no declines it.
judged as (
    {{ greenhouse_judged() }}
),

final as (
    select
        {{ emit('application_reasons', {
            'application_id': 'id',
            'ordinal': '1',
            'reason_label': 'reason_label',
            'party': "case replace(reason_type, ' ', '_') when 'WE_REJECTED_THEM' then 'company'"
                ~ " when 'SECURITY_CONCERN' then 'company' when 'THEY_REJECTED_US' then 'candidate' else 'unknown' end",
        }) }}
    from judged
    where status = 'rejected' and reason_label is not null
)

select * from final
