-- Every label in use has its folded form: without it a label would be matched by case alone.
with

labels as (
    select * from {{ ref('stg_ops__label_folds') }}
),

used as (
    select channel_label as label from ({{ unite('applications', ['channel_label']) }}) as applications
    union all
    select status_label from ({{ unite('applications', ['status_label']) }}) as applications
    union all
    select current_stage_label
    from ({{ unite('applications', ['current_stage_label']) }}) as applications
    union all
    select stage_label from ({{ unite('stage_events', ['stage_label']) }}) as stage_events
    union all
    select stage_label from ({{ unite('interviews', ['stage_label']) }}) as interviews
    union all
    select stage_label from ({{ unite('evaluations', ['stage_label']) }}) as evaluations
    union all
    select reason_label
    from ({{ unite('application_reasons', ['reason_label']) }}) as application_reasons
    union all
    select decline_reason_label from ({{ unite('offers', ['decline_reason_label']) }}) as offers
    union all
    select reason_label from ({{ unite('employees', ['reason_label']) }}) as employees
    union all
    select channel_label from ({{ unite('channel_costs', ['channel_label']) }}) as channel_costs
),

distinct_labels as (
    select distinct label from used
    where label is not null
)

select distinct_labels.label
from distinct_labels
anti join labels on distinct_labels.label = labels.label
