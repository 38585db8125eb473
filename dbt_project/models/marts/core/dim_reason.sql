with

reasons as (
    select * from {{ ref('reasons') }}
),

used as (
    select reason_key from {{ ref('int_application_reasons') }}
    union all
    select decline_reason_key from {{ ref('int_offers') }}
    union all
    select reason_key from {{ ref('int_employees') }}
),

members as (
    select distinct reason_key from used
    where reason_key is not null
),

final as (
    select
        reason_key,
        party,
        category,
        name_ja,
        name_en,
        true as is_known
    from reasons
    union all
    select
        members.reason_key,
        'unknown' as party,
        'unspecified' as category,
        members.reason_key as name_ja,
        members.reason_key as name_en,
        false as is_known
    from members
    anti join reasons on members.reason_key = reasons.reason_key
)

select * from final
