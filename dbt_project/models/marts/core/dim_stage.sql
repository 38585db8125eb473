with

stages as (
    select * from {{ ref('stages') }}
),

used as (
    select stage_key from {{ ref('int_stage_visits') }}
    union all
    select stage_key from {{ ref('int_interviews') }}
    union all
    select stage_key from {{ ref('int_evaluations') }}
),

members as (
    select distinct stage_key from used
),

united as (
    select
        stage_key,
        stage_order,
        name_ja,
        name_en,
        true as is_known
    from stages
    union all
    select
        members.stage_key,
        cast(null as bigint) as stage_order,
        members.stage_key as name_ja,
        members.stage_key as name_en,
        false as is_known
    from members
    anti join stages on members.stage_key = stages.stage_key
),

final as (
    select
        *,
        case
            when stage_order = 0 then 'applied'
            when stage_key = 'casual' then 'meeting'
            when stage_order < 30 then 'screening'
            when stage_order < 70 then 'interview'
            when stage_order < 90 then 'offer'
            when stage_order >= 90 then 'joined'
            else 'other'
        end as stage_group
    from united
)

select * from final
