-- For retention: one subject = one employee (source, employee_id) with is_first_spell and not
-- is_excluded and hire_date <= as_of_date; its time = last_date - hire_date in days, censored at
-- as_of_date where last_date is NULL or later. Its member of a dimension is that of the application
-- named by first_application_source and first_application_id, `unknown` where there is none. Later
-- spells carry the same first_ columns, for n_rehired.
with

employees as (
    select * from {{ ref('int_employees') }}
),

applications as (
    select * from {{ ref('int_applications') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by source, employee_id
            order by hire_date asc nulls last, spell_no asc
        ) as hire_seq,
        -- A person may come back under another number of the roster: spells are followed by person.
        lag(source) over (
            partition by coalesce(person_id, source || '|' || employee_id)
            order by hire_date asc nulls last, source asc, employee_id asc, spell_no asc
        ) as prev_source,
        lag(termination_type) over (
            partition by coalesce(person_id, source || '|' || employee_id)
            order by hire_date asc nulls last, source asc, employee_id asc, spell_no asc
        ) as prev_termination_type
    from employees
),

first_spells as (
    select
        ranked.source,
        ranked.employee_id,
        ranked.hire_date as first_hire_date,
        ranked.application_source as first_application_source,
        ranked.application_id as first_application_id,
        applications.outcome as first_outcome
    from ranked
    left join applications
        on
            ranked.application_source = applications.source
            and ranked.application_id = applications.application_id
    where ranked.hire_seq = 1
),

final as (
    select
        ranked.source,
        ranked.employee_id,
        ranked.spell_no,
        ranked.hire_seq = 1 as is_first_spell,
        case
            when ranked.prev_source is null then 'hire'
            when ranked.prev_termination_type = 'transfer' then 'transfer'
            else 'rehire'
        end as spell_kind,
        ranked.person_id,
        ranked.application_source,
        case
            when ranked.application_source is not null then ranked.application_id
        end as application_id,
        ranked.department,
        ranked.hire_date,
        ranked.last_date,
        ranked.termination_type,
        ranked.reason_key,
        first_spells.first_hire_date,
        first_spells.first_application_source,
        case
            when first_spells.first_application_source is not null
                then first_spells.first_application_id
        end as first_application_id,
        -- Somebody who accepted and never came is no leaver of day 0.
        coalesce(first_spells.first_outcome <> 'hired', false) as is_excluded
    from ranked
    inner join first_spells
        on
            ranked.source = first_spells.source
            and ranked.employee_id = first_spells.employee_id
)

select * from final
