with

application_reasons as (
    {{ unite('application_reasons', [
        'source', 'application_id', 'ordinal', 'reason_label', 'party',
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
        application_reasons.source,
        {{ application_source() }} as application_source,
        application_reasons.application_id,
        application_reasons.ordinal,
        coalesce(labels.reason_key, lower(application_reasons.reason_label)) as reason_key,
        coalesce(labels.reason_party, words.word, 'unknown') as reason_party
    from application_reasons
    {{ join_application('application_reasons') }}
    left join labels on application_reasons.reason_label = labels.label
    left join words on application_reasons.party = words.label and words.field = 'party'
)

select * from final
