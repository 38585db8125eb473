with

source as (
    select * from {{ source('raw', 'table__employees') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('employee_id', 'id') }},
        {{ field('spell_no', 'n') }},
        {{ field('application_id', 'id') }},
        {{ field('full_name', 'text') }},
        {{ field('kana', 'text') }},
        {{ field('email', 'list') }},
        {{ field('birth_date', 'date') }},
        {{ field('department', 'text') }},
        {{ field('hire_date', 'date') }},
        {{ field('last_date', 'date') }},
        {{ field('termination_type', 'word') }},
        {{ field('reason_label', 'text') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
