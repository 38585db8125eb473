with

activities as (
    {{ current_records('workable', 'activities') }}
),

final as (
    select
        {{ emit('stage_events', {
            'application_id': 'parent_id',
            'event_id': 'id',
            'stage_label': text_at('stage_name'),
            'entered_at': moment_at('created_at'),
            'precision': "'timestamp'",
        }) }}
    from activities
    where
        {{ text_at('action') }} in ('applied', 'sourced', 'moved', 'reverted')
        and {{ text_at('stage_name') }} is not null
)

select * from final
