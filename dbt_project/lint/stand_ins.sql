{# What sqlfluff sees in place of the macros that need dbt itself (dispatch, variables, the graph):
   SQL of the same shape. dbt never reads this folder. #}
{% macro to_utc(value) -%} to_utc({{ value }}) {%- endmacro %}
{% macro to_local(at) -%} to_local({{ at }}) {%- endmacro %}
{% macro local_date(at) -%} local_date({{ at }}) {%- endmacro %}
{% macro local_midnight(day) -%} local_midnight({{ day }}) {%- endmacro %}
{% macro elapsed_days(a, b) -%} elapsed_days({{ a }}, {{ b }}) {%- endmacro %}
{% macro is_accidental(exit_type, entered_at, exited_at) -%} is_accidental({{ exit_type }}, {{ entered_at }}, {{ exited_at }}) {%- endmacro %}
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
{% macro moment_at(path, record='record') -%} moment_at({{ record }}, '{{ path }}') {%- endmacro %}
{% macro joined_at(path, record='record') -%} json_text({{ record }}, '{{ path }}') {%- endmacro %}
{% macro elements(relation, path) -%}
select
        source,
        id,
        json_text(record, '{{ path }}') as element,
        row_number() over () as position,
        _extracted_at,
        _load_id
    from {{ relation }}
{%- endmacro %}
{% macro emit(entity, known) -%}
source,
        {%- for field, value in known.items() %}
        cast({{ value }} as varchar) as {{ field }},
        {%- endfor %}
        _extracted_at,
        _load_id
{%- endmacro %}
{% macro current_records(connector, stream) -%}
select
        source,
        id,
        parent_id,
        record,
        _extracted_at,
        _load_id
    from raw.{{ connector }}__{{ stream }}
{%- endmacro %}
{% macro text_at(path, record='record') -%} text_at({{ record }}, '{{ path }}') {%- endmacro %}
{% macro id_at(path, record='record') -%} text_at({{ record }}, '{{ path }}') {%- endmacro %}
