{# The newest version of every row of a change log, its columns as canonical text; rows whose newest
   version is a tombstone are left out. Versions of one file and load differ in row number only, so
   the order is complete. `columns` are the stream's own; source and the loader's columns come along. #}
{% macro current_rows(relation, columns) -%}
    select
        source,
        {%- for column in columns %}
        {{ canonical(column) }} as {{ column }},
        {%- endfor %}
        _extra,
        _extracted_at,
        _load_id
    from {{ relation }}
    qualify
        row_number() over (
            partition by source, _key
            order by _extracted_at desc, _load_id desc, _row_number desc
        ) = 1
        and not _deleted
{%- endmacro %}

{# What a raw column says: what the loader understood where the source's own text is not canonical
   (`_parsed`), else the text itself, trimmed; white space alone is no value. #}
{% macro canonical(name) -%}
    {%- set value = "coalesce(" ~ json_text("_parsed", name) ~ ", " ~ name ~ ")" -%}
    nullif({{ trim_space(value) }}, '')
{%- endmacro %}

{# Canonical text → DATE. A point in time is taken to its day in the company's time zone. #}
{% macro to_date(value) -%}
    case
        when length({{ value }}) <= 10 then try_cast({{ value }} as date)
        else {{ local_date(to_utc(value)) }}
    end
{%- endmacro %}

{# Canonical text → BOOLEAN, NULL where it is neither yes nor no. #}
{% macro to_flag(value) -%}
    case
        when lower({{ value }}) in ('true', '1', 'yes', 'y', 't', '○', '◯', '〇', '有', 'あり', 'はい')
            then true
        when lower({{ value }}) in ('false', '0', 'no', 'n', 'f', '×', '✕', '無', 'なし', 'いいえ')
            then false
    end
{%- endmacro %}

{# How finely a source gave a point in time: `date` for a day alone, else `timestamp`. #}
{% macro precision_of(value) -%}
    case when length({{ value }}) = 10 then 'date' when {{ value }} is not null then 'timestamp' end
{%- endmacro %}
