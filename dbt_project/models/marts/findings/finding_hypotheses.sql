{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- All of them first, then Benjamini and Hochberg over the page (JRSS B 57 (1995) 289-300), then
-- only those whose 95 % intervals lie apart.
with

conversions as (
    select * from {{ ref('mart_stage_conversion') }}
),

channel_totals as (
    select * from {{ ref('mart_channel_total') }}
),

calibrations as (
    select * from {{ ref('mart_department_calibration') }}
),

rejections as (
    select * from {{ ref('mart_rejection') }}
    where party = 'candidate'
),

stages as (
    select * from {{ ref('dim_stage') }}
),

parameters as (
    select
        *,
        year(as_of_date) * 12 + month(as_of_date) as as_of_month_no
    from {{ ref('stg_ops__run_parameters') }}
),

family_stages as (
    select
        conversions.job_family,
        conversions.stage_key,
        sum(conversions.n_advanced + conversions.n_rejected + conversions.n_withdrawn) as n,
        sum(conversions.n_advanced) as k
    from conversions
    inner join stages on conversions.stage_key = stages.stage_key and stages.stage_order < 80
    group by conversions.job_family, conversions.stage_key
),

company_stages as (
    select
        stage_key,
        sum(n) as n,
        sum(k) as k
    from family_stages
    group by stage_key
),

-- The last three months, the running one among them, against the twelve before.
grown as (
    select
        rejections.reason_key,
        case
            when
                parameters.as_of_month_no
                - (year(rejections.closed_month) * 12 + month(rejections.closed_month)) < 3
                then 'recent'
            else 'before'
        end as window_name,
        rejections.n_applications,
        rejections.weighted_n
    from rejections
    inner join parameters
        on
            parameters.as_of_month_no
            - (year(rejections.closed_month) * 12 + month(rejections.closed_month))
            between 0 and 14
),

reason_windows as (
    select
        window_name,
        {{ stable_sum('weighted_n') }} as n
    from grown
    group by window_name
),

reason_counts as (
    select
        reason_key,
        sum(case when window_name = 'recent' then n_applications else 0 end) as k,
        sum(case when window_name = 'before' then n_applications else 0 end) as comparison_k
    from grown
    where reason_key <> 'missing'
    group by reason_key
),

shares as (
    select
        'bottleneck_stage' as finding_kind,
        family_stages.job_family,
        family_stages.stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        cast(null as string) as department,
        cast(null as string) as reason_key,
        family_stages.n,
        family_stages.k,
        company_stages.n - family_stages.n as comparison_n,
        company_stages.k - family_stages.k as comparison_k
    from family_stages
    inner join company_stages on family_stages.stage_key = company_stages.stage_key
    union all
    select
        'better_channel' as finding_kind,
        cast(null as string) as job_family,
        cast(null as string) as stage_key,
        better.channel_id,
        worse.channel_id as other_channel_id,
        cast(null as string) as department,
        cast(null as string) as reason_key,
        better.n_applications - better.n_open as n,
        better.n_hired as k,
        worse.n_applications - worse.n_open as comparison_n,
        worse.n_hired as comparison_k
    from channel_totals as better
    inner join channel_totals as worse on better.mature_hire_rate > worse.mature_hire_rate
    union all
    select
        'growing_withdrawal_reason' as finding_kind,
        cast(null as string) as job_family,
        cast(null as string) as stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        cast(null as string) as department,
        reason_counts.reason_key,
        cast(round(recent.n) as bigint) as n,
        reason_counts.k,
        cast(round(earlier.n) as bigint) as comparison_n,
        reason_counts.comparison_k
    from reason_counts
    inner join reason_windows as recent on recent.window_name = 'recent'
    inner join reason_windows as earlier on earlier.window_name = 'before'
),

-- The normal approximation holds from five expected of either kind on each side (Cochran 1954).
sized as (
    select
        *,
        cast(k + comparison_k as double) / nullif(n + comparison_n, 0) as pooled
    from shares
    where n >= 20 and comparison_n >= 20
),

tested_shares as (
    select
        *,
        {{ rate_with_bounds('value', 'k', 'n') }},
        {{ rate_with_bounds('comparison_value', 'comparison_k', 'comparison_n') }},
        {{ two_shares_z('k', 'n', 'comparison_k', 'comparison_n') }} as z
    from sized
    where least(n, comparison_n) * least(pooled, 1 - pooled) >= 5
),

hypotheses as (
    select
        finding_kind,
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
        comparison_value_lo,
        comparison_value_hi,
        case
            when finding_kind = 'bottleneck_stage' then value_hi < comparison_value_lo
            else value_lo > comparison_value_hi
        end as is_apart,
        {{ two_sided_p('z') }} as p_value
    from tested_shares
    union all
    select
        'department_apart' as finding_kind,
        cast(null as string) as job_family,
        cast(null as string) as stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        department,
        cast(null as string) as reason_key,
        n_compared as n,
        cast(null as bigint) as k,
        n_compared as comparison_n,
        cast(null as bigint) as comparison_k,
        leniency as value,
        leniency_lo as value_lo,
        leniency_hi as value_hi,
        0.0 as comparison_value,
        cast(null as double) as comparison_value_lo,
        cast(null as double) as comparison_value_hi,
        leniency_lo > 0 or leniency_hi < 0 as is_apart,
        {{ two_sided_p('(leniency * 2 * ' ~ z_95() ~ ' / (leniency_hi - leniency_lo))') }}
            as p_value
    from calibrations
    where n_compared >= 20 and leniency_hi > leniency_lo
),

identified as (
    select
        *,
        concat_ws(
            ':', finding_kind, job_family, stage_key, channel_id, other_channel_id, department,
            reason_key
        ) as finding_id
    from hypotheses
),

ranked as (
    select
        *,
        row_number() over (order by p_value asc, finding_id asc) as p_rank,
        count(*) over () as n_tested
    from identified
),

adjusted as (
    select
        *,
        least(
            1.0,
            min(p_value * n_tested / p_rank) over (
                order by p_rank desc rows between unbounded preceding and current row
            )
        ) as q_value
    from ranked
),

-- Of a family's stages, and of the channels that one beats, the clearest stands for all.
final as (
    select *
    from adjusted
    where is_apart and q_value <= {{ var('false_discovery_rate') }}
    qualify
        row_number() over (
            partition by
                finding_kind,
                case
                    when finding_kind = 'bottleneck_stage' then job_family
                    when finding_kind = 'better_channel' then channel_id
                    else finding_id
                end
            order by p_rank
        ) = 1
)

select * from final
