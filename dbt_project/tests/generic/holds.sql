{# True of every row: a condition that is NULL does not hold. #}
{% test holds(model, condition) %}

select *
from {{ model }}
where not coalesce({{ condition }}, false)

{% endtest %}
