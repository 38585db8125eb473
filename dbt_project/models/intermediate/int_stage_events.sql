with

stage_events as (
    {{ unite('stage_events', [
        'source', 'application_id', 'event_id', 'stage_label', 'entered_at', 'exited_at', 'exit_type',
        'precision',
    ]) }}
),

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

final as (
    select
        stage_events.source,
        {{ application_source() }} as application_source,
        stage_events.application_id,
        stage_events.event_id,
        coalesce(labels.stage_key, lower(stage_events.stage_label), 'unknown') as stage_key,
        labels.stage_order,
        -- An exit without an entry is the only time known of that visit.
        coalesce(stage_events.entered_at, stage_events.exited_at) as entered_at,
        stage_events.exited_at,
        -- `open` says that nothing was said: the rules of the visits decide.
        nullif(exit_word.word, 'open') as exit_type,
        coalesce(precision_word.word, 'timestamp') as precision
    from stage_events
    {{ join_application('stage_events') }}
    left join labels on stage_events.stage_label = labels.label
    left join words as exit_word
        on stage_events.exit_type = exit_word.label and exit_word.field = 'exit_type'
    left join words as precision_word
        on stage_events.precision = precision_word.label and precision_word.field = 'precision'
)

select * from final
