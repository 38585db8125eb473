with

source as (
    select * from {{ source('raw', 'table__offers') }}
),

current_rows as (
    {{ current_rows('source', [
        'offer_id', 'version', 'application_id', 'status', 'sent_at', 'resolved_at',
        'decline_reason_label', 'start_date', 'annual_salary',
    ]) }}
),

final as (
    select
        source,
        offer_id,
        try_cast(version as bigint) as version,
        application_id,
        lower(status) as status,
        {{ to_utc('sent_at') }} as sent_at,
        {{ precision_of('sent_at') }} as sent_precision,
        {{ to_utc('resolved_at') }} as resolved_at,
        {{ precision_of('resolved_at') }} as resolved_precision,
        decline_reason_label,
        {{ to_date('start_date') }} as start_date,
        try_cast(annual_salary as decimal(18, 2)) as annual_salary,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
