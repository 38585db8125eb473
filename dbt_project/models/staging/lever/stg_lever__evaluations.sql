with

feedback as (
    {{ lever_remaining('feedback') }}
),

users as (
    {{ current_records('lever', 'users') }}
),

answers as (
    {{ elements('feedback', 'fields') }}
),

-- The form's one score field: `3 - Hire`, of four.
scores as (
    select
        source,
        id,
        min({{ text_at('value', 'element') }}) as score_text
    from answers
    where {{ text_at('type', 'element') }} in ('score-system', 'score')
    group by source, id
),

named as (
    select
        feedback.*,
        {{ text_at('name', 'users.record') }} as interviewer_label,
        try_cast(left(scores.score_text, 1) as double) as score
    from feedback
    left join users
        on feedback.source = users.source and {{ id_at('user', 'feedback.record') }} = users.id
    left join scores
        on feedback.source = scores.source and feedback.id = scores.id
),

final as (
    select
        {{ emit('evaluations', {
            'evaluation_id': 'id',
            'application_id': 'parent_id',
            'interview_id': id_at('interview'),
            'interviewer_label': 'interviewer_label',
            'criterion': text_at('text'),
            'score': 'score',
            'score_min': 'case when score is not null then 1 end',
            'score_max': 'case when score is not null then 4 end',
            'recommendation': "case score when 1 then 'definitely_no' when 2 then 'no' when 3 then 'yes'"
                ~ " when 4 then 'strong_yes' end",
            'submitted_at': moment_at('completedAt'),
        }) }}
    from named
    where {{ text_at('deletedAt') }} is null and {{ text_at('completedAt') }} is not null
)

select * from final
