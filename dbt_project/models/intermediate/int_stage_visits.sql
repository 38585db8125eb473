with

applications as (
    select * from {{ ref('int_applications') }}
),

stage_events as (
    select * from {{ ref('int_stage_events') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

events as (
    select
        application_source as source,
        application_id,
        event_id,
        source as event_source,
        stage_key,
        stage_order,
        cast(null as timestamp) as entered_after,
        entered_at,
        exited_at,
        exit_type,
        precision
    from stage_events
    where application_source is not null and entered_at is not null
),

stage_snapshots as (
    select * from {{ ref('int_stage_snapshots') }}
),

eventless as (
    select applications.*
    from applications
    anti join events
        on
            applications.source = events.source
            and applications.application_id = events.application_id
),

-- What successive exports showed: a stage was entered when the source says it last changed, else by
-- the export that first showed it, and not after the end. A stage that none showed is not invented.
seen as (
    select
        eventless.source,
        eventless.application_id,
        stage_snapshots.stage_key,
        stage_snapshots.stage_order,
        case
            when stage_snapshots.n_changes = 1 and eventless.updated_at is not null
                then eventless.updated_at
            else coalesce(
                stage_snapshots.updated_at,
                least(
                    stage_snapshots.seen_at,
                    coalesce(eventless.closed_at, stage_snapshots.seen_at)
                )
            )
        end as entered_at,
        stage_snapshots.entered_after
    from eventless
    inner join stage_snapshots
        on
            eventless.source = stage_snapshots.source
            and eventless.application_id = stage_snapshots.application_id
    -- Where more was seen, an application begins where and when it was made.
    where
        stage_snapshots.change_no > 1
        or stage_snapshots.n_changes = 1
        or stage_snapshots.stage_key <> 'applied'
        or eventless.applied_at is null
),

unseen as (
    select
        eventless.source,
        eventless.application_id,
        eventless.current_stage_key as stage_key,
        eventless.current_stage_order as stage_order,
        eventless.updated_at as entered_at,
        cast(null as timestamp) as entered_after
    from eventless
    anti join stage_snapshots
        on
            eventless.source = stage_snapshots.source
            and eventless.application_id = stage_snapshots.application_id
    where eventless.current_stage_key is not null and eventless.updated_at is not null
),

snapshots as (
    select * from seen
    union all
    select * from unseen
),

given as (
    select * from events
    union all
    select
        source,
        application_id,
        '' as event_id,
        source as event_source,
        stage_key,
        stage_order,
        entered_after,
        entered_at,
        cast(null as timestamp) as exited_at,
        cast(null as string) as exit_type,
        'snapshot' as precision
    from snapshots
),

applied as (
    select
        source,
        application_id
    from given
    where stage_key = 'applied'
),

entries as (
    select * from given
    union all
    select
        applications.source,
        applications.application_id,
        '' as event_id,
        applications.source as event_source,
        'applied' as stage_key,
        0 as stage_order,
        cast(null as timestamp) as entered_after,
        applications.applied_at as entered_at,
        cast(null as timestamp) as exited_at,
        cast(null as string) as exit_type,
        cast(null as string) as precision
    from applications
    anti join applied
        on
            applications.source = applied.source
            and applications.application_id = applied.application_id
    where applications.applied_at is not null
),

numbered as (
    select
        *,
        row_number() over (
            partition by source, application_id
            order by entered_at asc, stage_order asc nulls last, event_id asc, event_source asc
        ) as visit_no,
        lead(entered_at) over (
            partition by source, application_id
            order by entered_at asc, stage_order asc nulls last, event_id asc, event_source asc
        ) as next_entered_at,
        -- The next visit of a stage that has a place in the order: one without is looked past.
        lead(stage_order) over (
            partition by source, application_id, stage_order is null
            order by entered_at asc, stage_order asc nulls last, event_id asc, event_source asc
        ) as next_order,
        count(stage_order) over (
            partition by source, application_id
            order by entered_at asc, stage_order asc nulls last, event_id asc, event_source asc
            rows between 1 following and unbounded following
        ) > 0 as is_followed
    from entries
),

judged as (
    select
        numbered.source,
        numbered.application_id,
        numbered.visit_no,
        numbered.stage_key,
        numbered.stage_order,
        numbered.entered_after,
        numbered.entered_at,
        coalesce(numbered.exited_at, numbered.next_entered_at, applications.closed_at) as exited_at,
        case
            when numbered.exit_type is not null then numbered.exit_type
            -- A stage without a place is neither below nor above what follows it.
            when numbered.stage_order is null and numbered.is_followed then 'transfer'
            when numbered.next_order > numbered.stage_order then 'advance'
            when numbered.next_order <= numbered.stage_order then 'back'
            when applications.outcome = 'rejected' then 'reject'
            when applications.outcome in ('withdrawn', 'offer_declined') then 'withdraw'
            when applications.outcome = 'hired' then 'hire'
            when applications.outcome = 'open' then 'open'
            else 'transfer'
        end as exit_type,
        numbered.precision,
        applications.outcome
    from numbered
    inner join applications
        on
            numbered.source = applications.source
            and numbered.application_id = applications.application_id
),

flagged as (
    select
        *,
        {{ is_accidental('exit_type', 'entered_at', 'exited_at') }} as is_accidental
    from judged
),

-- A terminal application that names no closing time closes when its last real visit began.
unclosed as (
    select
        source,
        application_id,
        coalesce(max(entered_at) filter (where not is_accidental), max(entered_at)) as closed_at
    from flagged
    where outcome <> 'open'
    group by source, application_id
    having bool_or(exited_at is null)
),

ended as (
    select
        flagged.source,
        flagged.application_id,
        flagged.visit_no,
        flagged.stage_key,
        flagged.stage_order,
        flagged.entered_after,
        flagged.entered_at,
        coalesce(flagged.exited_at, unclosed.closed_at) as exited_at,
        flagged.exit_type,
        flagged.precision
    from flagged
    left join unclosed
        on
            flagged.source = unclosed.source
            and flagged.application_id = unclosed.application_id
),

final as (
    select
        ended.source,
        ended.application_id,
        ended.visit_no,
        ended.stage_key,
        ended.stage_order,
        ended.entered_after,
        ended.entered_at,
        ended.exited_at,
        ended.exit_type,
        greatest(
            0.0,
            {{ elapsed_days(
                'ended.entered_at', 'coalesce(ended.exited_at, parameters.as_of_at)'
            ) }}
        ) as days,
        ended.precision,
        -- A last visit that says `back` and got its end only now is judged by that end.
        {{ is_accidental(
            'ended.exit_type', 'ended.entered_at', 'ended.exited_at'
        ) }} as is_accidental
    from ended
    cross join parameters
)

select * from final
