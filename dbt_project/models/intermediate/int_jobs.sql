with

jobs as (
    {{ unite('jobs', [
        'source', 'job_id', 'title', 'job_family', 'department', 'hiring_type', 'status', 'opened_date',
        'closed_date', 'openings', 'target_start_date',
    ]) }}
),

final as (
    select * from jobs
)

select * from final
