with

opportunities as (
    {{ lever_remaining('opportunities', 'id') }}
),

-- A contact is one person, told anew in each of their opportunities.
contacts as (
    select
        *,
        coalesce({{ id_at('contact') }}, id) as contact_id,
        {{ moment_at('updatedAt') }} as updated_at
    from opportunities
),

created as (
    select
        source,
        contact_id,
        min({{ moment_at('createdAt') }}) as created_at
    from contacts
    group by source, contact_id
),

newest as (
    select *
    from contacts
    qualify
        row_number() over (
            partition by source, contact_id order by updated_at desc nulls last, id desc
        ) = 1
),

joined as (
    select
        newest.*,
        created.created_at
    from newest
    inner join created
        on newest.source = created.source and newest.contact_id = created.contact_id
),

final as (
    select
        {{ emit('candidates', {
            'candidate_id': 'contact_id',
            'full_name': text_at('name'),
            'email': joined_at('emails[*]'),
            'phone': joined_at('phones[*].value'),
            'created_at': 'created_at',
            'is_anonymised': json_text('record', 'isAnonymized'),
        }) }}
    from joined
)

select * from final
