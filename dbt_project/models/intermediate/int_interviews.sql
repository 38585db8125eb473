with

interviews as (
    {{ unite('interviews', [
        'source', 'interview_id', 'application_id', 'stage_label', 'scheduled_at', 'held_at', 'status',
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
        interviews.source,
        interviews.interview_id,
        {{ application_source() }} as application_source,
        interviews.application_id,
        coalesce(labels.stage_key, lower(interviews.stage_label), 'unknown') as stage_key,
        labels.stage_order,
        interviews.scheduled_at,
        interviews.held_at,
        coalesce(
            words.word, case when interviews.held_at is not null then 'held' else 'scheduled' end
        ) as status
    from interviews
    {{ join_application('interviews') }}
    left join labels on interviews.stage_label = labels.label
    left join words on interviews.status = words.label and words.field = 'interview_status'
)

select * from final
