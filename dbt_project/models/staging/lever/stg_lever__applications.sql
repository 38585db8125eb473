with

opportunities as (
    {{ lever_remaining('opportunities', 'id') }}
),

stages as (
    {{ current_records('lever', 'stages') }}
),

archive_reasons as (
    {{ current_records('lever', 'archive_reasons') }}
),

named as (
    select
        opportunities.*,
        coalesce(
            {{ text_at('stage.text', 'opportunities.record') }},
            {{ text_at('text', 'stages.record') }},
            {{ text_at('stage', 'opportunities.record') }}
        ) as stage_label,
        coalesce(
            {{ text_at('text', 'archive_reasons.record') }},
            {{ text_at('archived.reason', 'opportunities.record') }}
        ) as reason_label,
        {{ text_at('type', 'archive_reasons.record') }} as reason_type,
        {{ moment_at('archived.archivedAt', 'opportunities.record') }} as archived_at
    from opportunities
    left join stages
        on
            opportunities.source = stages.source
            and {{ id_at('stage', 'opportunities.record') }} = stages.id
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
),

final as (
    select
        {{ emit('applications', {
            'application_id': 'id',
            'candidate_id': 'coalesce(' ~ id_at('contact') ~ ', id)',
            'job_id': id_at('applications[0].posting'),
            'channel_label': 'coalesce(' ~ text_at('sources[0]') ~ ', ' ~ text_at('origin') ~ ')',
            'agency_label': "case when " ~ text_at('origin') ~ " = 'agency' then " ~ text_at('sources[0]') ~ " end",
            'applied_at': moment_at('createdAt'),
            'applied_at_basis': "'ats'",
            'status_label': "coalesce(reason_label, stage_label)",
            'outcome': 'outcome',
            'closed_at': 'archived_at',
            'closed_by': "case outcome when 'rejected' then 'company' when 'hired' then 'company'"
                ~ " when 'open' then null else 'candidate' end",
            'current_stage_label': 'stage_label',
            'updated_at': moment_at('updatedAt'),
        }) }}
    from judged
)

select * from final
