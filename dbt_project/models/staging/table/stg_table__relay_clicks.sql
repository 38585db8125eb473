with

source as (
    select * from {{ source('raw', 'table__relay_clicks') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('click_id', 'id') }},
        {{ field('token', 'text') }},
        {{ field('clicked_at', 'at') }},
        {{ precision_of('clicked_at') }} as clicked_precision,
        {{ field('is_automated', 'flag') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
