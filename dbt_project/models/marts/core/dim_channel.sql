with

channels as (
    select * from {{ ref('channels') }}
),

used as (
    select channel_id from {{ ref('int_applications') }}
    union all
    select channel_id from {{ ref('int_channel_costs') }}
),

members as (
    select distinct channel_id from used
),

final as (
    select
        channel_id,
        name_ja,
        name_en,
        channel_group,
        true as is_known
    from channels
    union all
    select
        members.channel_id,
        members.channel_id as name_ja,
        members.channel_id as name_en,
        'other' as channel_group,
        false as is_known
    from members
    anti join channels on members.channel_id = channels.channel_id
)

select * from final
