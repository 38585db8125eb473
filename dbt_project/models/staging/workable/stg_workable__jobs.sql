with

jobs as (
    {{ current_records('workable', 'jobs') }}
),

final as (
    select
        {{ emit('jobs', {
            'job_id': 'id',
            'title': text_at('title'),
            'department': text_at('department'),
            'hiring_type': text_at('employment_type'),
            'status': text_at('state'),
            'opened_date': local_date(moment_at('created_at')),
        }) }}
    from jobs
)

select * from final
