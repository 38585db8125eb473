{# What the mart adds up to is what the fact adds up to: `value` and `to_value` are aggregates over the whole
   of each, `among` narrows the fact to what the mart promises to hold. Doubles may differ by rounding. #}
{% test reconciles(model, value, to, to_value, among='true') %}

with

mart as (
    select cast(coalesce({{ value }}, 0) as double) as total from {{ model }}
),

fact as (
    select cast(coalesce({{ to_value }}, 0) as double) as total
    from {{ to }}
    where {{ among }}
)

select
    mart.total as mart_total,
    fact.total as fact_total
from mart
cross join fact
where abs(mart.total - fact.total) > 1e-6 + 1e-9 * abs(fact.total)

{% endtest %}
