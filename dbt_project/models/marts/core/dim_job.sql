with

jobs as (
    select * from {{ ref('int_jobs') }}
),

applications as (
    select distinct
        job_source as source,
        job_id
    from {{ ref('int_applications') }}
    where job_id is not null
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

united as (
    select
        source,
        job_id,
        title,
        coalesce(job_family, 'unknown') as job_family,
        coalesce(department, 'unknown') as department,
        coalesce(hiring_type, 'unknown') as hiring_type,
        status,
        opened_date,
        closed_date,
        openings,
        target_start_date,
        false as is_gone
    from jobs
    union all
    select
        applications.source,
        applications.job_id,
        cast(null as string) as title,
        'unknown' as job_family,
        'unknown' as department,
        'unknown' as hiring_type,
        cast(null as string) as status,
        cast(null as date) as opened_date,
        cast(null as date) as closed_date,
        cast(null as bigint) as openings,
        cast(null as date) as target_start_date,
        true as is_gone
    from applications
    anti join jobs on applications.source = jobs.source and applications.job_id = jobs.job_id
),

final as (
    select
        united.*,
        cast(date_trunc('month', united.opened_date) as date) as opened_month,
        cast({{ fiscal_year_of('united.opened_date') }} as bigint) as opened_fiscal_year,
        case
            when not united.is_gone
                then coalesce(united.closed_date > parameters.as_of_date, true)
        end as is_open
    from united
    cross join parameters
)

select * from final
