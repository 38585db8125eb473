with

folds as (
    select * from {{ ref('stg_ops__label_folds') }}
),

user_labels as (
    select * from {{ ref('stg_ops__user_labels') }}
),

stages as (
    select * from {{ ref('stages') }}
),

reasons as (
    select * from {{ ref('reasons') }}
),

-- The user's word goes before a key's own name, and that before an alias we ship.
aliases as (
    select vocabulary, label, key, 1 as priority from user_labels
    union all
    select 'stage' as vocabulary, stage_key as label, stage_key as key, 2 as priority from stages
    union all
    select 'channel', channel_id, channel_id, 2 from {{ ref('channels') }}
    union all
    select 'reason', reason_key, reason_key, 2 from reasons
    union all
    select 'stage', label, stage_key, 3 from {{ ref('stage_aliases') }}
    union all
    select 'channel', label, channel_id, 3 from {{ ref('channel_aliases') }}
    union all
    select 'reason', label, reason_key, 3 from {{ ref('reason_aliases') }}
    union all
    select 'status', label, outcome, 3 from {{ ref('status_aliases') }}
),

known as (
    select
        aliases.vocabulary,
        -- Keys are written folded, so a key that no source uses as a label needs no line in the folds.
        coalesce(folds.folded, lower(aliases.label)) as folded,
        aliases.key
    from aliases
    left join folds on aliases.label = folds.label
    qualify
        row_number() over (
            partition by aliases.vocabulary, coalesce(folds.folded, lower(aliases.label))
            order by aliases.priority, aliases.key
        ) = 1
),

final as (
    select
        folds.label,
        folds.folded,
        coalesce(stage.key, folds.folded) as stage_key,
        stages.stage_order,
        stage.key is not null as is_stage_known,
        coalesce(channel.key, folds.folded) as channel_id,
        channel.key is not null as is_channel_known,
        coalesce(reason.key, folds.folded) as reason_key,
        reasons.party as reason_party,
        reason.key is not null as is_reason_known,
        status.key as outcome
    from folds
    left join known as stage on folds.folded = stage.folded and stage.vocabulary = 'stage'
    left join known as channel on folds.folded = channel.folded and channel.vocabulary = 'channel'
    left join known as reason on folds.folded = reason.folded and reason.vocabulary = 'reason'
    left join known as status on folds.folded = status.folded and status.vocabulary = 'status'
    left join stages on stage.key = stages.stage_key
    left join reasons on reason.key = reasons.reason_key
)

select * from final
