{# No row at all: for lists of things somebody should look at. #}
{% test is_empty(model) %}

select * from {{ model }}

{% endtest %}
