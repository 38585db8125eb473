with

applications as (
    {{ unite('applications', [
        'source', 'application_id', 'candidate_id', 'job_id', 'channel_label', 'agency_label', 'is_prospect',
        'applied_at', 'applied_precision', 'applied_at_basis', 'status_label', 'outcome', 'closed_at',
        'closed_by', 'current_stage_label', 'updated_at',
    ]) }}
),

labels as (
    select * from {{ ref('int_labels') }}
),

persons as (
    select * from {{ ref('stg_identity__person_xref') }}
),

words as (
    select * from {{ ref('words') }}
),

jobs as (
    select
        source,
        job_id
    from {{ ref('int_jobs') }}
),

sole_jobs as (
    select
        job_id,
        min(source) as source
    from jobs
    group by job_id
    having count(*) = 1
),

channels as (
    select * from {{ ref('channels') }}
),

resolved as (
    select
        applications.source,
        applications.application_id,
        applications.candidate_id,
        persons.person_id,
        -- Jobs may be kept apart from the ATS: another source's job where it alone has that id.
        case
            when applications.job_id is not null
                then coalesce(jobs.source, sole_jobs.source, applications.source)
        end as job_source,
        applications.job_id,
        coalesce(channel.channel_id, lower(applications.channel_label), 'unknown') as channel_id,
        channels.channel_id is not null as is_known_channel,
        coalesce(agency.folded, lower(applications.agency_label)) as agency,
        coalesce(applications.is_prospect, false) as is_prospect,
        applications.applied_at,
        applications.applied_precision,
        coalesce(basis.word, 'ats') as applied_at_basis,
        coalesce(outcome.word, status.outcome, 'open') as outcome,
        applications.closed_at,
        coalesce(closed_by.word, 'unknown') as closed_by,
        coalesce(stage.stage_key, lower(applications.current_stage_label)) as current_stage_key,
        stage.stage_order as current_stage_order,
        applications.updated_at
    from applications
    left join persons
        on
            applications.source = persons.source
            -- Without a candidate the application is a person of its own, so named in the xref.
            and coalesce(applications.candidate_id, 'application|' || applications.application_id)
            = persons.candidate_id
    left join jobs
        on applications.source = jobs.source and applications.job_id = jobs.job_id
    left join sole_jobs on applications.job_id = sole_jobs.job_id
    left join labels as channel on applications.channel_label = channel.label
    left join channels on channel.channel_id = channels.channel_id
    left join labels as agency on applications.agency_label = agency.label
    left join labels as status on applications.status_label = status.label
    left join labels as stage on applications.current_stage_label = stage.label
    left join words as outcome
        on applications.outcome = outcome.label and outcome.field = 'outcome'
    left join words as basis
        on applications.applied_at_basis = basis.label and basis.field = 'applied_at_basis'
    left join words as closed_by
        on applications.closed_by = closed_by.label and closed_by.field = 'closed_by'
),

-- A medium's notice and the ATS's own record tell of one application: one person's, of one day,
-- through the same medium where both name one. An ATS that dates by import may be days late.
-- Two records of one source are two applications: that source keeps them apart itself.
recorded as (
    select
        notices.source,
        notices.application_id,
        records.source as record_source,
        records.application_id as record_id,
        notices.applied_at,
        notices.applied_precision,
        records.applied_at_basis = 'ingested' as is_better_dated
    from resolved as notices
    inner join resolved as records
        on
            notices.person_id = records.person_id
            and notices.source <> records.source
            and records.applied_at_basis <> 'mail'
            and not (
                notices.is_known_channel
                and records.is_known_channel
                and notices.channel_id <> records.channel_id
            )
            and {{ whole_days(local_date('notices.applied_at'), local_date('records.applied_at')) }}
            between 0 and case
                when records.applied_at_basis = 'ingested' then {{ var('notice_days') }} else 0
            end
    where notices.applied_at_basis = 'mail'
    qualify
        row_number() over (
            partition by notices.source, notices.application_id
            order by
                case when notices.channel_id = records.channel_id then 0 else 1 end asc,
                records.applied_at asc,
                records.application_id asc,
                records.source asc
        ) = 1
),

dated as (
    select
        record_source,
        record_id,
        applied_at,
        applied_precision
    from recorded
    where is_better_dated
    qualify
        row_number() over (
            partition by record_source, record_id
            order by applied_at asc, application_id asc, source asc
        ) = 1
),

final as (
    select
        resolved.source,
        resolved.application_id,
        resolved.candidate_id,
        resolved.person_id,
        resolved.job_source,
        resolved.job_id,
        resolved.channel_id,
        resolved.agency,
        resolved.is_prospect,
        resolved.is_prospect
        or resolved.outcome in ('duplicate', 'not_considered') as is_excluded,
        coalesce(dated.applied_at, resolved.applied_at) as applied_at,
        coalesce(dated.applied_precision, resolved.applied_precision) as applied_precision,
        case
            when dated.record_id is not null then 'mail' else resolved.applied_at_basis
        end as applied_at_basis,
        resolved.outcome,
        case when resolved.outcome <> 'open' then resolved.closed_at end as closed_at,
        case when resolved.outcome <> 'open' then resolved.closed_by end as closed_by,
        resolved.current_stage_key,
        resolved.current_stage_order,
        resolved.updated_at
    from resolved
    left join dated
        on
            resolved.source = dated.record_source
            and resolved.application_id = dated.record_id
    left join recorded
        on
            resolved.source = recorded.source
            and resolved.application_id = recorded.application_id
    where recorded.application_id is null
)

select * from final
