with

applications as (
    {{ current_records('ashby', 'applications') }}
),

offers as (
    {{ current_records('ashby', 'offers') }}
),

offered as (
    select distinct
        source,
        {{ text_at('applicationId') }} as application_id
    from offers
),

-- Who said no is told by the reason's type; after an offer, their no declines it.
judged as (
    {{ ashby_judged() }}
),

final as (
    select
        {{ emit('applications', {
            'application_id': 'id',
            'candidate_id': 'coalesce(' ~ text_at('candidate.id') ~ ', ' ~ text_at('candidateId') ~ ')',
            'job_id': 'coalesce(' ~ text_at('job.id') ~ ', ' ~ text_at('jobId') ~ ')',
            'channel_label': text_at('source.title'),
            'is_prospect': 'coalesce(' ~ text_at('status') ~ " = 'Lead', false)",
            'applied_at': moment_at('createdAt'),
            'applied_at_basis': "'ats'",
            'status_label': 'coalesce(reason_label, stage_label)',
            'outcome': 'outcome',
            'closed_at': "case when outcome <> 'open' then " ~ moment_at('archivedAt') ~ ' end',
            'closed_by': "case when outcome in ('rejected', 'hired') then 'company'"
                ~ " when outcome <> 'open' then 'candidate' end",
            'current_stage_label': 'stage_label',
            'updated_at': moment_at('updatedAt'),
        }) }}
    from judged
)

select * from final
