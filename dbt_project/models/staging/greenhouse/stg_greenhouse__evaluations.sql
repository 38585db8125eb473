with

scorecards as (
    {{ current_records('greenhouse', 'scorecards') }}
),

users as (
    {{ current_records('greenhouse', 'users') }}
),

named as (
    select
        scorecards.*,
        {{ text_at('name', 'users.record') }} as interviewer_label
    from scorecards
    left join users
        on
            scorecards.source = users.source
            and {{ text_at('interviewer_id', 'scorecards.record') }} = users.id
),

final as (
    select
        {{ emit('evaluations', {
            'evaluation_id': 'id',
            'application_id': text_at('application_id'),
            'interviewer_label': 'interviewer_label',
            'recommendation': 'case ' ~ text_at('candidate_rating') ~ " when 'strong_no' then 'definitely_no'"
                ~ " when 'no' then 'no' when 'yes' then 'yes' when 'strong_yes' then 'strong_yes'"
                ~ " else 'no_decision' end",
            'submitted_at': moment_at('submitted_at'),
            'comment': text_at('notes'),
        }) }}
    from named
    where {{ text_at('status') }} is distinct from 'draft'
)

select * from final
