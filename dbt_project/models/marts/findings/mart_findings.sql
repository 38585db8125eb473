-- Hypotheses first, all of them, then Benjamini and Hochberg over the page (JRSS B 57 (1995) 289-300),
-- then only those whose 95 % intervals lie apart. Facts need no test: they are counted, not inferred.
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
    where party = 'candidate' and closed_month is not null
),

times_in_stage as (
    select * from {{ ref('mart_time_in_stage') }}
    where not is_small
),

talents as (
    select * from {{ ref('mart_talent_pool') }}
    where best_stage_order >= 60
),

visits as (
    select * from {{ ref('fct_stage_visits') }}
    where exited_at is null and not is_accidental
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

invitations as (
    select * from {{ source('relay', 'fct_relay_invitations') }}
    where is_notified
),

ledger as (
    select * from {{ source('relay', 'fct_quota_ledger') }}
),

terms as (
    select * from {{ ref('stg_ops__relay_terms') }}
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
        family_stages.job_family as job_family,
        family_stages.stage_key as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        cast(null as varchar) as department,
        cast(null as varchar) as reason_key,
        family_stages.n as n,
        family_stages.k as k,
        company_stages.n - family_stages.n as comparison_n,
        company_stages.k - family_stages.k as comparison_k
    from family_stages
    inner join company_stages on family_stages.stage_key = company_stages.stage_key
    union all
    select
        'better_channel' as finding_kind,
        cast(null as varchar) as job_family,
        cast(null as varchar) as stage_key,
        better.channel_id as channel_id,
        worse.channel_id as other_channel_id,
        cast(null as varchar) as department,
        cast(null as varchar) as reason_key,
        better.n_applications - better.n_open as n,
        better.n_hired as k,
        worse.n_applications - worse.n_open as comparison_n,
        worse.n_hired as comparison_k
    from channel_totals as better
    inner join channel_totals as worse on better.mature_hire_rate > worse.mature_hire_rate
    union all
    select
        'growing_withdrawal_reason' as finding_kind,
        cast(null as varchar) as job_family,
        cast(null as varchar) as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        cast(null as varchar) as department,
        reason_counts.reason_key as reason_key,
        cast(round(recent.n) as bigint) as n,
        reason_counts.k as k,
        cast(round(earlier.n) as bigint) as comparison_n,
        reason_counts.comparison_k as comparison_k
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
        cast(null as varchar) as job_family,
        cast(null as varchar) as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        department as department,
        cast(null as varchar) as reason_key,
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
            ':', finding_kind, job_family, stage_key, channel_id, other_channel_id, department, reason_key
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
surviving as (
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
),

waiting as (
    select
        applications.job_family,
        visits.stage_key,
        applications.department,
        count(*) as n,
        count(*) filter (where visits.days > times_in_stage.p90_days) as k,
        max(visits.days) as longest_days,
        max(times_in_stage.p90_days) as p90_days
    from visits
    inner join applications
        on
            visits.source = applications.source
            and visits.application_id = applications.application_id
            and applications.outcome = 'open'
    inner join times_in_stage
        on
            visits.stage_key = times_in_stage.stage_key
            and applications.job_family = times_in_stage.job_family
            and applications.department = times_in_stage.department
    group by applications.job_family, visits.stage_key, applications.department
),

lapsing as (
    select
        earned.slot_no,
        {{ whole_days(
            'parameters.as_of_date',
            'date_add(' ~ local_date('earned.entry_at') ~ ', cast(terms.slot_valid_days as int))'
        ) }} as days_left
    from ledger as earned
    cross join parameters
    inner join terms
        on
            earned.terms_from >= terms.valid_from
            and (terms.replaced_on is null or earned.terms_from < terms.replaced_on)
            and terms.slot_valid_days is not null
    where
        earned.entry_type = 'earn'
        and not exists (
            select 1
            from ledger as later
            where
                earned.slot_no = later.slot_no
                and later.entry_type in ('use', 'expire', 'reverse')
                and later.entry_at >= earned.entry_at
        )
),

facts as (
    select
        'overdue_stage' as finding_kind,
        job_family as job_family,
        stage_key as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        department as department,
        cast(null as varchar) as reason_key,
        n,
        k,
        longest_days as value,
        p90_days as comparison_value
    from waiting
    where k > 0
    union all
    select
        'silver_medallists' as finding_kind,
        job_family as job_family,
        cast(null as varchar) as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        cast(null as varchar) as department,
        cast(null as varchar) as reason_key,
        count(*) as n,
        count(*) as k,
        cast(count(*) as double) as value,
        cast(max(n_open_jobs) as double) as comparison_value
    from talents
    group by job_family
    union all
    select
        'rejected_without_relay_line' as finding_kind,
        cast(null as varchar) as job_family,
        cast(null as varchar) as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        applications.department as department,
        cast(null as varchar) as reason_key,
        count(*) as n,
        count(*) filter (where not invitations.url_present) as k,
        {{ rate('count(*) filter (where not invitations.url_present)', 'count(*)') }} as value,
        cast(null as double) as comparison_value
    from invitations
    cross join parameters
    inner join applications
        on
            invitations.source = applications.source
            and invitations.application_id = applications.application_id
    where
        parameters.as_of_month_no
        - (year(applications.closed_month) * 12 + month(applications.closed_month)) between 0 and 1
    group by applications.department
    having count(*) filter (where not invitations.url_present) > 0
    union all
    select
        'slots_about_to_lapse' as finding_kind,
        cast(null as varchar) as job_family,
        cast(null as varchar) as stage_key,
        cast(null as varchar) as channel_id,
        cast(null as varchar) as other_channel_id,
        cast(null as varchar) as department,
        cast(null as varchar) as reason_key,
        count(*) as n,
        count(*) as k,
        cast(min(days_left) as double) as value,
        cast({{ var('lapse_warning_days') }} as double) as comparison_value
    from lapsing
    where days_left between 0 and {{ var('lapse_warning_days') }}
    having count(*) > 0
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
        case named.finding_kind
            when 'bottleneck_stage'
                then concat_ws('', named.job_family, ': ', named.stage_en, ' passes ', {{ percent('named.value') }}, ' % (', cast(cast(named.k as bigint) as varchar), ' of ', cast(cast(named.n as bigint) as varchar), '), other families ', {{ percent('named.comparison_value') }}, ' %.')
            when 'better_channel'
                then concat_ws('', named.channel_en, ' hires ', {{ percent('named.value') }}, ' % of closed applications (', cast(cast(named.k as bigint) as varchar), ' of ', cast(cast(named.n as bigint) as varchar), '), ', named.other_en, ' ', {{ percent('named.comparison_value') }}, ' %.')
            when 'growing_withdrawal_reason'
                then concat_ws('', 'Withdrawals for ', named.reason_en, ' grew to ', {{ percent('named.value') }}, ' % (', cast(cast(named.k as bigint) as varchar), ' of ', cast(cast(named.n as bigint) as varchar), ') in three months, from ', {{ percent('named.comparison_value') }}, ' % in the year before.')
            when 'department_apart'
                then concat_ws('', named.department, ' scores the same applicants ', cast(cast(round(abs(named.value) * 100) as bigint) as varchar), ' points ', case when named.value > 0 then 'higher' else 'lower' end, ' than other departments (', cast(cast(named.n as bigint) as varchar), ' applications).')
            when 'overdue_stage'
                then concat_ws('', named.job_family, ', ', named.department, ': ', cast(cast(named.k as bigint) as varchar), ' of ', cast(cast(named.n as bigint) as varchar), ' waiting in ', named.stage_en, ' are past ', cast(cast(round(named.comparison_value) as bigint) as varchar), ' days, which nine in ten never were; the longest ', cast(cast(round(named.value) as bigint) as varchar), '.')
            when 'silver_medallists'
                then concat_ws('', named.job_family, ': ', cast(cast(named.k as bigint) as varchar), ' people reached the final interview before, and ', cast(cast(named.comparison_value as bigint) as varchar), ' jobs are open.')
            when 'rejected_without_relay_line'
                then concat_ws('', named.department, ': ', cast(cast(named.k as bigint) as varchar), ' of ', cast(cast(named.n as bigint) as varchar), ' rejection mails of this month and the last had no relay line.')
            when 'slots_about_to_lapse'
                then concat_ws('', cast(cast(named.k as bigint) as varchar), ' unused relay slots lapse soon, the first in ', cast(cast(round(named.value) as bigint) as varchar), ' days.')
        end as sentence_en,
        case named.finding_kind
            when 'bottleneck_stage'
                then concat_ws('', named.job_family, '：', named.stage_ja, 'の通過率は', {{ percent('named.value') }}, '%（', cast(cast(named.n as bigint) as varchar), '人中', cast(cast(named.k as bigint) as varchar), '人）、他の職種では', {{ percent('named.comparison_value') }}, '%です。')
            when 'better_channel'
                then concat_ws('', named.channel_ja, 'の採用率は', {{ percent('named.value') }}, '%（', cast(cast(named.n as bigint) as varchar), '人中', cast(cast(named.k as bigint) as varchar), '人）、', named.other_ja, 'は', {{ percent('named.comparison_value') }}, '%です。')
            when 'growing_withdrawal_reason'
                then concat_ws('', '辞退理由「', named.reason_ja, '」が直近3か月で', {{ percent('named.value') }}, '%（', cast(cast(named.n as bigint) as varchar), '人中', cast(cast(named.k as bigint) as varchar), '人）に増えました（その前の1年は', {{ percent('named.comparison_value') }}, '%）。')
            when 'department_apart'
                then concat_ws('', named.department, 'の評点は、同じ応募者への他部門の評点より', cast(cast(round(abs(named.value) * 100) as bigint) as varchar), 'ポイント', case when named.value > 0 then '高い' else '低い' end, 'です（', cast(cast(named.n as bigint) as varchar), '件）。')
            when 'overdue_stage'
                then concat_ws('', named.job_family, '・', named.department, '：', named.stage_ja, 'で待つ', cast(cast(named.n as bigint) as varchar), '人中', cast(cast(named.k as bigint) as varchar), '人が、9割が終わる', cast(cast(round(named.comparison_value) as bigint) as varchar), '日を過ぎています（最長', cast(cast(round(named.value) as bigint) as varchar), '日）。')
            when 'silver_medallists'
                then concat_ws('', named.job_family, '：過去に最終面接まで進んだ', cast(cast(named.k as bigint) as varchar), '人がいます（募集中の求人', cast(cast(named.comparison_value as bigint) as varchar), '件）。')
            when 'rejected_without_relay_line'
                then concat_ws('', named.department, '：今月と先月の不採用通知', cast(cast(named.n as bigint) as varchar), '通のうち', cast(cast(named.k as bigint) as varchar), '通にリレーの一行がありません。')
            when 'slots_about_to_lapse'
                then concat_ws('', '未使用のリレー枠', cast(cast(named.k as bigint) as varchar), '枠がまもなく失効します（最短', cast(cast(round(named.value) as bigint) as varchar), '日後）。')
        end as sentence_ja
    from named
    cross join parameters
)

select * from final
