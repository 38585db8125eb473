{%- set dated_stages = [
    'document', 'casual', 'test', 'interview_1', 'interview_2', 'interview_3', 'interview_final', 'offer',
    'joined',
] -%}

with

applications as (
    select * from {{ ref('int_applications') }}
),

stages as (
    select * from {{ ref('stages') }}
),

visits as (
    select * from {{ ref('int_stage_visits') }}
    where not is_accidental
),

offers as (
    select * from {{ ref('int_offers') }}
    where application_source is not null
),

visited as (
    select
        source,
        application_id,
        max(stage_order) as highest_order,
        max_by(stage_key, visit_no) as last_stage_key,
        min(entered_at) filter (where stage_key = 'accepted') as accepted_at,
        {%- for stage in dated_stages %}
        min(entered_at) filter (where stage_key = '{{ stage }}') as {{ stage }}_at,
        {%- endfor %}
        max(entered_at) as last_entered_at
    from visits
    group by source, application_id
),

-- Where every visit was a slip, the application still closes when the last one began.
last_entries as (
    select
        source,
        application_id,
        max(entered_at) as last_entered_at
    from {{ ref('int_stage_visits') }}
    where is_accidental
    group by source, application_id
),

sent_offers as (
    select distinct
        application_source as source,
        application_id
    from offers
    where is_sent
),

accepted_offers as (
    select
        application_source as source,
        application_id,
        resolved_at
    from offers
    where status = 'accepted' and resolved_at is not null
    qualify
        row_number() over (
            partition by application_source, application_id
            order by version desc, offer_id desc, source desc
        ) = 1
),

joined as (
    select
        applications.source,
        applications.application_id,
        applications.person_id,
        applications.outcome,
        applications.applied_at,
        case
            when applications.outcome = 'open' then null
            else coalesce(
                applications.closed_at, visited.last_entered_at, last_entries.last_entered_at
            )
        end as closed_at,
        visited.last_stage_key,
        greatest(
            visited.highest_order,
            case when sent_offers.application_id is not null then 70 end,
            case when applications.outcome = 'hired' then 80 end
        ) as reached_stage_order,
        visited.accepted_at as accepted_stage_at,
        {%- for stage in dated_stages %}
        visited.{{ stage }}_at,
        {%- endfor %}
        accepted_offers.resolved_at as accepted_offer_at
    from applications
    left join visited
        on
            applications.source = visited.source
            and applications.application_id = visited.application_id
    left join last_entries
        on
            applications.source = last_entries.source
            and applications.application_id = last_entries.application_id
    left join sent_offers
        on
            applications.source = sent_offers.source
            and applications.application_id = sent_offers.application_id
    left join accepted_offers
        on
            applications.source = accepted_offers.source
            and applications.application_id = accepted_offers.application_id
),

final as (
    select
        joined.source,
        joined.application_id,
        joined.person_id,
        joined.outcome,
        joined.applied_at,
        joined.closed_at,
        case when joined.closed_at is not null then joined.last_stage_key end as closed_stage_key,
        stages.stage_key as reached_stage_key,
        joined.reached_stage_order,
        {%- for stage in dated_stages %}
        joined.{{ stage }}_at,
        {%- endfor %}
        coalesce(
            joined.accepted_stage_at,
            joined.accepted_offer_at,
            case when joined.outcome = 'hired' then joined.closed_at end
        ) as accepted_at
    from joined
    left join stages on joined.reached_stage_order = stages.stage_order
)

select * from final
