with

applications as (
    {{ current_records('ashby', 'applications') }}
),

offers as (
    {{ current_records('ashby', 'offers') }}
),

offered as (
    select distinct
        source,
        {{ text_at('applicationId') }} as application_id
    from offers
),

-- Who said no is told by the reason's type; after an offer, their no declines it.
judged as (
    {{ ashby_judged() }}
),

final as (
    select
        {{ emit('application_reasons', {
            'application_id': 'id',
            'ordinal': '1',
            'reason_label': 'reason_label',
            'party': "case reason_type when 'RejectedByOrg' then 'company'"
                ~ " when 'RejectedByCandidate' then 'candidate' else 'unknown' end",
        }) }}
    from judged
    where outcome not in ('open', 'hired') and reason_label is not null
)

select * from final
