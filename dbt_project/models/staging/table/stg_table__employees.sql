with

source as (
    select * from {{ source('raw', 'table__employees') }}
),

current_rows as (
    {{ current_rows('source', [
        'employee_id', 'spell_no', 'application_id', 'full_name', 'kana', 'email',
        'birth_date', 'department', 'hire_date', 'last_date', 'termination_type',
        'reason_label',
    ]) }}
),

final as (
    select
        source,
        employee_id,
        try_cast(spell_no as bigint) as spell_no,
        application_id,
        full_name,
        kana,
        email,
        {{ to_date('birth_date') }} as birth_date,
        department,
        {{ to_date('hire_date') }} as hire_date,
        {{ to_date('last_date') }} as last_date,
        lower(termination_type) as termination_type,
        reason_label,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
