with

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

visits as (
    select * from {{ ref('fct_stage_visits') }}
    where not is_accidental
),

interviews as (
    select * from {{ ref('fct_interviews') }}
    where status = 'held'
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

first_applied as (
    select
        source,
        application_id,
        min(visit_no) as visit_no
    from visits
    where stage_key = 'applied'
    group by source, application_id
),

-- To have applied is no change of stage; to be put back to `applied` is one.
changes as (
    select visits.*
    from visits
    anti join first_applied
        on
            visits.source = first_applied.source
            and visits.application_id = first_applied.application_id
            and visits.visit_no = first_applied.visit_no
),

events as (
    select
        'applied' as basis,
        'applied' as stage_key,
        cast(0 as bigint) as stage_order,
        source,
        application_id,
        person_id,
        applied_at as event_at,
        false as is_snapshot
    from applications
    union all
    select
        'stage_changed' as basis,
        changes.stage_key,
        changes.stage_order,
        applications.source,
        applications.application_id,
        applications.person_id,
        changes.entered_at as event_at,
        coalesce(changes.precision = 'snapshot', false) as is_snapshot
    from changes
    inner join applications
        on
            changes.source = applications.source
            and changes.application_id = applications.application_id
    union all
    select
        'held' as basis,
        interviews.stage_key,
        interviews.stage_order,
        applications.source,
        applications.application_id,
        applications.person_id,
        coalesce(interviews.held_at, interviews.scheduled_at) as event_at,
        false as is_snapshot
    from interviews
    inner join applications
        on
            interviews.application_source = applications.source
            and interviews.application_id = applications.application_id
),

final as (
    select
        cast(date_trunc('month', {{ to_local('events.event_at') }}) as date) as event_month,
        events.stage_key,
        events.stage_order,
        events.basis,
        parameters.as_of_date,
        count(*) as n_events,
        count(distinct concat_ws('|', events.source, events.application_id)) as n_applications,
        count(distinct events.person_id) as n_persons,
        count(*) filter (where events.is_snapshot) as n_snapshot
    from events
    cross join parameters
    group by
        cast(date_trunc('month', {{ to_local('events.event_at') }}) as date),
        events.stage_key,
        events.stage_order,
        events.basis,
        parameters.as_of_date
)

select * from final
