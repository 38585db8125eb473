with

source as (
    select * from {{ source('raw', 'mail__applications') }}
),

current_rows as (
    {{ current_rows('source', [
        'application_id', 'candidate_id', 'job_id', 'channel_label', 'agency_label',
        'referrer_label', 'is_prospect', 'applied_at', 'applied_at_basis', 'status_label',
        'outcome', 'closed_at', 'closed_by', 'current_stage_label', 'updated_at',
    ]) }}
),

final as (
    select
        source,
        application_id,
        candidate_id,
        job_id,
        channel_label,
        agency_label,
        referrer_label,
        {{ to_flag('is_prospect') }} as is_prospect,
        {{ to_utc('applied_at') }} as applied_at,
        {{ precision_of('applied_at') }} as applied_precision,
        lower(applied_at_basis) as applied_at_basis,
        status_label,
        lower(outcome) as outcome,
        {{ to_utc('closed_at') }} as closed_at,
        {{ precision_of('closed_at') }} as closed_precision,
        lower(closed_by) as closed_by,
        current_stage_label,
        {{ to_utc('updated_at') }} as updated_at,
        {{ precision_of('updated_at') }} as updated_precision,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
