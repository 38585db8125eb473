with

interviews as (
    {{ current_records('greenhouse', 'interviews') }}
),

job_interviews as (
    {{ current_records('greenhouse', 'job_interviews') }}
),

job_interview_stages as (
    {{ current_records('greenhouse', 'job_interview_stages') }}
),

named as (
    select
        interviews.*,
        {{ text_at('name', 'job_interview_stages.record') }} as stage_label,
        coalesce(
            {{ moment_at('starts_at', 'interviews.record') }},
            {{ moment_at('all_day_start_on', 'interviews.record') }}
        ) as scheduled_at,
        case
            when {{ text_at('status', 'interviews.record') }} = 'skipped' then 'cancelled'
            when
                {{ text_at('status', 'interviews.record') }}
                in ('awaiting_feedback', 'collect_feedback', 'complete', 'received') then 'held'
            else 'scheduled'
        end as status
    from interviews
    left join job_interviews
        on
            interviews.source = job_interviews.source
            and {{ text_at('job_interview_id', 'interviews.record') }} = job_interviews.id
    left join job_interview_stages
        on
            interviews.source = job_interview_stages.source
            and {{ text_at('job_interview_stage_id', 'job_interviews.record') }}
            = job_interview_stages.id
),

final as (
    select
        {{ emit('interviews', {
            'interview_id': 'id',
            'application_id': text_at('application_id'),
            'stage_label': 'stage_label',
            'scheduled_at': 'scheduled_at',
            'held_at': "case when status = 'held' then scheduled_at end",
            'status': 'status',
        }) }}
    from named
)

select * from final
