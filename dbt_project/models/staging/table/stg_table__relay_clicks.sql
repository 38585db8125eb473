with

source as (
    select * from {{ source('raw', 'table__relay_clicks') }}
),

current_rows as (
    {{ current_rows('source', [
        'click_id', 'token', 'clicked_at', 'is_automated',
    ]) }}
),

final as (
    select
        source,
        click_id,
        token,
        {{ to_utc('clicked_at') }} as clicked_at,
        {{ precision_of('clicked_at') }} as clicked_precision,
        {{ to_flag('is_automated') }} as is_automated,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
