{{ config(schema='ops') }}
{%- set labelled = labelled_columns() -%}
{%- set worded = worded_columns() %}

with

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

{% for vocabulary, entity, column in labelled + worded %}
{{ vocabulary }}_of_{{ entity }} as (
    {{ unite(entity, [column ~ ' as label']) }}
),
{% endfor %}
status_of_applications as (
    {{ unite('applications', ['status_label', 'outcome']) }}
),

label_uses as (
    {% for vocabulary, entity, column in labelled %}
    select
        '{{ vocabulary }}' as vocabulary,
        label
    from {{ vocabulary }}_of_{{ entity }}
    union all
    {% endfor %}
    -- Where an outcome is given, the status decides nothing.
    select
        'status' as vocabulary,
        status_label as label
    from status_of_applications
    where outcome is null
),

word_uses as (
    {% for field, entity, column in worded %}
    select
        '{{ field }}' as vocabulary,
        label
    from {{ field }}_of_{{ entity }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted_labels as (
    select
        vocabulary,
        label,
        count(*) as n
    from label_uses
    where label is not null
    group by vocabulary, label
),

counted_words as (
    select
        vocabulary,
        label,
        count(*) as n
    from word_uses
    where label is not null
    group by vocabulary, label
),

final as (
    select
        counted_labels.vocabulary,
        counted_labels.label,
        coalesce(labels.folded, lower(counted_labels.label)) as folded,
        counted_labels.n
    from counted_labels
    left join labels on counted_labels.label = labels.label
    where
        not coalesce(
            case counted_labels.vocabulary
                when 'stage' then labels.is_stage_known
                when 'channel' then labels.is_channel_known
                when 'reason' then labels.is_reason_known
                when 'status' then labels.outcome is not null
            end,
            false
        )
    union all
    select
        counted_words.vocabulary,
        counted_words.label,
        counted_words.label as folded,
        counted_words.n
    from counted_words
    anti join words
        on counted_words.vocabulary = words.field and counted_words.label = words.label
)

select * from final
