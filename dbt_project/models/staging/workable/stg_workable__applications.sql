with

candidates as (
    {{ current_records('workable', 'candidates') }}
),

judged as (
    select
        *,
        {{ text_at('disqualification_reason') }} as reason_label,
        case
            when {{ text_at('hired_at') }} is not null then 'hired'
            when {{ text_at('withdrew') }} = 'true' then 'withdrawn'
            when lower({{ text_at('disqualification_reason') }}) like '%offer%declin%'
                then 'offer_declined'
            when lower({{ text_at('disqualification_reason') }}) like '%withdr%' then 'withdrawn'
            when {{ text_at('disqualified') }} = 'true' then 'rejected'
            else 'open'
        end as outcome
    from candidates
),

final as (
    select
        {{ emit('applications', {
            'application_id': 'id',
            'candidate_id': 'id',
            'job_id': text_at('job.shortcode'),
            'channel_label': text_at('domain'),
            'applied_at': moment_at('created_at'),
            'applied_at_basis': "'ats'",
            'status_label': 'coalesce(reason_label, ' ~ text_at('stage') ~ ')',
            'outcome': 'outcome',
            'closed_at': 'coalesce(' ~ moment_at('hired_at') ~ ', ' ~ moment_at('disqualified_at') ~ ')',
            'closed_by': "case when outcome in ('rejected', 'hired') then 'company'"
                ~ " when outcome <> 'open' then 'candidate' end",
            'current_stage_label': text_at('stage'),
            'updated_at': moment_at('updated_at'),
        }) }}
    from judged
)

select * from final
