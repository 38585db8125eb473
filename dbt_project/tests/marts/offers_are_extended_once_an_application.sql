-- Of the applications that count, each that was sent a letter is one offer, however many versions it had.
with

in_fact as (
    select count(distinct concat_ws('|', offers.source, offers.application_id)) as n_extended
    from {{ ref('fct_offers') }} as offers
    inner join {{ ref('fct_applications') }} as applications
        on
            offers.source = applications.source
            and offers.application_id = applications.application_id
    where offers.is_sent and not applications.is_excluded
),

in_mart as (
    select coalesce(sum(n_extended), 0) as n_extended
    from {{ ref('mart_offer') }}
)

select
    in_fact.n_extended as n_in_fact,
    in_mart.n_extended as n_in_mart
from in_fact
cross join in_mart
where in_fact.n_extended <> in_mart.n_extended
