{# How an application ended: of `applications` and `offered`, the application with its reason and outcome. #}
{% macro ashby_judged() -%}
    select
        applications.*,
        {{ text_at('archiveReason.text', 'applications.record') }} as reason_label,
        {{ text_at('archiveReason.reasonType', 'applications.record') }} as reason_type,
        {{ text_at('currentInterviewStage.title', 'applications.record') }} as stage_label,
        case
            when {{ text_at('status', 'applications.record') }} = 'Hired' then 'hired'
            when coalesce({{ text_at('status', 'applications.record') }}, '') <> 'Archived'
                then 'open'
            when
                coalesce({{ text_at('archiveReason.reasonType', 'applications.record') }}, '')
                <> 'RejectedByCandidate'
                then 'rejected'
            when offered.application_id is not null then 'offer_declined'
            else 'withdrawn'
        end as outcome
    from applications
    left join offered
        on applications.source = offered.source and applications.id = offered.application_id
{%- endmacro %}
