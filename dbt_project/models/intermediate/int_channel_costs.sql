with

channel_costs as (
    {{ unite('channel_costs', [
        'source', 'cost_id', 'channel_label', 'kind', 'period_start_date', 'period_end_date', 'amount',
        'application_id',
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
        channel_costs.source,
        channel_costs.cost_id,
        coalesce(labels.channel_id, lower(channel_costs.channel_label), 'unknown') as channel_id,
        coalesce(words.word, 'unknown') as kind,
        -- One date alone is a line of that day; two the wrong way round are the same days.
        least(
            coalesce(channel_costs.period_start_date, channel_costs.period_end_date),
            coalesce(channel_costs.period_end_date, channel_costs.period_start_date)
        ) as period_start_date,
        greatest(
            coalesce(channel_costs.period_start_date, channel_costs.period_end_date),
            coalesce(channel_costs.period_end_date, channel_costs.period_start_date)
        ) as period_end_date,
        channel_costs.amount,
        {{ application_source() }} as application_source,
        channel_costs.application_id
    from channel_costs
    {{ join_application('channel_costs') }}
    left join labels on channel_costs.channel_label = labels.label
    left join words on channel_costs.kind = words.label and words.field = 'cost_kind'
)

select * from final
