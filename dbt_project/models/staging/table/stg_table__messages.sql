with

source as (
    select * from {{ source('raw', 'table__messages') }}
),

current_rows as (
    {{ current_rows('source', [
        'message_id', 'direction', 'from_address', 'to_address', 'subject', 'sent_at',
        'kind', 'relay_url_present', 'relay_token', 'delivery', 'application_id',
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

-- A message trace tells no kind, only what became of a message: by the Message-ID in the file,
-- where the key is a digest of it and the recipient.
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
        case
            when kind is null
                then replace(
                    replace(
                        coalesce(
                            {{ json_text('_extra', 'MessageId') }},
                            {{ json_text('_extra', 'Message ID') }},
                            {{ json_text('_extra', 'メッセージID') }},
                            message_id
                        ), '<', ''
                    ), '>', ''
                )
        end as told_message_id,
        case when kind is null then lower(to_address) end as told_recipient,
        case when kind is null then delivery end as told_result,
        _extracted_at,
        _load_id
    from typed
)

select * from final
