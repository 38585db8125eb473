with

applications as (
    {{ unite('applications', [
        'source', 'application_id', 'candidate_id', 'job_id', 'channel_label', 'is_prospect',
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
    left join labels as status on applications.status_label = status.label
    left join labels as stage on applications.current_stage_label = stage.label
    left join words as outcome
        on applications.outcome = outcome.label and outcome.field = 'outcome'
    left join words as basis
        on applications.applied_at_basis = basis.label and basis.field = 'applied_at_basis'
    left join words as closed_by
        on applications.closed_by = closed_by.label and closed_by.field = 'closed_by'
),

final as (
    select
        source,
        application_id,
        candidate_id,
        person_id,
        job_source,
        job_id,
        channel_id,
        is_prospect,
        is_prospect or outcome in ('duplicate', 'not_considered') as is_excluded,
        applied_at,
        applied_precision,
        applied_at_basis,
        outcome,
        case when outcome <> 'open' then closed_at end as closed_at,
        case when outcome <> 'open' then closed_by end as closed_by,
        current_stage_key,
        current_stage_order,
        updated_at
    from resolved
)

select * from final
