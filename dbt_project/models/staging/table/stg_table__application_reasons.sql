with

source as (
    select * from {{ source('raw', 'table__application_reasons') }}
),

current_rows as (
    {{ current_rows('source', [
        'application_id', 'ordinal', 'reason_label', 'party', 'reason_text',
    ]) }}
),

final as (
    select
        source,
        application_id,
        try_cast(ordinal as bigint) as ordinal,
        reason_label,
        lower(party) as party,
        reason_text,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
