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

final as (
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
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
