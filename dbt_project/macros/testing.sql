{# Two-sided p of a standard normal z: erfc(|z| / √2) by Chebyshev fitting, relative error below 1.2e-7 everywhere.
   W. H. Press et al., Numerical Recipes (1992), 6.2. Neither engine has erf. #}
{% macro two_sided_p(z) -%}
    {%- set x = '(abs(' ~ z ~ ') / sqrt(cast(2 as double)))' -%}
    {%- set t = '(1 / (1 + 0.5 * ' ~ x ~ '))' -%}
    {%- set chain = namespace(sql='0.17087277') -%}
    {%- for c in [
        '-0.82215223', '1.48851587', '-1.13520398', '0.27886807', '-0.18628806', '0.09678418', '0.37409196',
        '1.00002368', '-1.26551223',
    ] -%}
        {%- set chain.sql = '(' ~ c ~ ' + ' ~ t ~ ' * ' ~ chain.sql ~ ')' -%}
    {%- endfor -%}
    {{ t }} * exp(-{{ x }} * {{ x }} + {{ chain.sql }})
{%- endmacro %}

{# z of the difference of two shares, k1 of n1 and k2 of n2, by the pooled variance. #}
{% macro two_shares_z(k1, n1, k2, n2) -%}
    (cast({{ k1 }} as double) / {{ n1 }} - cast({{ k2 }} as double) / {{ n2 }})
    / sqrt(
        (cast({{ k1 }} + {{ k2 }} as double) / ({{ n1 }} + {{ n2 }}))
        * (1 - cast({{ k1 }} + {{ k2 }} as double) / ({{ n1 }} + {{ n2 }}))
        * (1 / cast({{ n1 }} as double) + 1 / cast({{ n2 }} as double))
    )
{%- endmacro %}

{# A share as a whole percentage in text. #}
{% macro percent(share) -%}
    cast(cast(round({{ share }} * 100) as bigint) as string)
{%- endmacro %}
