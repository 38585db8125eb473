with

visits as (
    select * from {{ ref('int_stage_visits') }}
),

final as (
    select
        source,
        application_id,
        visit_no,
        stage_key,
        stage_order,
        entered_after,
        entered_at,
        exited_at,
        exit_type,
        days,
        precision,
        is_accidental
    from visits
)

select * from final
