with

interview_schedules as (
    {{ current_records('ashby', 'interview_schedules') }}
),

events as (
    {{ elements('interview_schedules', 'interviewEvents') }}
),

named as (
    select
        events.source,
        {{ text_at('id', 'events.element') }} as interview_id,
        {{ text_at('applicationId', 'interview_schedules.record') }} as application_id,
        {{ moment_at('startTime', 'events.element') }} as scheduled_at,
        case {{ text_at('status', 'interview_schedules.record') }}
            when 'Complete' then 'held'
            when 'Cancelled' then 'cancelled'
            else 'scheduled'
        end as status,
        events._extracted_at,
        events._load_id
    from events
    inner join interview_schedules
        on events.source = interview_schedules.source and events.id = interview_schedules.id
),

final as (
    select
        {{ emit('interviews', {
            'interview_id': 'interview_id',
            'application_id': 'application_id',
            'scheduled_at': 'scheduled_at',
            'held_at': "case when status = 'held' then scheduled_at end",
            'status': 'status',
        }) }}
    from named
)

select * from final
