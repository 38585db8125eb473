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
    select
        applications.*,
        {{ text_at('archiveReason.text', 'applications.record') }} as reason_label,
        {{ text_at('archiveReason.reasonType', 'applications.record') }} as reason_type,
        {{ text_at('currentInterviewStage.title', 'applications.record') }} as stage_label,
        case
            when {{ text_at('status', 'applications.record') }} = 'Hired' then 'hired'
            when coalesce({{ text_at('status', 'applications.record') }}, '') <> 'Archived'
                then 'open'
            when
                coalesce({{ text_at('archiveReason.reasonType', 'applications.record') }}, '')
                <> 'RejectedByCandidate'
                then 'rejected'
            when offered.application_id is not null then 'offer_declined'
            else 'withdrawn'
        end as outcome
    from applications
    left join offered
        on applications.source = offered.source and applications.id = offered.application_id
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
