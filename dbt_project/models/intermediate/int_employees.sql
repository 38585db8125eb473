with

employees as (
    {{ unite('employees', [
        'source', 'employee_id', 'spell_no', 'application_id', 'department', 'hire_date', 'last_date',
        'termination_type', 'reason_label',
    ]) }}
),

persons as (
    select * from {{ ref('stg_identity__employee_xref') }}
),

applications as (
    select * from {{ ref('int_application_progress') }}
),

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

referred as (
    select
        employees.source,
        employees.employee_id,
        employees.spell_no,
        {{ application_source() }} as application_source,
        employees.application_id,
        persons.person_id,
        coalesce(employees.department, 'unknown') as department,
        employees.hire_date,
        employees.last_date,
        case
            when employees.last_date is not null then coalesce(words.word, 'unknown')
        end as termination_type,
        coalesce(labels.reason_key, lower(employees.reason_label)) as reason_key
    from employees
    {{ join_application('employees') }}
    left join persons
        on employees.source = persons.source and employees.employee_id = persons.employee_id
    left join labels on employees.reason_label = labels.label
    left join words
        on employees.termination_type = words.label and words.field = 'termination_type'
),

-- Without an application of its own, a spell belongs to the person's hired application that closed
-- last before the hire date and the {{ var('hire_link_days') }} days after it.
linked as (
    select
        referred.source,
        referred.employee_id,
        referred.spell_no,
        applications.source as application_source,
        applications.application_id
    from referred
    inner join applications on referred.person_id = applications.person_id
    where
        referred.application_source is null
        and applications.outcome = 'hired'
        and applications.closed_at
        < {{ local_midnight("date_add(referred.hire_date, " ~ var('hire_link_days') ~ ")") }}
    qualify
        row_number() over (
            partition by referred.source, referred.employee_id, referred.spell_no
            order by
                applications.closed_at desc,
                applications.application_id asc,
                applications.source asc
        ) = 1
),

final as (
    select
        referred.source,
        referred.employee_id,
        referred.spell_no,
        coalesce(referred.application_source, linked.application_source) as application_source,
        case
            when referred.application_source is not null then referred.application_id
            else linked.application_id
        end as application_id,
        referred.person_id,
        referred.department,
        referred.hire_date,
        referred.last_date,
        referred.termination_type,
        referred.reason_key
    from referred
    left join linked
        on
            referred.source = linked.source
            and referred.employee_id = linked.employee_id
            and referred.spell_no = linked.spell_no
)

select * from final
