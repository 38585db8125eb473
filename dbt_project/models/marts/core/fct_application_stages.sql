with

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

visits as (
    select * from {{ ref('fct_stage_visits') }}
    where not is_accidental
),

stages as (
    select
        source,
        application_id,
        stage_key,
        stage_order,
        min(entered_at) as first_entered_at,
        max(entered_at) as last_entered_at,
        max_by(exit_type, visit_no) as last_exit_type,
        count(*) as n_visits
    from visits
    group by source, application_id, stage_key, stage_order
),

-- Entries of higher stages at or after the first visit.
climbs as (
    select
        stages.source,
        stages.application_id,
        stages.stage_key,
        min(visits.entered_at) as first_climb_at,
        max(visits.entered_at) as last_climb_at
    from stages
    inner join visits
        on
            stages.source = visits.source
            and stages.application_id = visits.application_id
            and stages.stage_order < visits.stage_order
            and stages.first_entered_at <= visits.entered_at
    group by stages.source, stages.application_id, stages.stage_key
),

joined as (
    select
        stages.source,
        stages.application_id,
        stages.stage_key,
        stages.stage_order,
        stages.n_visits,
        stages.first_entered_at,
        stages.last_entered_at,
        applications.applied_month,
        applications.job_family,
        applications.department,
        applications.channel_id,
        applications.hiring_type,
        -- From accepted (80) on, and in a stage without a place, only a hire goes further.
        case
            when stages.last_exit_type = 'exempt' then 'exempt'
            when applications.outcome = 'hired' then 'advanced'
            when
                stages.stage_order < 80
                and (
                    climbs.last_climb_at >= stages.last_entered_at
                    or applications.accepted_at is not null
                )
                then 'advanced'
            when applications.outcome = 'rejected' then 'rejected'
            when applications.outcome in ('withdrawn', 'offer_declined') then 'withdrawn'
            else 'open'
        end as fate,
        coalesce(
            stages.stage_order < 80
            and stages.last_exit_type <> 'exempt'
            and (
                applications.accepted_at is null
                or applications.accepted_at >= stages.first_entered_at
            ),
            false
        ) as is_on_curve,
        case
            when stages.stage_order < 80 then least(climbs.first_climb_at, applications.accepted_at)
        end as advanced_at,
        case when applications.outcome = 'rejected' then applications.closed_at end as rejected_at,
        case
            when applications.outcome in ('withdrawn', 'offer_declined') then applications.closed_at
        end as withdrawn_at,
        parameters.as_of_at
    from stages
    inner join applications
        on
            stages.source = applications.source
            and stages.application_id = applications.application_id
    left join climbs
        on
            stages.source = climbs.source
            and stages.application_id = climbs.application_id
            and stages.stage_key = climbs.stage_key
    cross join parameters
),

ended as (
    select
        *,
        -- Who went on went on, though a closing given as a day alone may lie hours before it.
        case
            when advanced_at is not null then 'advance'
            when rejected_at is not null then 'reject'
            when withdrawn_at is not null then 'withdraw'
            else 'censored'
        end as first_event,
        coalesce(advanced_at, rejected_at, withdrawn_at, as_of_at) as first_event_at
    from joined
),

final as (
    select
        source,
        application_id,
        stage_key,
        stage_order,
        n_visits,
        first_entered_at,
        last_entered_at,
        applied_month,
        job_family,
        department,
        channel_id,
        hiring_type,
        fate,
        is_on_curve,
        first_event,
        greatest(0.0, {{ elapsed_days('first_entered_at', 'first_event_at') }})
            as days_to_first_event
    from ended
)

select * from final
