{# Every row that names a parent, by all columns of its key, has one. A NULL names nothing. #}
{% test refers_to(model, columns, to, to_columns=none) %}
{%- set keys = to_columns or columns %}

select {{ columns | join(', ') }}
from {{ model }} as child
where
    {%- for column in columns %}
    child.{{ column }} is not null and
    {%- endfor %}
    not exists (
        select 1
        from {{ to }} as parent
        where
            {%- for column in columns %}
            parent.{{ keys[loop.index0] }} = child.{{ column }}
            {%- if not loop.last %} and{% endif %}
            {%- endfor %}
    )

{% endtest %}
