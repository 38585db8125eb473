with

source as (
    select * from {{ source('raw', 'table__jobs') }}
),

current_rows as (
    {{ current_rows('source', [
        'job_id', 'title', 'job_family', 'department', 'hiring_type', 'status',
        'opened_date', 'closed_date', 'openings', 'target_start_date',
    ]) }}
),

final as (
    select
        source,
        job_id,
        title,
        job_family,
        department,
        hiring_type,
        status,
        {{ to_date('opened_date') }} as opened_date,
        {{ to_date('closed_date') }} as closed_date,
        try_cast(openings as bigint) as openings,
        {{ to_date('target_start_date') }} as target_start_date,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
