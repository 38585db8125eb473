with

surviving as (
    select * from {{ ref('finding_hypotheses') }}
),

facts as (
    select * from {{ ref('finding_facts') }}
),

stages as (
    select * from {{ ref('dim_stage') }}
),

channels as (
    select * from {{ ref('dim_channel') }}
),

reasons as (
    select * from {{ ref('dim_reason') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

combined as (
    select
        finding_id,
        finding_kind,
        'tested' as basis,
        job_family,
        stage_key,
        channel_id,
        other_channel_id,
        department,
        reason_key,
        n,
        k,
        comparison_n,
        comparison_k,
        value,
        value_lo,
        value_hi,
        comparison_value,
        comparison_value_lo as comparison_lo,
        comparison_value_hi as comparison_hi,
        p_value,
        q_value,
        n_tested
    from surviving
    union all
    select
        concat_ws(':', finding_kind, job_family, stage_key, department) as finding_id,
        finding_kind,
        'fact' as basis,
        job_family,
        stage_key,
        channel_id,
        other_channel_id,
        department,
        reason_key,
        n,
        k,
        cast(null as bigint) as comparison_n,
        cast(null as bigint) as comparison_k,
        value,
        case
            when finding_kind = 'rejected_without_relay_line' then {{ wilson_lo('k', 'n') }}
        end as value_lo,
        case
            when finding_kind = 'rejected_without_relay_line' then {{ wilson_hi('k', 'n') }}
        end as value_hi,
        comparison_value,
        cast(null as double) as comparison_lo,
        cast(null as double) as comparison_hi,
        cast(null as double) as p_value,
        cast(null as double) as q_value,
        cast(null as bigint) as n_tested
    from facts
),

named as (
    select
        combined.*,
        stages.name_en as stage_en,
        stages.name_ja as stage_ja,
        channels.name_en as channel_en,
        channels.name_ja as channel_ja,
        others.name_en as other_en,
        others.name_ja as other_ja,
        reasons.name_en as reason_en,
        reasons.name_ja as reason_ja
    from combined
    left join stages on combined.stage_key = stages.stage_key
    left join channels on combined.channel_id = channels.channel_id
    left join channels as others on combined.other_channel_id = others.channel_id
    left join reasons on combined.reason_key = reasons.reason_key
),

final as (
    select
        named.finding_id,
        parameters.as_of_date,
        named.finding_kind,
        named.basis,
        named.job_family,
        named.stage_key,
        named.channel_id,
        named.other_channel_id,
        named.department,
        named.reason_key,
        cast(named.n as bigint) as n,
        cast(named.k as bigint) as k,
        named.value,
        named.value_lo,
        named.value_hi,
        cast(named.comparison_n as bigint) as comparison_n,
        cast(named.comparison_k as bigint) as comparison_k,
        named.comparison_value,
        named.comparison_lo,
        named.comparison_hi,
        named.p_value,
        named.q_value,
        named.n_tested,
        {{ finding_sentence('en') }} as sentence_en,
        {{ finding_sentence('ja') }} as sentence_ja
    from named
    cross join parameters
)

select * from final
