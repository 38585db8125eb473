with

applications as (
    select
        source,
        application_id,
        closed_month,
        coalesce(closed_stage_key, 'unknown') as stage_key,
        department,
        channel_id,
        case when outcome = 'rejected' then 'company' else 'candidate' end as party,
        rejection_message_at,
        case
            when rejection_message_at is not null
                then {{ elapsed_days('closed_at', 'rejection_message_at') }}
        end as days_to_notice
    from {{ ref('fct_applications') }}
    where not is_excluded and outcome in ('rejected', 'withdrawn', 'offer_declined')
),

application_reasons as (
    select * from {{ ref('fct_application_reasons') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

notices as (
    {{ rejection_notices() }}
),

reasoned as (
    select
        applications.closed_month,
        applications.stage_key,
        applications.department,
        applications.channel_id,
        applications.party,
        coalesce(application_reasons.reason_key, 'missing') as reason_key,
        application_reasons.reason_key is null as is_reason_missing,
        coalesce(application_reasons.weight, 1.0) as weight,
        applications.rejection_message_at is not null as is_notified,
        coalesce(notices.relay_url_present, false) as is_relay_invited,
        applications.days_to_notice
    from applications
    left join application_reasons
        on
            applications.source = application_reasons.source
            and applications.application_id = application_reasons.application_id
    left join notices
        on
            applications.source = notices.source
            and applications.application_id = notices.application_id
),

cells as (
    select
        closed_month,
        stage_key,
        department,
        channel_id,
        party,
        reason_key,
        count(*) as n_applications,
        {{ stable_sum('weight') }} as weighted_n,
        count(*) filter (where is_reason_missing) as n_reason_missing,
        count(*) filter (where is_notified) as n_notified,
        count(*) filter (where is_relay_invited) as n_relay_invited,
        median(days_to_notice) as median_days_to_notice
    from reasoned
    group by closed_month, stage_key, department, channel_id, party, reason_key
),

parties as (
    select
        closed_month,
        party,
        count(*) as n_applications
    from applications
    group by closed_month, party
),

final as (
    select
        cells.closed_month,
        cells.stage_key,
        cells.department,
        cells.channel_id,
        cells.party,
        cells.reason_key,
        parameters.as_of_date,
        cells.n_applications,
        cells.weighted_n,
        cells.weighted_n / cast(parties.n_applications as double) as share_of_party,
        cells.n_reason_missing,
        cells.n_notified,
        cells.n_relay_invited,
        cells.median_days_to_notice
    from cells
    inner join parties
        on
            cells.closed_month is not distinct from parties.closed_month
            and cells.party = parties.party
    cross join parameters
)

select * from final
