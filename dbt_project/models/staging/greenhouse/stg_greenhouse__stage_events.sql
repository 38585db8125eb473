with

application_stages as (
    {{ current_records('greenhouse', 'application_stages') }}
),

job_interview_stages as (
    {{ current_records('greenhouse', 'job_interview_stages') }}
),

named as (
    select
        application_stages.*,
        coalesce(
            {{ text_at('name', 'job_interview_stages.record') }},
            {{ text_at('job_interview_stage_id', 'application_stages.record') }}
        ) as stage_label
    from application_stages
    left join job_interview_stages
        on
            application_stages.source = job_interview_stages.source
            and {{ text_at('job_interview_stage_id', 'application_stages.record') }}
            = job_interview_stages.id
),

final as (
    select
        {{ emit('stage_events', {
            'application_id': text_at('application_id'),
            'event_id': 'id',
            'stage_label': 'stage_label',
            'entered_at': moment_at('entered_at'),
            'exited_at': moment_at('exited_at'),
            'precision': "'timestamp'",
        }) }}
    from named
)

select * from final
