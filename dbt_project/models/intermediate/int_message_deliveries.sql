with

messages as (
    {{ unite('messages', [
        'source', 'message_id', 'direction', 'to_address', 'sent_at', 'kind', 'told_message_id',
        'told_recipient', 'told_result',
    ]) }}
),

-- Mails that share a Message-ID by mistake carry a digest behind #.
addressed as (
    select
        source,
        message_id,
        split_part(message_id, '#', 1) as bare_id,
        direction,
        lower(to_address) as to_address,
        sent_at,
        kind is null and told_message_id is not null as is_log
    from messages
),

-- A delivery report is a message of its own, a line of a log only tells of one; both are often of
-- another source than the message.
reports as (
    select
        source,
        message_id,
        kind is null as is_log,
        sent_at,
        told_message_id,
        split_part(told_message_id, '#', 1) as bare_id,
        told_recipient,
        told_result
    from messages
    where told_result is not null
),

-- Of several with that Message-ID the one to that recipient, else the one whose id it is exactly.
named as (
    select
        reports.source as report_source,
        reports.message_id as report_id,
        reports.is_log,
        reports.told_result,
        addressed.source,
        addressed.message_id
    from reports
    inner join addressed
        on
            reports.bare_id = addressed.bare_id
            and (
                reports.told_recipient = addressed.to_address
                or reports.told_message_id = addressed.message_id
            )
            and (reports.source <> addressed.source or reports.message_id <> addressed.message_id)
            and not (reports.is_log and addressed.is_log)
    qualify
        rank() over (
            partition by reports.source, reports.message_id
            order by
                case when reports.told_recipient = addressed.to_address then 1 else 2 end asc
        ) = 1
),

-- A report that names no message known here tells of the last one to that address before it:
-- servers give up after 4 to 5 days (RFC 5321, 4.5.4.1).
found_by_address as (
    select
        reports.source as report_source,
        reports.message_id as report_id,
        reports.is_log,
        reports.told_result,
        addressed.source,
        addressed.message_id
    from reports
    inner join addressed
        on
            reports.told_recipient = addressed.to_address
            and reports.sent_at >= addressed.sent_at
            and addressed.direction = 'outbound'
            and {{ elapsed_days('addressed.sent_at', 'reports.sent_at') }}
            <= {{ var('bounce_days') }}
    left join named
        on reports.source = named.report_source and reports.message_id = named.report_id
    where named.report_id is null and not reports.is_log
    qualify
        row_number() over (
            partition by reports.source, reports.message_id
            order by
                addressed.sent_at desc, addressed.message_id asc, addressed.source asc
        ) = 1
),

told as (
    select * from named
    union all
    select * from found_by_address
),

-- A bounce is final; a late delivery outweighs the delay told before.
told_of as (
    select
        source,
        message_id,
        case
            when bool_or(told_result = 'bounced') then 'bounced'
            when bool_or(told_result = 'delivered') then 'delivered'
            when bool_or(told_result = 'deferred') then 'deferred'
        end as delivery
    from told
    group by source, message_id
),

-- A line of a log whose message is known itself is no message beside it.
merged as (
    select distinct
        report_source as source,
        report_id as message_id
    from named
    where is_log
),

final as (
    select
        messages.source,
        messages.message_id,
        told_of.delivery,
        merged.message_id is not null as is_merged
    from messages
    left join told_of
        on messages.source = told_of.source and messages.message_id = told_of.message_id
    left join merged
        on messages.source = merged.source and messages.message_id = merged.message_id
    where told_of.delivery is not null or merged.message_id is not null
)

select * from final
