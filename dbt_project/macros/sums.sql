{# A sum of DOUBLE that is the same however many threads add it up: eighteen exact decimal places,
   whatever the order. Two runs over the same data must agree to the last bit. Good up to 10^20. #}
{% macro stable_sum(value) -%}
    cast(sum(cast({{ value }} as decimal(38, 18))) as double)
{%- endmacro %}
