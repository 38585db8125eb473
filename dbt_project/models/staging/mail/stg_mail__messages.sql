with

source as (
    select * from {{ source('raw', 'mail__messages') }}
),

current_rows as (
    {{ current_rows('source', [
        'message_id', 'direction', 'from_address', 'to_address', 'subject', 'sent_at',
        'kind', 'relay_url_present', 'relay_token', 'delivery', 'application_id',
    ]) }}
),

-- A delivery report is a message of its own that tells of another: one `failed` recipient outweighs
-- any `delayed`, and a late `delivered` outweighs the delay.
reports as (
    select
        source,
        {{ json_text('_extra', 'bounced_message_id') }} as message_id,
        lower({{ json_text('_extra', 'action') }}) as action
    from current_rows
    where {{ json_text('_extra', 'bounced_message_id') }} is not null
),

reported as (
    select
        source,
        message_id,
        bool_or(action = 'failed') as is_failed,
        bool_or(action = 'delayed') as is_delayed,
        bool_or(action in ('delivered', 'relayed', 'expanded')) as is_delivered
    from reports
    group by source, message_id
),

final as (
    select
        current_rows.source,
        current_rows.message_id,
        lower(current_rows.direction) as direction,
        current_rows.from_address,
        current_rows.to_address,
        current_rows.subject,
        {{ to_utc('current_rows.sent_at') }} as sent_at,
        {{ precision_of('current_rows.sent_at') }} as sent_precision,
        lower(current_rows.kind) as kind,
        {{ to_flag('current_rows.relay_url_present') }} as relay_url_present,
        current_rows.relay_token,
        case
            when reported.is_failed then 'bounced'
            when reported.is_delivered then 'delivered'
            when reported.is_delayed then 'deferred'
            else lower(current_rows.delivery)
        end as delivery,
        current_rows.application_id,
        current_rows._extracted_at,
        current_rows._load_id
    from current_rows
    left join reported
        on
            current_rows.source = reported.source
            and current_rows.message_id = reported.message_id
)

select * from final
