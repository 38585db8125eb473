with

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

messages as (
    select * from {{ ref('fct_messages') }}
    where direction = 'outbound' and is_delivered and application_id is not null
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- One row an application, before anything is joined: three mails are one answer.
replies as (
    select
        applications.source,
        applications.application_id,
        min(messages.sent_at) as first_reply_at,
        min(messages.sent_at) filter (where messages.kind <> 'acknowledgement')
            as first_personal_reply_at
    from applications
    inner join messages
        on
            applications.source = messages.application_source
            and applications.application_id = messages.application_id
            and applications.applied_at <= messages.sent_at
    group by applications.source, applications.application_id
),

-- The message that told the applicant: the first that arrived. Re-sent ones change nothing.
notices as (
    select
        application_source as source,
        application_id,
        relay_url_present
    from messages
    where kind = 'rejection'
    qualify
        row_number() over (
            partition by application_source, application_id
            order by sent_at asc nulls last, message_id asc, source asc
        ) = 1
),

treated as (
    select
        applications.applied_month,
        applications.channel_id,
        applications.outcome,
        replies.first_reply_at is not null
        or applications.rejection_message_at is not null as is_answered,
        replies.first_reply_at is not null
        and replies.first_personal_reply_at is null
        and applications.rejection_message_at is null as is_only_acknowledged,
        24.0 * {{ elapsed_days('applications.applied_at', 'replies.first_reply_at') }}
            as hours_to_first_reply,
        24.0 * {{ elapsed_days('applications.applied_at', 'replies.first_personal_reply_at') }}
            as hours_to_first_personal_reply,
        applications.outcome = 'rejected' as is_rejected,
        applications.outcome = 'rejected'
        and applications.rejection_message_at is not null as is_notified,
        case
            when applications.outcome = 'rejected'
                then
                    {{ elapsed_days(
                        'applications.closed_at', 'applications.rejection_message_at'
                    ) }}
        end as days_to_notice,
        applications.outcome = 'rejected'
        and coalesce(notices.relay_url_present, false) as is_relay_invited
    from applications
    left join replies
        on
            applications.source = replies.source
            and applications.application_id = replies.application_id
    left join notices
        on
            applications.source = notices.source
            and applications.application_id = notices.application_id
),

cells as (
    select
        applied_month,
        channel_id,
        count(*) as n_applications,
        count(*) filter (where outcome = 'open') as n_open,
        count(*) filter (where is_answered) as n_answered,
        count(*) filter (where is_only_acknowledged) as n_only_acknowledged,
        count(*) filter (where outcome = 'open' and not is_answered) as n_open_unanswered,
        count(*) filter (where outcome <> 'open') as n_closed,
        count(*) filter (where outcome <> 'open' and not is_answered) as n_never_answered,
        median(hours_to_first_reply) as median_hours_to_first_reply,
        percentile_cont(0.9) within group (order by hours_to_first_reply)
            as p90_hours_to_first_reply,
        median(hours_to_first_personal_reply) as median_hours_to_first_personal_reply,
        count(*) filter (where is_rejected) as n_rejected,
        count(*) filter (where is_notified) as n_notified,
        median(days_to_notice) as median_days_to_notice,
        percentile_cont(0.9) within group (order by days_to_notice) as p90_days_to_notice,
        count(*) filter (where is_relay_invited) as n_relay_invited
    from treated
    group by applied_month, channel_id
),

final as (
    select
        cells.applied_month,
        cells.channel_id,
        parameters.as_of_date,
        cells.n_applications,
        cells.n_open,
        cells.n_answered,
        cells.n_only_acknowledged,
        cells.n_open_unanswered,
        cells.n_closed,
        cells.n_never_answered,
        {{ is_small('cells.n_closed') }} as is_small,
        {{ rate_with_bounds('never_answered_rate', 'cells.n_never_answered', 'cells.n_closed') }},
        cells.median_hours_to_first_reply,
        cells.p90_hours_to_first_reply,
        cells.median_hours_to_first_personal_reply,
        cells.n_rejected,
        cells.n_notified,
        cells.median_days_to_notice,
        cells.p90_days_to_notice,
        cells.n_relay_invited,
        {{ rate_with_bounds('relay_line_rate', 'cells.n_relay_invited', 'cells.n_rejected') }}
    from cells
    cross join parameters
)

select * from final
