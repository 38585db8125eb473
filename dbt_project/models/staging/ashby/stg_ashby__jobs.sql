with

jobs as (
    {{ current_records('ashby', 'jobs') }}
),

departments as (
    {{ current_records('ashby', 'departments') }}
),

named as (
    select
        jobs.*,
        {{ text_at('name', 'departments.record') }} as department
    from jobs
    left join departments
        on
            jobs.source = departments.source
            and {{ text_at('departmentId', 'jobs.record') }} = departments.id
),

final as (
    select
        {{ emit('jobs', {
            'job_id': 'id',
            'title': text_at('title'),
            'department': 'department',
            'hiring_type': text_at('employmentType'),
            'status': 'lower(' ~ text_at('status') ~ ')',
            'opened_date': local_date('coalesce(' ~ moment_at('openedAt') ~ ', ' ~ moment_at('createdAt') ~ ')'),
            'closed_date': local_date(moment_at('closedAt')),
        }) }}
    from named
)

select * from final
