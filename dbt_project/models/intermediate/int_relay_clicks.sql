with

relay_clicks as (
    {{ unite('relay_clicks', ['source', 'click_id', 'token', 'clicked_at', 'is_automated']) }}
),

final as (
    select
        source,
        click_id,
        token,
        clicked_at,
        coalesce(is_automated, false) as is_automated
    from relay_clicks
)

select * from final
