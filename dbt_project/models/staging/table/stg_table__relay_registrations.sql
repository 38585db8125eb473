with

source as (
    select * from {{ source('raw', 'table__relay_registrations') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('registration_id', 'id') }},
        {{ field('token', 'text') }},
        {{ field('email', 'text') }},
        {{ field('email_hash', 'text') }},
        {{ field('registered_at', 'at') }},
        {{ precision_of('registered_at') }} as registered_precision,
        {{ field('status', 'word') }},
        {{ field('status_at', 'at') }},
        {{ precision_of('status_at') }} as status_precision,
        {{ field('outcome_elsewhere', 'text') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
