with

candidates as (
    {{ current_records('ashby', 'candidates') }}
),

final as (
    select
        {{ emit('candidates', {
            'candidate_id': 'id',
            'full_name': text_at('name'),
            'email': 'coalesce(' ~ joined_at('emailAddresses[*].value') ~ ', ' ~ text_at('primaryEmailAddress.value') ~ ')',
            'phone': 'coalesce(' ~ joined_at('phoneNumbers[*].value') ~ ', ' ~ text_at('primaryPhoneNumber.value') ~ ')',
            'created_at': moment_at('createdAt'),
        }) }}
    from candidates
)

select * from final
