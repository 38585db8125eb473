{# The user's limit of DuckDB's threads, where one is set; a profile cannot leave a setting out. #}
{% macro limit_threads() -%}
    {%- set threads = env_var('TSUNAGU_THREADS', '') -%}
    {%- if threads and target.type == 'duckdb' -%}
        set threads = {{ threads | int }}
    {%- endif -%}
{%- endmacro %}
