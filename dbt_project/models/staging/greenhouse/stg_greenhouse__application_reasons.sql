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
    select
        applications.*,
        coalesce(
            {{ text_at('name', 'rejection_reasons.record') }},
            {{ text_at('rejection_reason.name', 'applications.record') }}
        ) as reason_label,
        coalesce(
            {{ text_at('type.key', 'rejection_reasons.record') }},
            upper({{ text_at('rejection_reason.type.name', 'applications.record') }})
        ) as reason_type,
        {{ text_at('status', 'applications.record') }} as status
    from applications
    left join rejection_details
        on
            applications.source = rejection_details.source
            and applications.id = {{ text_at('application_id', 'rejection_details.record') }}
    left join rejection_reasons
        on
            applications.source = rejection_reasons.source
            and {{ text_at('rejection_reason_id', 'rejection_details.record') }}
            = rejection_reasons.id
    -- An application rejected twice keeps the later details.
    qualify
        row_number() over (
            partition by applications.source, applications.id
            order by
                {{ moment_at('updated_at', 'rejection_details.record') }} desc nulls last,
                rejection_details.id desc
        ) = 1
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
