with

applications as (
    select * from {{ ref('fct_applications') }}
),

reasons as (
    select * from {{ ref('dim_reason') }}
),

evaluations as (
    select * from {{ ref('fct_evaluations') }}
    where application_id is not null and score_share is not null
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

scores as (
    select
        application_source as source,
        application_id,
        {{ stable_sum('score_share') }} / count(*) as score_share
    from evaluations
    group by application_source, application_id
),

notices as (
    {{ rejection_notices() }}
),

final as (
    select
        applications.person_id,
        applications.application_seq,
        applications.source,
        applications.application_id,
        applications.applied_at,
        applications.applied_month,
        applications.job_family,
        applications.department,
        applications.channel_id,
        applications.outcome,
        applications.reached_stage_key,
        applications.reached_stage_order,
        applications.is_excluded,
        previous.source as prev_source,
        previous.application_id as prev_application_id,
        previous.job_family as prev_job_family,
        previous.department as prev_department,
        previous.channel_id as prev_channel_id,
        previous.outcome as prev_outcome,
        previous.reached_stage_key as prev_reached_stage_key,
        previous.reached_stage_order as prev_reached_stage_order,
        previous.reason_key as prev_reason_key,
        reasons.category as prev_reason_category,
        scores.score_share as prev_score_share,
        case
            when previous.closed_at is not null
                then
                    greatest(
                        0.0, {{ elapsed_days('previous.closed_at', 'applications.applied_at') }}
                    )
        end as gap_days,
        coalesce(notices.relay_url_present, false) as is_prev_relay_invited,
        parameters.as_of_date
    from applications
    inner join applications as previous
        on
            applications.prev_source = previous.source
            and applications.prev_application_id = previous.application_id
    left join reasons on previous.reason_key = reasons.reason_key
    left join scores
        on previous.source = scores.source and previous.application_id = scores.application_id
    left join notices
        on previous.source = notices.source and previous.application_id = notices.application_id
    cross join parameters
)

select * from final
