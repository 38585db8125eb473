with

offers as (
    {{ current_records('greenhouse', 'offers') }}
),

rejection_details as (
    {{ current_records('greenhouse', 'rejection_details') }}
),

rejection_reasons as (
    {{ current_records('greenhouse', 'rejection_reasons') }}
),

refusals as (
    select
        rejection_details.source,
        {{ text_at('application_id', 'rejection_details.record') }} as application_id,
        max({{ text_at('type.key', 'rejection_reasons.record') }}) as reason_type,
        max({{ text_at('name', 'rejection_reasons.record') }}) as reason_label
    from rejection_details
    inner join rejection_reasons
        on
            rejection_details.source = rejection_reasons.source
            and {{ text_at('rejection_reason_id', 'rejection_details.record') }}
            = rejection_reasons.id
    group by rejection_details.source, {{ text_at('application_id', 'rejection_details.record') }}
),

named as (
    select
        offers.*,
        {{ text_at('status', 'offers.record') }} as told,
        {{ text_at('sent_on', 'offers.record') }} as sent_on,
        refusals.reason_type,
        refusals.reason_label
    from offers
    left join refusals
        on
            offers.source = refusals.source
            and {{ text_at('application_id', 'offers.record') }} = refusals.application_id
),

-- `Rejected` says that the offer failed: the company took it back where it rejected the applicant.
judged as (
    select
        *,
        case
            when told = 'Accepted' then 'accepted'
            when told = 'Deprecated' then 'superseded'
            when told = 'Rejected' and reason_type in ('WE_REJECTED_THEM', 'SECURITY_CONCERN')
                then 'withdrawn'
            when told = 'Rejected' then 'declined'
            when sent_on is not null then 'sent'
            else 'draft'
        end as status
    from named
),

final as (
    select
        {{ emit('offers', {
            'offer_id': 'id',
            'version': 'coalesce(' ~ text_at('version') ~ ", '1')",
            'application_id': text_at('application_id'),
            'status': 'status',
            'sent_at': moment_at('sent_on'),
            'sent_precision': precision_of(text_at('sent_on')),
            'resolved_at': moment_at('resolved_at'),
            'decline_reason_label': "case when status = 'declined' then reason_label end",
            'start_date': to_date(text_at('starts_on')),
        }) }}
    from judged
)

select * from final
