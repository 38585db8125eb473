with

source as (
    select * from {{ source('raw', 'table__channel_costs') }}
),

current_rows as (
    {{ current_rows('source', [
        'cost_id', 'channel_label', 'kind', 'period_start_date', 'period_end_date',
        'amount', 'application_id',
    ]) }}
),

final as (
    select
        source,
        cost_id,
        channel_label,
        lower(kind) as kind,
        {{ to_date('period_start_date') }} as period_start_date,
        {{ to_date('period_end_date') }} as period_end_date,
        try_cast(amount as decimal(18, 2)) as amount,
        application_id,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
