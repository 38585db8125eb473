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

final as (
    select
        source,
        message_id,
        direction,
        from_address,
        to_address,
        subject,
        sent_at,
        sent_precision,
        kind,
        relay_url_present,
        relay_token,
        delivery,
        application_id,
        -- What a delivery report or a line of a log says, and of which message.
        {{ json_text('_extra', 'bounced_message_id') }} as told_message_id,
        lower({{ json_text('_extra', 'final_recipient') }}) as told_recipient,
        lower({{ json_text('_extra', 'result') }}) as told_result,
        _extracted_at,
        _load_id
    from typed
)

select * from final
