with

source as (
    select * from {{ source('raw', 'table__application_reasons') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('application_id', 'id') }},
        {{ field('ordinal', 'n') }},
        {{ field('reason_label', 'text') }},
        {{ field('party', 'word') }},
        {{ field('reason_text', 'text') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
