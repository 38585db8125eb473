with

evaluations as (
    select * from {{ ref('int_evaluations') }}
),

final as (
    select
        source,
        evaluation_id,
        application_source,
        case when application_source is not null then application_id end as application_id,
        interview_id,
        stage_key,
        stage_order,
        interviewer_id,
        interviewer_department,
        criterion,
        score,
        score_share,
        recommendation,
        submitted_at
    from evaluations
)

select * from final
