{# One row a grain: no combination of the columns twice, and none of them NULL. #}
{% test unique_grain(model, columns) %}

with

grains as (
    select
        {{ columns | join(',\n        ') }},
        count(*) as n
    from {{ model }}
    group by {{ columns | join(', ') }}
)

select *
from grains
where
    n > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
