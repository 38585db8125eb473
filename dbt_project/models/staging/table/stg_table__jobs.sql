with

source as (
    select * from {{ source('raw', 'table__jobs') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('job_id', 'id') }},
        {{ field('title', 'text') }},
        {{ field('job_family', 'text') }},
        {{ field('department', 'text') }},
        {{ field('hiring_type', 'text') }},
        {{ field('status', 'text') }},
        {{ field('opened_date', 'date') }},
        {{ field('closed_date', 'date') }},
        {{ field('openings', 'n') }},
        {{ field('target_start_date', 'date') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
