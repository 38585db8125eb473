{# Canonical text of a point in time → TIMESTAMP in UTC. `YYYY-MM-DD` is that day's local midnight;
   a time without `Z` or an offset is in the company's time zone. Anything else gives NULL. #}
{% macro to_utc(value) -%}
    {{ return(adapter.dispatch('to_utc')(value)) }}
{%- endmacro %}

{% macro default__to_utc(value) -%}
    case
        when regexp_matches({{ value }}, '(Z|[+-][0-9]{2}:?[0-9]{2})$')
            then timezone('UTC', try_cast({{ value }} as timestamptz))
        else timezone('UTC', timezone('{{ var("timezone") }}', try_cast({{ value }} as timestamp)))
    end
{%- endmacro %}

{% macro spark__to_utc(value) -%}
    case
        when {{ value }} rlike '(Z|[+-][0-9]{2}:?[0-9]{2})$'
            then try_cast({{ value }} as timestamp)
        else to_utc_timestamp(try_cast({{ value }} as timestamp), '{{ var("timezone") }}')
    end
{%- endmacro %}

{# TIMESTAMP in UTC → TIMESTAMP on the company's wall clock. #}
{% macro to_local(at) -%}
    {{ return(adapter.dispatch('to_local')(at)) }}
{%- endmacro %}

{% macro default__to_local(at) -%}
    timezone('{{ var("timezone") }}', timezone('UTC', {{ at }}))
{%- endmacro %}

{% macro spark__to_local(at) -%}
    from_utc_timestamp({{ at }}, '{{ var("timezone") }}')
{%- endmacro %}

{# TIMESTAMP in UTC → the day it falls on in the company's time zone. #}
{% macro local_date(at) -%}
    cast({{ to_local(at) }} as date)
{%- endmacro %}

{# DATE → TIMESTAMP in UTC of that day's first moment in the company's time zone. #}
{% macro local_midnight(day) -%}
    {{ return(adapter.dispatch('local_midnight')(day)) }}
{%- endmacro %}

{% macro default__local_midnight(day) -%}
    timezone('UTC', timezone('{{ var("timezone") }}', cast({{ day }} as timestamp)))
{%- endmacro %}

{% macro spark__local_midnight(day) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("timezone") }}')
{%- endmacro %}

{# Elapsed days from a to b as DOUBLE: seconds / 86 400 to the microsecond, never counted midnights. #}
{% macro elapsed_days(a, b) -%}
    {{ return(adapter.dispatch('elapsed_days')(a, b)) }}
{%- endmacro %}

{% macro default__elapsed_days(a, b) -%}
    (cast(epoch_us({{ b }}) - epoch_us({{ a }}) as double) / 86400000000.0)
{%- endmacro %}

{% macro spark__elapsed_days(a, b) -%}
    (cast(unix_micros({{ b }}) - unix_micros({{ a }}) as double) / 86400000000.0D)
{%- endmacro %}

{# Whole days from date a to date b as BIGINT. #}
{% macro whole_days(a, b) -%}
    {{ return(adapter.dispatch('whole_days')(a, b)) }}
{%- endmacro %}

{% macro default__whole_days(a, b) -%}
    (cast({{ b }} as date) - cast({{ a }} as date))
{%- endmacro %}

{% macro spark__whole_days(a, b) -%}
    cast(datediff({{ b }}, {{ a }}) as bigint)
{%- endmacro %}

{# First day of the fiscal year that a DATE falls in; the first month is the variable fiscal_year_start. #}
{% macro fiscal_year_of(day) -%}
    case
        when month({{ day }}) >= {{ var('fiscal_year_start') }} then year({{ day }})
        else year({{ day }}) - 1
    end
{%- endmacro %}

{# First day of the half of the fiscal year (上期, 下期) that a DATE falls in. #}
{% macro fiscal_half_of(day) -%}
    {%- set start = var('fiscal_year_start') | int -%}
    case
        when (month({{ day }}) - {{ start }} + 12) % 12 < 6
            then make_date({{ fiscal_year_of(day) }}, {{ start }}, 1)
        else
            make_date(
                {{ fiscal_year_of(day) }} + {{ 1 if start + 6 > 12 else 0 }},
                {{ (start + 5) % 12 + 1 }},
                1
            )
    end
{%- endmacro %}

{# A stage entered and undone at once: the way out leads back, within the variable accidental_seconds. #}
{% macro is_accidental(exit_type, entered_at, exited_at) -%}
    coalesce(
        {{ exit_type }} = 'back'
        and {{ elapsed_days(entered_at, exited_at) }}
        <= {{ var('accidental_seconds') }} / 86400.0,
        false
    )
{%- endmacro %}
