{# How an application ended: of `applications`, `rejection_details` and `rejection_reasons`, the application with
   its reason and the type of it. Who said no is told by that type. #}
{% macro greenhouse_judged() -%}
    select
        applications.*,
        coalesce(
            {{ text_at('name', 'rejection_reasons.record') }},
            {{ text_at('rejection_reason.name', 'applications.record') }}
        ) as reason_label,
        coalesce(
            {{ text_at('type.key', 'rejection_reasons.record') }},
            upper({{ text_at('type.name', 'rejection_reasons.record') }}),
            upper({{ text_at('rejection_reason.type.name', 'applications.record') }})
        ) as reason_type,
        lower({{ text_at('status', 'applications.record') }}) as status
    from applications
    left join rejection_details
        on
            applications.source = rejection_details.source
            and applications.id = {{ text_at('application_id', 'rejection_details.record') }}
    left join rejection_reasons
        on
            applications.source = rejection_reasons.source
            and {{ text_at('rejection_reason_id', 'rejection_details.record') }}
            = rejection_reasons.id
    -- An application rejected twice keeps the later details.
    qualify
        row_number() over (
            partition by applications.source, applications.id
            order by
                {{ moment_at('updated_at', 'rejection_details.record') }} desc nulls last,
                rejection_details.id desc
        ) = 1
{%- endmacro %}
