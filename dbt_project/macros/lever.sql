{# How a Lever opportunity ended. An archive reason is `hired` or not by its type; who said no is told by its
   text alone, of which Lever ships Withdrew and Offer declined. #}
{% macro lever_outcome(label, kind, archived_at) -%}
    case
        when {{ archived_at }} is null and {{ label }} is null then 'open'
        when {{ kind }} = 'hired' or lower({{ label }}) = 'hired' then 'hired'
        when lower({{ label }}) like '%offer%' and lower({{ label }}) like '%declin%' then 'offer_declined'
        when lower({{ label }}) like '%withdr%' then 'withdrawn'
        when lower({{ label }}) like '%duplicate%' then 'duplicate'
        else 'rejected'
    end
{%- endmacro %}

{# The current records of a Lever stream but for those of opportunities that Lever says were deleted. `opportunity`: the
   column with their id. #}
{% macro lever_remaining(stream, opportunity='parent_id') -%}
    select current_ones.*
    from ({{ current_records('lever', stream) }}) as current_ones
    anti join ({{ current_records('lever', 'deleted_opportunities') }}) as deleted
        on
            current_ones.source = deleted.source
            and current_ones.{{ opportunity }} = deleted.id
{%- endmacro %}
