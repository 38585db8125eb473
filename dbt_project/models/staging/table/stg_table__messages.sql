with

source as (
    select * from {{ source('raw', 'table__messages') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
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
)

select * from final
