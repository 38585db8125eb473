{# The contract between connectors and staging: a raw value that was loaded (not quarantined) is canonical,
   so none that is not blank becomes NULL by typing. `fields`: field → kind, of those that can fail. #}
{% test every_value_typed(model, raw, fields) %}

with

texts as (
    select
        {%- for name in fields %}
        {{ canonical(name) }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ raw }}
    where not _deleted
)

select *
from texts
where
    {%- for name, kind in fields.items() %}
    {% if not loop.first %}or {% endif %}(
        {{ name }} is not null
        and {% if kind == 'at' -%}
            {{ to_utc(name) }}
        {%- elif kind == 'date' -%}
            {{ to_date(name) }}
        {%- elif kind == 'flag' -%}
            {{ to_flag(name) }}
        {%- else -%}
            try_cast({{ name }} as {{ {'n': 'bigint', 'num': 'double', 'yen': 'decimal(18, 2)'}[kind] }})
        {%- endif %} is null
    )
    {%- endfor %}

{% endtest %}
