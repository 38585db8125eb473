with

source as (
    select * from {{ source('raw', 'mail__messages') }}
),

current_rows as (
    {{ current_version('source') }}
),

-- A delivery report is a message of its own that tells of another: one `failed` recipient outweighs
-- any `delayed`, and a late `delivered` outweighs the delay.
reports as (
    select
        source,
        {{ trim_space(json_text('_extra', 'bounced_message_id')) }} as message_id,
        bool_or(lower({{ json_text('_extra', 'action') }}) = 'failed') as is_failed,
        bool_or(lower({{ json_text('_extra', 'action') }}) = 'delayed') as is_delayed,
        bool_or(
            lower({{ json_text('_extra', 'action') }}) in ('delivered', 'relayed', 'expanded')
        ) as is_delivered
    from current_rows
    where {{ json_text('_extra', 'bounced_message_id') }} is not null
    group by source, {{ trim_space(json_text('_extra', 'bounced_message_id')) }}
),

typed as (
    select
        source,
        {{ field('message_id', 'id') }},
        {{ field('direction', 'word') }},
        {{ field('from_address', 'text') }},
        {{ field('to_address', 'text') }},
        {{ field('subject', 'text') }},
        {{ field('sent_at', 'at') }},
        {{ precision_of('sent_at') }} as sent_precision,
        {{ field('kind', 'word') }},
        {{ field('relay_url_present', 'flag') }},
        {{ field('relay_token', 'text') }},
        {{ field('delivery', 'word') }},
        {{ field('application_id', 'id') }},
        _extracted_at,
        _load_id
    from current_rows
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
            when reports.is_failed then 'bounced'
            when reports.is_delivered then 'delivered'
            when reports.is_delayed then 'deferred'
            else typed.delivery
        end as delivery,
        typed.application_id,
        typed._extracted_at,
        typed._load_id
    from typed
    left join reports
        on typed.source = reports.source and typed.message_id = reports.message_id
)

select * from final
