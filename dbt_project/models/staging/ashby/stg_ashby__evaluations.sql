with

feedback as (
    {{ current_records('ashby', 'feedback') }}
),

final as (
    select
        {{ emit('evaluations', {
            'evaluation_id': 'id',
            'application_id': 'parent_id',
            'interviewer_label': "nullif(concat_ws(' ', " ~ text_at('submittedByUser.firstName') ~ ', ' ~ text_at('submittedByUser.lastName') ~ "), '')",
            'score': 'try_cast(' ~ text_at('submittedValues.overall_recommendation') ~ ' as double)',
            'score_min': 'case when try_cast(' ~ text_at('submittedValues.overall_recommendation') ~ ' as double) is not null then 1 end',
            'score_max': 'case when try_cast(' ~ text_at('submittedValues.overall_recommendation') ~ ' as double) is not null then 4 end',
            'recommendation': 'case ' ~ text_at('submittedValues.overall_recommendation') ~ " when '1' then 'definitely_no'"
                ~ " when '2' then 'no' when '3' then 'yes' when '4' then 'strong_yes' end",
            'submitted_at': moment_at('submittedAt'),
        }) }}
    from feedback
)

select * from final
