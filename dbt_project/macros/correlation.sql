{# Pearson's r from sums of products about the means, and its 95 % bounds by Fisher's z: tanh(atanh r ∓ z / √(n − 3)).
   R. A. Fisher, Metron 1 (1921) 3–32. r is NULL where n < 3 or either side does not vary (its squares sum to less
   than 1e-12: shares between 0 and 1 that differ do so by more); the bounds are NULL where n < 4 or |r| = 1. #}
{% macro pearson(n, xy, xx, yy) -%}
    case
        when {{ n }} >= 3 and {{ xx }} > 1e-12 and {{ yy }} > 1e-12
            then greatest(-1.0, least(1.0, {{ xy }} / sqrt({{ xx }} * {{ yy }})))
    end
{%- endmacro %}

{% macro fisher_bound(r, n, sign) -%}
    case
        when {{ n }} > 3 and abs({{ r }}) < 1
            then
                tanh(
                    0.5 * ln((1 + {{ r }}) / (1 - {{ r }}))
                    {{ sign }} {{ z_95() }} / sqrt(cast({{ n }} as double) - 3)
                )
    end
{%- endmacro %}
