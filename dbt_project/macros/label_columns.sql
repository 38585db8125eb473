{# Where labels of a vocabulary stand, and words of a fixed list: (vocabulary, entity, column). #}
{% macro labelled_columns() -%}
    {{ return([
        ('stage', 'applications', 'current_stage_label'),
        ('stage', 'stage_events', 'stage_label'),
        ('stage', 'interviews', 'stage_label'),
        ('stage', 'evaluations', 'stage_label'),
        ('channel', 'applications', 'channel_label'),
        ('channel', 'channel_costs', 'channel_label'),
        ('reason', 'application_reasons', 'reason_label'),
        ('reason', 'offers', 'decline_reason_label'),
        ('reason', 'employees', 'reason_label'),
    ]) }}
{%- endmacro %}

{% macro worded_columns() -%}
    {{ return([
        ('outcome', 'applications', 'outcome'),
        ('applied_at_basis', 'applications', 'applied_at_basis'),
        ('closed_by', 'applications', 'closed_by'),
        ('exit_type', 'stage_events', 'exit_type'),
        ('precision', 'stage_events', 'precision'),
        ('party', 'application_reasons', 'party'),
        ('interview_status', 'interviews', 'status'),
        ('recommendation', 'evaluations', 'recommendation'),
        ('offer_status', 'offers', 'status'),
        ('termination_type', 'employees', 'termination_type'),
        ('cost_kind', 'channel_costs', 'kind'),
        ('direction', 'messages', 'direction'),
        ('message_kind', 'messages', 'kind'),
        ('delivery', 'messages', 'delivery'),
        ('registration_status', 'relay_registrations', 'status'),
    ]) }}
{%- endmacro %}
