with

source as (
    select * from {{ source('raw', 'mail__messages') }}
),

current_rows as (
    {{ current_rows('source', [
        'message_id', 'direction', 'from_address', 'to_address', 'subject', 'sent_at', 'kind',
        'relay_url_present', 'relay_token', 'delivery', 'application_id',
    ]) }}
),

typed as (
    select
        source,
        message_id,
        lower(direction) as direction,
        from_address,
        to_address,
        subject,
        {{ to_utc('sent_at') }} as sent_at,
        {{ precision_of('sent_at') }} as sent_precision,
        lower(kind) as kind,
        {{ to_flag('relay_url_present') }} as relay_url_present,
        relay_token,
        lower(delivery) as delivery,
        application_id,
        _extra,
        _extracted_at,
        _load_id
    from current_rows
),

-- A delivery report is a message of its own, often in another mailbox than the message it tells of.
reports as (
    select
        source,
        message_id,
        sent_at,
        {{ json_text('_extra', 'bounced_message_id') }} as bounced_message_id,
        lower({{ json_text('_extra', 'final_recipient') }}) as final_recipient,
        lower({{ json_text('_extra', 'result') }}) as result
    from typed
    where {{ json_text('_extra', 'result') }} is not null
),

-- One that keeps no Message-ID tells of the last message to that address before it: servers give up
-- after 4 to 5 days (RFC 5321, 4.5.4.1).
reports_by_address as (
    select
        typed.message_id as bounced_message_id,
        reports.result
    from reports
    inner join typed
        on
            reports.final_recipient = lower(typed.to_address)
            and reports.sent_at >= typed.sent_at
            and typed.direction = 'outbound'
            and {{ elapsed_days('typed.sent_at', 'reports.sent_at') }} <= {{ var('bounce_days') }}
    where reports.bounced_message_id is null
    qualify
        row_number() over (
            partition by reports.source, reports.message_id
            order by typed.sent_at desc, typed.message_id asc, typed.source asc
        ) = 1
),

results as (
    select
        bounced_message_id,
        result
    from reports
    where bounced_message_id is not null
    union all
    select
        bounced_message_id,
        result
    from reports_by_address
),

-- A bounce is final; a late delivery outweighs the delay told before.
reported as (
    select
        bounced_message_id,
        bool_or(result = 'bounced') as is_bounced,
        bool_or(result = 'delivered') as is_delivered,
        bool_or(result = 'deferred') as is_deferred
    from results
    group by bounced_message_id
),

final as (
    select
        typed.source,
        typed.message_id,
        typed.direction,
        typed.from_address,
        typed.to_address,
        typed.subject,
        typed.sent_at,
        typed.sent_precision,
        typed.kind,
        typed.relay_url_present,
        typed.relay_token,
        case
            when reported.is_bounced then 'bounced'
            when reported.is_delivered then 'delivered'
            when reported.is_deferred then 'deferred'
            else typed.delivery
        end as delivery,
        typed.application_id,
        typed._extracted_at,
        typed._load_id
    from typed
    left join reported on typed.message_id = reported.bounced_message_id
)

select * from final
