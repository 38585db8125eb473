with

applications as (
    select * from {{ ref('int_applications') }}
),

progress as (
    select * from {{ ref('int_application_progress') }}
),

jobs as (
    select * from {{ ref('int_jobs') }}
),

reasons as (
    select * from {{ ref('int_application_reasons') }}
    where application_source is not null and reason_key is not null
),

messages as (
    select * from {{ ref('int_messages') }}
    where direction = 'outbound' and kind = 'rejection' and delivery <> 'bounced'
),

first_reasons as (
    select
        application_source as source,
        application_id,
        reason_key,
        reason_party
    from reasons
    qualify
        row_number() over (
            partition by application_source, application_id
            order by ordinal asc nulls last, reason_key asc, source asc
        ) = 1
),

rejections as (
    select
        application_source as source,
        application_id,
        min(sent_at) as rejection_message_at
    from messages
    where application_source is not null
    group by application_source, application_id
),

sequenced as (
    select
        source,
        application_id,
        row_number() over (
            partition by person_id
            order by applied_at asc nulls last, application_id asc, source asc
        ) as application_seq,
        lag(application_id) over (
            partition by person_id
            order by applied_at asc nulls last, application_id asc, source asc
        ) as prev_application_id,
        lag(source) over (
            partition by person_id
            order by applied_at asc nulls last, application_id asc, source asc
        ) as prev_source
    from applications
),

final as (
    select
        applications.source,
        applications.application_id,
        applications.person_id,
        applications.job_source,
        applications.job_id,
        coalesce(jobs.job_family, 'unknown') as job_family,
        coalesce(jobs.department, 'unknown') as department,
        coalesce(jobs.hiring_type, 'unknown') as hiring_type,
        applications.channel_id,
        applications.applied_at,
        {{ local_date('applications.applied_at') }} as applied_date,
        cast(
            date_trunc('month', {{ to_local('applications.applied_at') }}) as date
        ) as applied_month,
        applications.applied_at_basis,
        applications.applied_precision,
        applications.outcome,
        progress.closed_at,
        {{ local_date('progress.closed_at') }} as closed_date,
        cast(date_trunc('month', {{ to_local('progress.closed_at') }}) as date) as closed_month,
        progress.closed_stage_key,
        applications.closed_by,
        first_reasons.reason_key,
        first_reasons.reason_party,
        progress.reached_stage_key,
        progress.reached_stage_order,
        progress.document_at,
        progress.casual_at,
        progress.test_at,
        progress.interview_1_at,
        progress.interview_2_at,
        progress.interview_3_at,
        progress.interview_final_at,
        progress.offer_at,
        progress.accepted_at,
        progress.joined_at,
        sequenced.application_seq,
        sequenced.prev_source,
        sequenced.prev_application_id,
        applications.is_prospect,
        applications.is_excluded,
        rejections.rejection_message_at,
        case
            when progress.closed_at is not null
                then
                    greatest(
                        0.0, {{ elapsed_days('applications.applied_at', 'progress.closed_at') }}
                    )
        end as days_to_outcome,
        case
            when applications.outcome = 'hired' and progress.accepted_at is not null
                then
                    greatest(
                        0.0, {{ elapsed_days('applications.applied_at', 'progress.accepted_at') }}
                    )
        end as days_to_hire
    from applications
    inner join progress
        on
            applications.source = progress.source
            and applications.application_id = progress.application_id
    left join sequenced
        on
            applications.source = sequenced.source
            and applications.application_id = sequenced.application_id
    left join jobs on applications.job_source = jobs.source and applications.job_id = jobs.job_id
    left join first_reasons
        on
            applications.source = first_reasons.source
            and applications.application_id = first_reasons.application_id
    left join rejections
        on
            applications.source = rejections.source
            and applications.application_id = rejections.application_id
)

select * from final
