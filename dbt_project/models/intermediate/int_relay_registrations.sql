with

relay_registrations as (
    {{ unite('relay_registrations', [
        'source', 'registration_id', 'token', 'registered_at', 'status', 'status_at', 'outcome_elsewhere',
    ]) }}
),

words as (
    select * from {{ ref('words') }}
),

final as (
    select
        relay_registrations.source,
        relay_registrations.registration_id,
        relay_registrations.token,
        relay_registrations.registered_at,
        -- Not yet told, or told in a word that nobody knows: the agency has not settled it.
        coalesce(words.word, 'pending') as status,
        relay_registrations.status_at,
        relay_registrations.outcome_elsewhere is not null as is_offered_elsewhere
    from relay_registrations
    left join words
        on relay_registrations.status = words.label and words.field = 'registration_status'
)

select * from final
