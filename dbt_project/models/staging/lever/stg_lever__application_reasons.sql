with

opportunities as (
    {{ lever_remaining('opportunities', 'id') }}
),

archive_reasons as (
    {{ current_records('lever', 'archive_reasons') }}
),

named as (
    select
        opportunities.*,
        coalesce(
            {{ text_at('text', 'archive_reasons.record') }},
            {{ text_at('archived.reason', 'opportunities.record') }}
        ) as reason_label,
        {{ text_at('type', 'archive_reasons.record') }} as reason_type,
        {{ moment_at('archived.archivedAt', 'opportunities.record') }} as archived_at
    from opportunities
    left join archive_reasons
        on
            opportunities.source = archive_reasons.source
            and {{ text_at('archived.reason', 'opportunities.record') }} = archive_reasons.id
),

judged as (
    select
        *,
        {{ lever_outcome('reason_label', 'reason_type', 'archived_at') }} as outcome
    from named
    where reason_label is not null
),

final as (
    select
        {{ emit('application_reasons', {
            'application_id': 'id',
            'ordinal': '1',
            'reason_label': 'reason_label',
            'party': "case outcome when 'rejected' then 'company' when 'hired' then 'neither' else 'candidate' end",
        }) }}
    from judged
    where outcome not in ('hired', 'open')
)

select * from final
