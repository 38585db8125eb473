with

history as (
    {{ current_records('ashby', 'history') }}
),

final as (
    select
        {{ emit('stage_events', {
            'application_id': 'parent_id',
            'event_id': 'id',
            'stage_label': text_at('title'),
            'entered_at': moment_at('enteredStageAt'),
            'exited_at': moment_at('leftStageAt'),
            'precision': "'timestamp'",
        }) }}
    from history
)

select * from final
