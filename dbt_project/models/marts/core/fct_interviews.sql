with

interviews as (
    select * from {{ ref('int_interviews') }}
),

final as (
    select
        source,
        interview_id,
        application_source,
        case when application_source is not null then application_id end as application_id,
        stage_key,
        stage_order,
        scheduled_at,
        held_at,
        status
    from interviews
)

select * from final
