{# One row a grain: no combination of the columns twice, and none of them NULL but those named. #}
{% test unique_grain(model, columns, may_be_null=[]) %}

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
    {%- for column in columns if column not in may_be_null %}
    or {{ column }} is null
    {%- endfor %}

{% endtest %}
