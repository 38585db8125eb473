with

spells as (
    select * from {{ ref('fct_employment_spells') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

started as (
    select
        spells.*,
        parameters.as_of_date,
        -- What is to come has not happened yet.
        case when spells.last_date <= parameters.as_of_date then spells.last_date end as left_date
    from spells
    cross join parameters
    where not spells.is_excluded and spells.hire_date <= parameters.as_of_date
),

rehires as (
    select
        source,
        employee_id,
        count(*) as n_rehired
    from started
    where not is_first_spell
    group by source, employee_id
),

final as (
    select
        started.source,
        started.employee_id,
        started.first_application_source as application_source,
        started.first_application_id as application_id,
        coalesce(applications.channel_id, 'unknown') as channel_id,
        coalesce(applications.job_family, 'unknown') as job_family,
        coalesce(applications.department, 'unknown') as department,
        coalesce(applications.hiring_type, 'unknown') as hiring_type,
        cast(year(started.hire_date) as string) as hire_year,
        started.hire_date,
        cast(
            greatest(
                0,
                {{ whole_days(
                    'started.hire_date', 'coalesce(started.left_date, started.as_of_date)'
                ) }}
            ) as bigint
        ) as days,
        case
            when started.left_date is not null then started.termination_type
        end as termination_type,
        coalesce(
            started.left_date is not null
            and started.termination_type in ('voluntary', 'involuntary', 'unknown'),
            false
        ) as is_event,
        coalesce(rehires.n_rehired, 0) as n_rehired
    from started
    left join applications
        on
            started.first_application_source = applications.source
            and started.first_application_id = applications.application_id
    left join rehires
        on started.source = rehires.source and started.employee_id = rehires.employee_id
    where started.is_first_spell
)

select * from final
