with

messages as (
    {{ unite('messages', [
        'source', 'message_id', 'direction', 'sent_at', 'kind', 'relay_url_present', 'relay_token',
        'delivery', 'application_id',
    ]) }}
),

persons as (
    select * from {{ ref('stg_identity__message_xref') }}
),

applications as (
    select * from {{ ref('int_application_progress') }}
),

words as (
    select * from {{ ref('words') }}
),

deliveries as (
    select * from {{ ref('int_message_deliveries') }}
),

referred as (
    select
        messages.source,
        messages.message_id,
        coalesce(direction.word, 'unknown') as direction,
        messages.sent_at,
        coalesce(kind.word, 'other') as kind,
        coalesce(messages.relay_url_present, false) as relay_url_present,
        messages.relay_token,
        coalesce(deliveries.delivery, delivery.word, 'unknown') as delivery,
        {{ application_source() }} as application_source,
        messages.application_id,
        persons.person_id
    from messages
    {{ join_application('messages') }}
    left join persons
        on messages.source = persons.source and messages.message_id = persons.message_id
    left join deliveries
        on
            messages.source = deliveries.source
            and messages.message_id = deliveries.message_id
    left join words as direction
        on messages.direction = direction.label and direction.field = 'direction'
    left join words as kind
        on messages.kind = kind.label and kind.field = 'message_kind'
    left join words as delivery
        on messages.delivery = delivery.label and delivery.field = 'delivery'
    where not coalesce(deliveries.is_merged, false)
),

-- The person's application that the message is about: 1 the one it closed (a rejection), 2 one open
-- when it was sent, 3 any; of several, the nearest closing or the latest.
candidates as (
    select
        referred.source,
        referred.message_id,
        applications.source as application_source,
        applications.application_id,
        applications.applied_at,
        applications.closed_at,
        case
            when referred.kind = 'rejection' and applications.closed_at <= referred.sent_at then 1
            when
                applications.applied_at <= referred.sent_at
                and (applications.closed_at is null or applications.closed_at > referred.sent_at)
                then 2
            else 3
        end as choice
    from referred
    inner join applications on referred.person_id = applications.person_id
    where referred.application_source is null
),

chosen as (
    select * from candidates
    qualify
        row_number() over (
            partition by source, message_id
            order by
                choice asc,
                case when choice = 1 then closed_at end desc nulls last,
                applied_at desc nulls last,
                application_id desc,
                application_source asc
        ) = 1
),

final as (
    select
        referred.source,
        referred.message_id,
        referred.direction,
        referred.sent_at,
        referred.kind,
        referred.relay_url_present,
        referred.relay_token,
        referred.delivery,
        coalesce(referred.application_source, chosen.application_source) as application_source,
        case
            when referred.application_source is not null then referred.application_id
            else chosen.application_id
        end as application_id,
        case
            when referred.application_source is not null then 'given'
            when chosen.choice = 1 then 'closed_before'
            when chosen.choice = 2 then 'open_at'
            when chosen.choice = 3 then 'latest'
            else 'none'
        end as application_basis
    from referred
    left join chosen
        on referred.source = chosen.source and referred.message_id = chosen.message_id
)

select * from final
