-- Two labels that fold to one text may not mean two things: which won would hang on the alphabet.
with

folds as (
    select * from {{ ref('stg_ops__label_folds') }}
),

aliases as (
    select 'stage' as vocabulary, label, stage_key as key from {{ ref('stage_aliases') }}
    union all
    select 'channel', label, channel_id from {{ ref('channel_aliases') }}
    union all
    select 'reason', label, reason_key from {{ ref('reason_aliases') }}
    union all
    select 'status', label, outcome from {{ ref('status_aliases') }}
)

select
    aliases.vocabulary,
    folds.folded
from aliases
inner join folds on aliases.label = folds.label
group by aliases.vocabulary, folds.folded
having count(distinct aliases.key) > 1
