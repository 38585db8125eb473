with

opportunities as (
    {{ lever_remaining('opportunities', 'id') }}
),

stages as (
    {{ current_records('lever', 'stages') }}
),

changes as (
    {{ elements('opportunities', 'stageChanges') }}
),

named as (
    select
        changes.source,
        changes.id,
        changes.position,
        coalesce(
            {{ text_at('text', 'stages.record') }},
            {{ text_at('toStage.text', 'changes.element') }},
            {{ text_at('toStageId', 'changes.element') }}
        ) as stage_label,
        {{ moment_at('updatedAt', 'changes.element') }} as entered_at,
        changes._extracted_at,
        changes._load_id
    from changes
    left join stages
        on
            changes.source = stages.source
            and {{ text_at('toStageId', 'changes.element') }} = stages.id
),

final as (
    select
        {{ emit('stage_events', {
            'application_id': 'id',
            'event_id': "lpad(cast(position as string), 4, '0')",
            'stage_label': 'stage_label',
            'entered_at': 'entered_at',
            'precision': "'timestamp'",
        }) }}
    from named
)

select * from final
