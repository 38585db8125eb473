with

candidates as (
    {{ current_records('workable', 'candidates') }}
),

final as (
    select
        {{ emit('candidates', {
            'candidate_id': 'id',
            'full_name': text_at('name'),
            'family_name': text_at('lastname'),
            'given_name': text_at('firstname'),
            'email': text_at('email'),
            'phone': text_at('phone'),
            'created_at': moment_at('created_at'),
        }) }}
    from candidates
)

select * from final
