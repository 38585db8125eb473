{# The contract between connectors and staging: a raw value that was loaded (not quarantined) is canonical,
   so none that is not blank becomes NULL by typing. `fields`: field → kind, of those that can fail. #}
{% test every_value_typed(model, raw, fields) %}

with

typed as (
    select
        {%- for name, kind in fields.items() %}
        {{ canonical(name) }} is not null as has_{{ name }},
        {{ field(name, kind) }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ raw }}
    where not _deleted
)

select *
from typed
where
    {%- for name in fields %}
    {% if not loop.first %}or {% endif %}(has_{{ name }} and {{ name }} is null)
    {%- endfor %}

{% endtest %}
