{{ config(schema='ops') }}

with

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

stage_labels as (
    select stage_label as label from ({{ unite('stage_events', ['stage_label']) }}) as events
    union all
    select current_stage_label
    from ({{ unite('applications', ['current_stage_label']) }}) as applications
    union all
    select stage_label from ({{ unite('interviews', ['stage_label']) }}) as interviews
    union all
    select stage_label from ({{ unite('evaluations', ['stage_label']) }}) as evaluations
),

channel_labels as (
    select channel_label as label
    from ({{ unite('applications', ['channel_label']) }}) as applications
    union all
    select channel_label from ({{ unite('channel_costs', ['channel_label']) }}) as channel_costs
),

reason_labels as (
    select reason_label as label
    from ({{ unite('application_reasons', ['reason_label']) }}) as application_reasons
    union all
    select decline_reason_label from ({{ unite('offers', ['decline_reason_label']) }}) as offers
    union all
    select reason_label from ({{ unite('employees', ['reason_label']) }}) as employees
),

status_labels as (
    select status_label as label
    from ({{ unite('applications', ['status_label', 'outcome']) }}) as applications
    -- Where an outcome is given, the status decides nothing.
    where outcome is null
),

used as (
    select 'stage' as vocabulary, label, count(*) as n from stage_labels group by label
    union all
    select 'channel', label, count(*) from channel_labels group by label
    union all
    select 'reason', label, count(*) from reason_labels group by label
    union all
    select 'status', label, count(*) from status_labels group by label
),

unmapped as (
    select
        used.vocabulary,
        used.label,
        coalesce(labels.folded, lower(used.label)) as folded,
        used.n
    from used
    left join labels on used.label = labels.label
    where
        used.label is not null
        and not coalesce(
            case used.vocabulary
                when 'stage' then labels.is_stage_known
                when 'channel' then labels.is_channel_known
                when 'reason' then labels.is_reason_known
                when 'status' then labels.outcome is not null
            end,
            false
        )
),

used_words as (
    {%- set closed_vocabularies = [
        ('applications', 'outcome', 'outcome'),
        ('applications', 'applied_at_basis', 'applied_at_basis'),
        ('applications', 'closed_by', 'closed_by'),
        ('stage_events', 'exit_type', 'exit_type'),
        ('stage_events', 'precision', 'precision'),
        ('application_reasons', 'party', 'party'),
        ('interviews', 'status', 'interview_status'),
        ('evaluations', 'recommendation', 'recommendation'),
        ('offers', 'status', 'offer_status'),
        ('employees', 'termination_type', 'termination_type'),
        ('channel_costs', 'kind', 'cost_kind'),
        ('messages', 'direction', 'direction'),
        ('messages', 'kind', 'message_kind'),
        ('messages', 'delivery', 'delivery'),
        ('relay_registrations', 'status', 'registration_status'),
    ] -%}
    {%- for entity, column, field in closed_vocabularies %}
    select '{{ field }}' as field, {{ column }} as label, count(*) as n
    from ({{ unite(entity, [column]) }}) as {{ entity }}
    where {{ column }} is not null
    group by {{ column }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

unknown_words as (
    select
        used_words.field as vocabulary,
        used_words.label,
        used_words.label as folded,
        used_words.n
    from used_words
    anti join words on used_words.field = words.field and used_words.label = words.label
),

final as (
    select * from unmapped
    union all
    select * from unknown_words
)

select * from final
