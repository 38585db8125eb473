{# A contract on Spark: the columns by name, each cast to the type it promises, as a row number is INT there and
   BIGINT on DuckDB, where dbt compares them. Text is STRING: Spark wants a length of every VARCHAR. #}
{% macro spark__get_assert_columns_equivalent(sql) -%}{%- endmacro %}

{% macro spark__get_select_subquery(sql) -%}
    select
        {%- for column in model['columns'].values() %}
        cast({{ column['name'] }} as {{ 'string' if column['data_type'] == 'varchar' else column['data_type'] }})
            as {{ column['name'] }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as model_subq
{%- endmacro %}
