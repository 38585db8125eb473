{# What sqlfluff sees in place of the macros that need dbt itself (dispatch, variables, the graph):
   SQL of the same shape. dbt never reads this folder. #}
{% macro to_utc(value) -%} to_utc({{ value }}) {%- endmacro %}
{% macro to_local(at) -%} to_local({{ at }}) {%- endmacro %}
{% macro local_date(at) -%} local_date({{ at }}) {%- endmacro %}
{% macro local_midnight(day) -%} local_midnight({{ day }}) {%- endmacro %}
{% macro elapsed_days(a, b) -%} elapsed_days({{ a }}, {{ b }}) {%- endmacro %}
{% macro whole_days(a, b) -%} whole_days({{ a }}, {{ b }}) {%- endmacro %}
{% macro fiscal_year_of(day) -%} fiscal_year_of({{ day }}) {%- endmacro %}
{% macro fiscal_half_of(day) -%} fiscal_half_of({{ day }}) {%- endmacro %}
{% macro trim_space(value) -%} trim({{ value }}) {%- endmacro %}
{% macro json_text(document, path) -%} json_text({{ document }}, '{{ path }}') {%- endmacro %}
{% macro to_date(value) -%} to_date({{ value }}) {%- endmacro %}
{% macro to_flag(value) -%} to_flag({{ value }}) {%- endmacro %}
{% macro precision_of(value) -%} precision_of({{ value }}) {%- endmacro %}
{% macro current_rows(relation, columns) -%}
select
        source,
        {{ columns | join(',\n        ') }},
        _extra,
        _extracted_at,
        _load_id
    from {{ relation }}
{%- endmacro %}
{% macro unite(entity, columns) -%}
select
        {{ columns | join(',\n        ') }}
    from stg_{{ entity }}
{%- endmacro %}
{% macro labelled_columns() -%} {{ return([('stage', 'applications', 'current_stage_label')]) }} {%- endmacro %}
{% macro worded_columns() -%} {{ return([('outcome', 'applications', 'outcome')]) }} {%- endmacro %}
