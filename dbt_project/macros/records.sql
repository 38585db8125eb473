{# The newest version of every record of an API's stream, with what the loader kept beside it; those that
   were deleted are left out. `connector` is the folder's name, `stream` the resource's. #}
{% macro current_records(connector, stream) -%}
    select
        source,
        id,
        parent_id,
        record,
        _extracted_at,
        _load_id
    from {{ source('raw', connector ~ '__' ~ stream) }}
    qualify
        row_number() over (
            partition by source, _key
            order by _extracted_at desc, _load_id desc, _row_number desc
        ) = 1
        and not _deleted
{%- endmacro %}

{# The columns of an entity from a map field → SQL; what the source does not know is a typed NULL. Times
   come with their precision: an API tells moments, unless the map says otherwise. #}
{% macro emit(entity, known) -%}
    {%- for field, kind in entity_fields()[entity].items() %}
    {{ 'cast(' ~ known.get(field, 'null') ~ ' as ' ~ kind.replace('varchar', 'string') ~ ')' if field != 'source' else 'source' }} as {{ field }},
    {%- if kind == 'timestamp' %}
    cast({{ known.get(
        field.removesuffix('_at') ~ '_precision',
        "case when " ~ known[field] ~ " is not null then 'timestamp' end" if field in known else 'null'
    ) }} as string) as {{ field.removesuffix('_at') }}_precision,
    {%- endif %}
    {%- endfor %}
    _extracted_at,
    _load_id
{%- endmacro %}

{# Text at a path of a record: trimmed, blank is NULL. #}
{% macro text_at(path, record='record') -%}
    nullif({{ trim_space(json_text(record, path)) }}, '')
{%- endmacro %}

{# The id of something that is told either by its id alone or as an object with one. #}
{% macro id_at(path, record='record') -%}
    coalesce({{ json_text(record, path ~ '.id') }}, {{ json_text(record, path) }})
{%- endmacro %}

{# A moment at a path: epoch milliseconds, or ISO 8601 → TIMESTAMP in UTC. #}
{% macro moment_at(path, record='record') -%}
    {{ return(adapter.dispatch('moment_at')(path, record)) }}
{%- endmacro %}

{% macro default__moment_at(path, record) -%}
    {%- set value = json_text(record, path) -%}
    case
        when regexp_matches({{ value }}, '^-?[0-9]+$') then epoch_ms(try_cast({{ value }} as bigint))
        else {{ to_utc(value) }}
    end
{%- endmacro %}

{% macro spark__moment_at(path, record) -%}
    {%- set value = json_text(record, path) -%}
    case
        when {{ value }} rlike '^-?[0-9]+$' then timestamp_millis(try_cast({{ value }} as bigint))
        else {{ to_utc(value) }}
    end
{%- endmacro %}

{# The values of a list in a record, joined by `;`; `path` has a `[*]` where the list is. #}
{% macro joined_at(path, record='record') -%}
    {{ return(adapter.dispatch('joined_at')(path, record)) }}
{%- endmacro %}

{% macro default__joined_at(path, record) -%}
    nullif(array_to_string(json_extract_string({{ record }}, '$.{{ path }}'), ';'), '')
{%- endmacro %}

{% macro spark__joined_at(path, record) -%}
    nullif(array_join(from_json(get_json_object({{ record }}, '$.{{ path }}'), 'array<string>'), ';'), '')
{%- endmacro %}

{# One row for each element of a list in a record: the relation's source, id and loader's columns, `element` (JSON) and
   `position`, from 1. A record without the list gives none. #}
{% macro elements(relation, path) -%}
    {{ return(adapter.dispatch('elements')(relation, path)) }}
{%- endmacro %}

{% macro default__elements(relation, path) -%}
    select
        source,
        id,
        unnest(json_extract(record, '$.{{ path }}[*]')) as element,
        generate_subscripts(json_extract(record, '$.{{ path }}[*]'), 1) as position,
        _extracted_at,
        _load_id
    from {{ relation }}
{%- endmacro %}

{% macro spark__elements(relation, path) -%}
    select
        source,
        id,
        element,
        place + 1 as position,
        _extracted_at,
        _load_id
    from {{ relation }}
    lateral view posexplode(from_json(get_json_object(record, '$.{{ path }}'), 'array<string>')) as place, element
{%- endmacro %}
