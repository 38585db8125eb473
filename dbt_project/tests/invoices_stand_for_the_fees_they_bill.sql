{{ config(severity='warn') }}

-- A success fee or refund that names no application cannot replace an estimate: where its channel
-- has estimates of the same kind within a month of it, one fee may count twice. The mend: write the
-- application_id into the invoice's line.
-- 応募IDのない請求明細は、契約条件からの見積りと重複しているおそれがあります。
with

costs as (
    select * from {{ ref('fct_channel_costs') }}
    where kind in ('success_fee', 'refund') and cost_month is not null
),

nameless as (
    select * from costs
    where amount_basis = 'given' and application_id is null
),

estimated as (
    select * from costs
    where amount_basis = 'estimated'
)

select
    nameless.source,
    nameless.cost_id,
    nameless.cost_month,
    nameless.channel_id
from nameless
semi join estimated
    on
        nameless.channel_id = estimated.attributed_channel_id
        and nameless.kind = estimated.kind
        and abs(
            (year(nameless.cost_month) * 12 + month(nameless.cost_month))
            - (year(estimated.cost_month) * 12 + month(estimated.cost_month))
        ) <= 1
