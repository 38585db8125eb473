{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with

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

parameters as (
    select
        *,
        year(as_of_date) * 12 + month(as_of_date) as as_of_month_no
    from {{ ref('stg_ops__run_parameters') }}
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

final as (
    select
        'overdue_stage' as finding_kind,
        job_family,
        stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        department,
        cast(null as string) as reason_key,
        n,
        k,
        longest_days as value,
        p90_days as comparison_value
    from waiting
    where k > 0
    union all
    select
        'silver_medallists' as finding_kind,
        job_family,
        cast(null as string) as stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        cast(null as string) as department,
        cast(null as string) as reason_key,
        count(*) as n,
        count(*) as k,
        cast(count(*) as double) as value,
        cast(max(n_open_jobs) as double) as comparison_value
    from talents
    group by job_family
    union all
    select
        'rejected_without_relay_line' as finding_kind,
        cast(null as string) as job_family,
        cast(null as string) as stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        applications.department,
        cast(null as string) as reason_key,
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
        cast(null as string) as job_family,
        cast(null as string) as stage_key,
        cast(null as string) as channel_id,
        cast(null as string) as other_channel_id,
        cast(null as string) as department,
        cast(null as string) as reason_key,
        count(*) as n,
        count(*) as k,
        cast(min(days_left) as double) as value,
        cast({{ var('lapse_warning_days') }} as double) as comparison_value
    from lapsing
    where days_left between 0 and {{ var('lapse_warning_days') }}
    having count(*) > 0
)

select * from final
