with

source as (
    select * from {{ source('raw', 'table__offers') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('offer_id', 'id') }},
        {{ field('version', 'n') }},
        {{ field('application_id', 'id') }},
        {{ field('status', 'word') }},
        {{ field('sent_at', 'at') }},
        {{ precision_of('sent_at') }} as sent_precision,
        {{ field('resolved_at', 'at') }},
        {{ precision_of('resolved_at') }} as resolved_precision,
        {{ field('decline_reason_label', 'text') }},
        {{ field('start_date', 'date') }},
        {{ field('annual_salary', 'yen') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
