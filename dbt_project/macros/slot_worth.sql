{# What a used slot of the relay is worth, yen: the terms' fixed value, else, for a hire, the fee saved;
   0 where neither is known. #}
{% macro slot_worth(terms, offers) -%}
    coalesce(
        {{ terms }}.slot_value,
        case
            when {{ terms }}.slot_kind = 'hire'
                then
                    {{ terms }}.fee_rate
                    * coalesce({{ offers }}.annual_salary, {{ terms }}.typical_salary)
        end,
        0.0
    )
{%- endmacro %}
