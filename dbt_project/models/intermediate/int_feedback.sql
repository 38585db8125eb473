with

feedback as (
    {{ unite('feedback', ['source', 'feedback_id', 'posted_at', 'application_id']) }}
),

final as (
    select
        feedback.source,
        feedback.feedback_id,
        {{ application_source() }} as application_source,
        feedback.application_id,
        feedback.posted_at
    from feedback
    {{ join_application('feedback') }}
)

select * from final
