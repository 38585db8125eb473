{# Whose application a row names. A roster, a cost sheet or a mailbox names applications of the ATS,
   which is another source: the row's own source first, else the only source that has that id. NULL
   where no application has it, or more than one source does. Needs the joins below. #}
{% macro application_source() -%}
    coalesce(own_application.source, sole_application.source)
{%- endmacro %}

{% macro join_application(relation) -%}
    left join {{ ref('int_applications') }} as own_application
        on
            {{ relation }}.source = own_application.source
            and {{ relation }}.application_id = own_application.application_id
    left join {{ ref('int_sole_applications') }} as sole_application
        on {{ relation }}.application_id = sole_application.application_id
{%- endmacro %}
