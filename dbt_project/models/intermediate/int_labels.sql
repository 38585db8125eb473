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
    select
        vocabulary,
        label,
        key,
        1 as priority
    from user_labels
    {%- for vocabulary, members, aliases, key in [
        ('stage', 'stages', 'stage_aliases', 'stage_key'),
        ('channel', 'channels', 'channel_aliases', 'channel_id'),
        ('reason', 'reasons', 'reason_aliases', 'reason_key'),
    ] %}
    union all
    select
        '{{ vocabulary }}' as vocabulary,
        {{ key }} as label,
        {{ key }} as key,
        2 as priority
    from {{ ref(members) }}
    union all
    select
        '{{ vocabulary }}' as vocabulary,
        label,
        {{ key }} as key,
        3 as priority
    from {{ ref(aliases) }}
    {%- endfor %}
    union all
    select
        'status' as vocabulary,
        label,
        outcome as key,
        3 as priority
    from {{ ref('status_aliases') }}
),

folded_aliases as (
    select
        aliases.vocabulary,
        -- Keys are written folded, so a key that nobody uses as a label needs no line in the folds.
        coalesce(folds.folded, lower(aliases.label)) as folded,
        aliases.key,
        aliases.priority
    from aliases
    left join folds on aliases.label = folds.label
),

known as (
    select
        vocabulary,
        folded,
        key
    from folded_aliases
    qualify row_number() over (partition by vocabulary, folded order by priority, key) = 1
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
