with

messages as (
    select * from {{ ref('int_messages') }}
),

final as (
    select
        source,
        message_id,
        direction,
        kind,
        sent_at,
        {{ local_date('sent_at') }} as sent_date,
        relay_url_present,
        relay_token,
        delivery,
        delivery <> 'bounced' as is_delivered,
        application_source,
        case when application_source is not null then application_id end as application_id,
        application_basis
    from messages
)

select * from final
