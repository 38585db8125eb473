with

interviews as (
    {{ lever_remaining('interviews') }}
),

stages as (
    {{ current_records('lever', 'stages') }}
),

named as (
    select
        interviews.*,
        coalesce(
            {{ text_at('stage.text', 'interviews.record') }}, {{ text_at('text', 'stages.record') }}
        ) as stage_label,
        {{ moment_at('date', 'interviews.record') }} as scheduled_at,
        case
            when {{ moment_at('canceledAt', 'interviews.record') }} is not null then 'cancelled'
            when {{ json_text('interviews.record', 'feedbackForms[0]') }} is not null then 'held'
            else 'scheduled'
        end as status
    from interviews
    left join stages
        on
            interviews.source = stages.source
            and {{ id_at('stage', 'interviews.record') }} = stages.id
),

final as (
    select
        {{ emit('interviews', {
            'interview_id': 'id',
            'application_id': 'parent_id',
            'stage_label': 'stage_label',
            'scheduled_at': 'scheduled_at',
            'held_at': "case when status = 'held' then scheduled_at end",
            'status': 'status',
        }) }}
    from named
)

select * from final
