{# k of n as a share, DOUBLE; NULL where n is 0. #}
{% macro rate(k, n) -%}
    cast({{ k }} as double) / nullif({{ n }}, 0)
{%- endmacro %}

{# Two-sided 95 % of the normal distribution. #}
{% macro z_95() -%}
    cast(1.959964 as double)
{%- endmacro %}

{# Bounds of k of n by Wilson's score at 95 %, exactly 0 and 1 at the ends: p = k / n,
   (p + z² / 2n ∓ z √(p(1 − p) / n + z² / 4n²)) / (1 + z² / n). E. B. Wilson, JASA 22 (1927) 209–212.
   NULL where n is 0, and where k exceeds n: that is a ratio, not a share. #}
{% macro wilson_lo(k, n) -%}
    case
        when {{ n }} = 0 or {{ k }} > {{ n }} then null
        when {{ k }} = 0 then 0.0
        else {{ wilson_bound(k, n, '-') }}
    end
{%- endmacro %}

{% macro wilson_hi(k, n) -%}
    case
        when {{ n }} = 0 or {{ k }} > {{ n }} then null
        when {{ k }} = {{ n }} then 1.0
        else {{ wilson_bound(k, n, '+') }}
    end
{%- endmacro %}

{% macro wilson_bound(k, n, sign) -%}
    {%- set z = z_95() -%}
    {%- set size = 'cast(' ~ n ~ ' as double)' -%}
    {%- set p = '(' ~ rate(k, n) ~ ')' -%}
    ({{ p }} + {{ z }} * {{ z }} / (2 * {{ size }}) {{ sign }} {{ z }} * sqrt(
        {{ p }} * (1 - {{ p }}) / {{ size }} + {{ z }} * {{ z }} / (4 * {{ size }} * {{ size }})
    )) / (1 + {{ z }} * {{ z }} / {{ size }})
{%- endmacro %}

{# A rate and its bounds as three columns of a select list: x, x_lo, x_hi. #}
{% macro rate_with_bounds(name, k, n) -%}
    {{ rate(k, n) }} as {{ name }},
    {{ wilson_lo(k, n) }} as {{ name }}_lo,
    {{ wilson_hi(k, n) }} as {{ name }}_hi
{%- endmacro %}

{# Fewer than this many in the denominator, and a share says little: the bounds of 10 in 20 are 30
   and 70 %. #}
{% macro is_small(n) -%}
    {{ n }} < 20
{%- endmacro %}
