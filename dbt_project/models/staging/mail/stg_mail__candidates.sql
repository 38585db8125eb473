with

source as (
    select * from {{ source('raw', 'mail__candidates') }}
),

current_rows as (
    {{ current_rows('source', [
        'candidate_id', 'full_name', 'family_name', 'given_name', 'kana', 'email', 'phone',
        'birth_date', 'created_at', 'is_anonymised',
    ]) }}
),

final as (
    select
        source,
        candidate_id,
        full_name,
        family_name,
        given_name,
        kana,
        email,
        phone,
        {{ to_date('birth_date') }} as birth_date,
        {{ to_utc('created_at') }} as created_at,
        {{ precision_of('created_at') }} as created_precision,
        {{ to_flag('is_anonymised') }} as is_anonymised,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
