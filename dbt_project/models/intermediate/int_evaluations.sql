with

evaluations as (
    {{ unite('evaluations', [
        'source', 'evaluation_id', 'application_id', 'interview_id', 'stage_label', 'interviewer_label',
        'interviewer_department', 'criterion', 'score', 'score_min', 'score_max', 'recommendation',
        'submitted_at',
    ]) }}
),

interviewers as (
    select * from {{ ref('int_interviewers') }}
),

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

final as (
    select
        evaluations.source,
        evaluations.evaluation_id,
        {{ application_source() }} as application_source,
        evaluations.application_id,
        evaluations.interview_id,
        coalesce(labels.stage_key, lower(evaluations.stage_label), 'unknown') as stage_key,
        labels.stage_order,
        interviewers.interviewer_id,
        coalesce(evaluations.interviewer_department, 'unknown') as interviewer_department,
        evaluations.criterion,
        evaluations.score,
        case
            when evaluations.score_max > evaluations.score_min
                then
                    (evaluations.score - evaluations.score_min)
                    / (evaluations.score_max - evaluations.score_min)
        end as score_share,
        words.word as recommendation,
        evaluations.submitted_at
    from evaluations
    {{ join_application('evaluations') }}
    left join interviewers on evaluations.interviewer_label = interviewers.interviewer_label
    left join labels on evaluations.stage_label = labels.label
    left join words
        on evaluations.recommendation = words.label and words.field = 'recommendation'
)

select * from final
