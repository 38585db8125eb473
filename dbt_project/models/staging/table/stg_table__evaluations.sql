with

source as (
    select * from {{ source('raw', 'table__evaluations') }}
),

current_rows as (
    {{ current_rows('source', [
        'evaluation_id', 'application_id', 'interview_id', 'stage_label',
        'interviewer_label', 'interviewer_department', 'criterion', 'score', 'score_min',
        'score_max', 'recommendation', 'submitted_at', 'comment',
    ]) }}
),

final as (
    select
        source,
        evaluation_id,
        application_id,
        interview_id,
        stage_label,
        interviewer_label,
        interviewer_department,
        criterion,
        try_cast(score as double) as score,
        try_cast(score_min as double) as score_min,
        try_cast(score_max as double) as score_max,
        lower(recommendation) as recommendation,
        {{ to_utc('submitted_at') }} as submitted_at,
        {{ precision_of('submitted_at') }} as submitted_precision,
        comment,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
