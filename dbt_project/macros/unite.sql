{# All connectors' rows of one entity, with the columns asked for. Which connectors emit it is the
   variable connectors_of_entity. #}
{% macro unite(entity, columns) -%}
    {%- for connector in var('connectors_of_entity')[entity] %}
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('stg_' ~ connector ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
