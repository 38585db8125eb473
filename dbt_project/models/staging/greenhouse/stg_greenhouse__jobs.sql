with

jobs as (
    {{ current_records('greenhouse', 'jobs') }}
),

departments as (
    {{ current_records('greenhouse', 'departments') }}
),

openings as (
    {{ current_records('greenhouse', 'openings') }}
),

seats as (
    select
        source,
        {{ text_at('job_id') }} as job_id,
        count(*) as openings,
        min({{ text_at('target_start_on') }}) as target_start
    from openings
    group by source, {{ text_at('job_id') }}
),

named as (
    select
        jobs.*,
        coalesce(
            {{ text_at('name', 'departments.record') }},
            {{ text_at('departments[0].name', 'jobs.record') }}
        ) as department,
        seats.openings,
        seats.target_start
    from jobs
    left join departments
        on
            jobs.source = departments.source
            and {{ text_at('department_id', 'jobs.record') }} = departments.id
    left join seats
        on jobs.source = seats.source and jobs.id = seats.job_id
    where coalesce({{ text_at('is_template', 'jobs.record') }}, '') <> 'true'
),

final as (
    select
        {{ emit('jobs', {
            'job_id': 'id',
            'title': text_at('name'),
            'department': 'department',
            'status': text_at('status'),
            'opened_date': local_date(moment_at('opened_at')),
            'closed_date': local_date(moment_at('closed_at')),
            'openings': 'openings',
            'target_start_date': to_date('target_start'),
        }) }}
    from named
)

select * from final
