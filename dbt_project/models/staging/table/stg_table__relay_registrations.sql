with

source as (
    select * from {{ source('raw', 'table__relay_registrations') }}
),

current_rows as (
    {{ current_rows('source', [
        'registration_id', 'token', 'email', 'email_hash', 'registered_at', 'status',
        'status_at', 'outcome_elsewhere',
    ]) }}
),

final as (
    select
        source,
        registration_id,
        token,
        email,
        email_hash,
        {{ to_utc('registered_at') }} as registered_at,
        {{ precision_of('registered_at') }} as registered_precision,
        lower(status) as status,
        {{ to_utc('status_at') }} as status_at,
        {{ precision_of('status_at') }} as status_precision,
        outcome_elsewhere,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
