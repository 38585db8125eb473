{%- set key_fields = {
    'jobs': ['job_family', 'department'],
    'candidates': ['coalesce(full_name, family_name, kana)'],
    'applications': ['candidate_id', 'job_id', 'channel_label', 'applied_at'],
    'application_reasons': ['application_id', 'reason_label'],
    'stage_events': ['application_id', 'stage_label', 'coalesce(entered_at, exited_at)'],
    'interviews': ['application_id', 'stage_label'],
    'evaluations': ['application_id', 'stage_label', 'interviewer_label'],
    'offers': ['application_id', 'status'],
    'employees': ['hire_date'],
    'reviews': ['rating'],
    'channel_costs': ['channel_label', 'kind', 'amount', 'coalesce(period_start_date, period_end_date)'],
    'messages': ['direction', 'kind', 'sent_at'],
    'feedback': ['posted_at'],
    'relay_clicks': ['token', 'clicked_at'],
    'relay_registrations': ['registered_at', 'status'],
    'relay_slot_uses': ['used_at'],
} -%}
{%- set labelled = labelled_columns() -%}
{%- set worded = worded_columns() -%}
{%- set referring = {
    'application_reasons': 'application_id is not null',
    'stage_events': 'application_id is not null',
    'interviews': 'application_id is not null',
    'evaluations': 'application_id is not null',
    'offers': 'application_id is not null',
    'channel_costs': 'application_id is not null',
    'relay_slot_uses': 'application_id is not null',
    'employees': 'true',
    'messages': 'true',
} %}

with

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

{% for entity, fields in key_fields.items() %}
{{ entity }} as (
    {{ unite(entity, [
        'source', 'case when ' ~ fields | join(' is null or ') ~ ' is null then 1 else 0 end as n_missing',
    ]) }}
),
{% endfor %}
{% for vocabulary, entity, column in labelled + worded %}
{{ vocabulary }}_of_{{ entity }} as (
    {{ unite(entity, ['source', column ~ ' as label']) }}
),
{% endfor %}
{% for entity in referring %}
referring_{{ entity }} as (
    select * from {{ ref('int_' ~ entity) }}
),
{% endfor %}
label_uses as (
    {%- for vocabulary, entity, column in labelled %}
    select distinct
        uses.source,
        '{{ entity }}' as entity,
        '{{ vocabulary }}' as vocabulary,
        uses.label
    from {{ vocabulary }}_of_{{ entity }} as uses
    left join labels on uses.label = labels.label
    where uses.label is not null and not coalesce(labels.is_{{ vocabulary }}_known, false)
    union all
    {%- endfor %}
    {%- for vocabulary, entity, column in worded %}
    select distinct
        uses.source,
        '{{ entity }}' as entity,
        '{{ vocabulary }}' as vocabulary,
        uses.label
    from {{ vocabulary }}_of_{{ entity }} as uses
    left join words on uses.label = words.label and words.field = '{{ vocabulary }}'
    where uses.label is not null and words.word is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

entity_rows as (
    {%- for entity in key_fields %}
    select
        source,
        '{{ entity }}' as entity,
        1 as n_rows,
        n_missing,
        0 as n_unmapped,
        0 as n_unmatched
    from {{ entity }}
    union all
    {%- endfor %}
    select
        source,
        entity,
        0 as n_rows,
        0 as n_missing,
        1 as n_unmapped,
        0 as n_unmatched
    from label_uses
    {%- for entity, condition in referring.items() %}
    union all
    select
        source,
        '{{ entity }}' as entity,
        0 as n_rows,
        0 as n_missing,
        0 as n_unmapped,
        1 as n_unmatched
    from referring_{{ entity }}
    where application_source is null and {{ condition }}
    {%- endfor %}
),

final as (
    select
        source,
        entity,
        cast(sum(n_rows) as bigint) as n_rows,
        cast(sum(n_missing) as bigint) as n_missing_key_fields,
        cast(sum(n_unmapped) as bigint) as n_unmapped_labels,
        cast(sum(n_unmatched) as bigint) as n_unmatched
    from entity_rows
    group by source, entity
)

select * from final
