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

offers as (
    {{ current_records('greenhouse', 'offers') }}
),

sources as (
    {{ current_records('greenhouse', 'sources') }}
),

referrers as (
    {{ current_records('greenhouse', 'referrers') }}
),

-- Who said no is told by the type of the reason; after an offer, their no declines it.
judged as (
    {{ greenhouse_judged() }}
),

answered as (
    select
        source,
        {{ text_at('application_id') }} as application_id,
        max({{ text_at('sent_on') }}) as sent_on,
        max(case when {{ text_at('status') }} = 'Accepted' then {{ moment_at('resolved_at') }} end)
            as accepted_at
    from offers
    group by source, {{ text_at('application_id') }}
),

told as (
    select
        judged.*,
        coalesce(
            {{ text_at('name', 'sources.record') }},
            {{ text_at('source.public_name', 'judged.record') }}
        ) as channel_label,
        {{ text_at('type.name', 'sources.record') }} as channel_type,
        {{ text_at('name', 'referrers.record') }} as referrer_label,
        answered.accepted_at,
        case
            when judged.status = 'hired' then 'hired'
            when judged.status = 'converted' then 'not_considered'
            when coalesce(judged.status, '') <> 'rejected' then 'open'
            when replace(judged.reason_type, ' ', '_') <> 'THEY_REJECTED_US' then 'rejected'
            when judged.reason_type is null then 'rejected'
            when answered.sent_on is not null then 'offer_declined'
            else 'withdrawn'
        end as outcome
    from judged
    left join answered
        on judged.source = answered.source and judged.id = answered.application_id
    left join sources
        on
            judged.source = sources.source
            and {{ text_at('source_id', 'judged.record') }} = sources.id
    left join referrers
        on
            judged.source = referrers.source
            and {{ text_at('referrer_id', 'judged.record') }} = referrers.id
),

final as (
    select
        {{ emit('applications', {
            'application_id': 'id',
            'candidate_id': text_at('candidate_id'),
            'job_id': 'coalesce(' ~ text_at('job_id') ~ ', ' ~ text_at('jobs[0].id') ~ ')',
            'channel_label': 'channel_label',
            'agency_label': "case when channel_type = 'Agencies' then channel_label end",
            'referrer_label': 'referrer_label',
            'is_prospect': 'try_cast(' ~ text_at('prospect') ~ ' as boolean)',
            'applied_at': 'coalesce(' ~ moment_at('applied_at') ~ ', ' ~ moment_at('created_at') ~ ')',
            'applied_at_basis': "'ats'",
            'status_label': 'status',
            'outcome': 'outcome',
            'closed_at': 'coalesce(' ~ moment_at('rejected_at') ~ ", case when outcome = 'hired' then accepted_at end)",
            'closed_by': "case when outcome in ('rejected', 'hired') then 'company'"
                ~ " when outcome in ('withdrawn', 'offer_declined') then 'candidate' end",
            'current_stage_label': 'coalesce(' ~ text_at('stage_name') ~ ', ' ~ text_at('current_stage.name') ~ ')',
            'updated_at': 'coalesce(' ~ moment_at('updated_at') ~ ', ' ~ moment_at('last_activity_at') ~ ')',
        }) }}
    from told
)

select * from final
