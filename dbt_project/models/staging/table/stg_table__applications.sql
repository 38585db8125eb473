with

source as (
    select * from {{ source('raw', 'table__applications') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('application_id', 'id') }},
        {{ field('candidate_id', 'id') }},
        {{ field('job_id', 'id') }},
        {{ field('channel_label', 'text') }},
        {{ field('agency_label', 'text') }},
        {{ field('referrer_label', 'text') }},
        {{ field('is_prospect', 'flag') }},
        {{ field('applied_at', 'at') }},
        {{ precision_of('applied_at') }} as applied_precision,
        {{ field('applied_at_basis', 'word') }},
        {{ field('status_label', 'text') }},
        {{ field('outcome', 'word') }},
        {{ field('closed_at', 'at') }},
        {{ precision_of('closed_at') }} as closed_precision,
        {{ field('closed_by', 'word') }},
        {{ field('current_stage_label', 'text') }},
        {{ field('updated_at', 'at') }},
        {{ precision_of('updated_at') }} as updated_precision,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
