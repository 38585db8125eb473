with

application_reasons as (
    select * from {{ ref('int_application_reasons') }}
    where application_source is not null and reason_key is not null
),

distinct_reasons as (
    select
        application_source as source,
        application_id,
        reason_key,
        min(ordinal) as ordinal,
        min_by(reason_party, ordinal) as reason_party
    from application_reasons
    group by application_source, application_id, reason_key
),

final as (
    select
        source,
        application_id,
        reason_key,
        ordinal,
        reason_party,
        1.0 / cast(count(*) over (partition by source, application_id) as double) as weight
    from distinct_reasons
)

select * from final
