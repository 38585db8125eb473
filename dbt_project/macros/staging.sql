{# The newest version of every row of a change log, rows whose newest version is a tombstone left out.
   Versions of one file and load differ in row number only, so the order is complete. #}
{% macro current_version(relation) -%}
    select *
    from {{ relation }}
    qualify
        row_number() over (
            partition by source, _key
            order by _extracted_at desc, _load_id desc, _row_number desc
        ) = 1
        and not _deleted
{%- endmacro %}

{# The canonical text of a raw column: what the loader understood where the source's own text is not
   canonical (`_parsed`), else the text itself; white space alone is no value. #}
{% macro canonical(name) -%}
    nullif({{ trim_space("coalesce(" ~ json_text("_parsed", name) ~ ", " ~ name ~ ")") }}, '')
{%- endmacro %}

{# One typed column of a staging model. `kind` is the entity field's kind of the data model: id, text,
   word (text of a closed vocabulary: case is folded), at, date, n, num, yen, flag, list. #}
{% macro field(name, kind) -%}
    {%- set value = canonical(name) -%}
    {%- if kind in ('id', 'text', 'list') -%}
        {{ value }}
    {%- elif kind == 'word' -%}
        lower({{ value }})
    {%- elif kind == 'at' -%}
        {{ to_utc(value) }}
    {%- elif kind == 'date' -%}
        case
            when length({{ value }}) = 10 then try_cast({{ value }} as date)
            else {{ local_date(to_utc(value)) }}
        end
    {%- elif kind == 'n' -%}
        try_cast({{ value }} as bigint)
    {%- elif kind == 'num' -%}
        try_cast({{ value }} as double)
    {%- elif kind == 'yen' -%}
        try_cast({{ value }} as decimal(18, 2))
    {%- elif kind == 'flag' -%}
        case
            when lower({{ value }}) in ('true', '1', 'yes', 'y', 't', '○', '◯', '〇', '有', 'あり', 'はい')
                then true
            when lower({{ value }}) in ('false', '0', 'no', 'n', 'f', '×', '✕', '無', 'なし', 'いいえ')
                then false
        end
    {%- else -%}
        {{ exceptions.raise_compiler_error("field " ~ name ~ ": no kind " ~ kind) }}
    {%- endif %} as {{ name }}
{%- endmacro %}

{# How finely a source gave a point in time: `date` for a day alone, else `timestamp`. #}
{% macro precision_of(name) -%}
    {%- set value = canonical(name) -%}
    case when length({{ value }}) = 10 then 'date' when length({{ value }}) > 10 then 'timestamp' end
{%- endmacro %}
