with

candidates as (
    {{ current_records('greenhouse', 'candidates') }}
),

final as (
    select
        {{ emit('candidates', {
            'candidate_id': 'id',
            'full_name': "nullif(concat_ws(' ', " ~ text_at('first_name') ~ ', ' ~ text_at('last_name') ~ "), '')",
            'family_name': text_at('last_name'),
            'given_name': text_at('first_name'),
            'email': joined_at('email_addresses[*].value'),
            'phone': joined_at('phone_numbers[*].value'),
            'created_at': moment_at('created_at'),
            'is_anonymised': "coalesce(" ~ text_at('first_name') ~ ', ' ~ text_at('last_name') ~ ") is null",
        }) }}
    from candidates
)

select * from final
