with

source as (
    select * from {{ source('raw', 'table__candidates') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('candidate_id', 'id') }},
        {{ field('full_name', 'text') }},
        {{ field('family_name', 'text') }},
        {{ field('given_name', 'text') }},
        {{ field('kana', 'text') }},
        {{ field('email', 'list') }},
        {{ field('phone', 'list') }},
        {{ field('birth_date', 'date') }},
        {{ field('created_at', 'at') }},
        {{ precision_of('created_at') }} as created_precision,
        {{ field('is_anonymised', 'flag') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
