{#- The message that told an applicant of the rejection: the first that arrived. Re-sent ones change nothing.
    source, application_id, relay_url_present: one row an application that was told. -#}
{% macro rejection_notices() -%}
select
    application_source as source,
    application_id,
    relay_url_present
from {{ ref('fct_messages') }}
where
    direction = 'outbound'
    and kind = 'rejection'
    and is_delivered
    and application_id is not null
qualify
    row_number() over (
        partition by application_source, application_id
        order by sent_at asc nulls last, message_id asc, source asc
    ) = 1
{%- endmacro %}
