{%- set categories = ['competition', 'fit', 'personal', 'process', 'terms'] -%}

with

offers as (
    select * from {{ ref('fct_offers') }}
    where is_sent
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

reasons as (
    select * from {{ ref('dim_reason') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

answered as (
    select
        cast(date_trunc('month', {{ to_local('offers.first_sent_at') }}) as date)
            as extended_month,
        applications.job_family,
        applications.outcome,
        -- The letter's own word; where it has none yet, how the application ended says it.
        case
            when offers.status in ('accepted', 'declined', 'withdrawn') then offers.status
            when applications.outcome = 'hired' then 'accepted'
            when applications.outcome in ('offer_declined', 'withdrawn') then 'declined'
            when applications.outcome = 'rejected' then 'withdrawn'
            else 'open'
        end as answer,
        case
            when
                offers.status in ('accepted', 'declined')
                and offers.first_sent_at is not null
                and offers.resolved_at is not null
                then
                    greatest(
                        0.0, {{ elapsed_days('offers.first_sent_at', 'offers.resolved_at') }}
                    )
        end as days_to_answer,
        coalesce(offers.decline_reason_key, applications.reason_key) as reason_key
    from offers
    inner join applications
        on
            offers.source = applications.source
            and offers.application_id = applications.application_id
),

explained as (
    select
        answered.*,
        reasons.category
    from answered
    left join reasons on answered.reason_key = reasons.reason_key
),

cells as (
    select
        extended_month,
        job_family,
        count(*) as n_extended,
        count(*) filter (where answer = 'accepted') as n_accepted,
        count(*) filter (where answer = 'declined') as n_declined,
        count(*) filter (where answer = 'withdrawn') as n_withdrawn,
        count(*) filter (where answer = 'open') as n_open,
        count(*) filter (
            where answer = 'accepted' and outcome in ('offer_declined', 'withdrawn')
        ) as n_declined_after_acceptance,
        median(days_to_answer) as median_days_to_answer,
        percentile_cont(0.9) within group (order by days_to_answer) as p90_days_to_answer,
        {%- for category in categories %}
        count(*) filter (where answer = 'declined' and category = '{{ category }}')
            as n_declined_{{ category }},
        {%- endfor %}
        count(*) filter (
            where answer = 'declined'
            and reason_key is not null
            and {% for category in categories %}category is distinct from '{{ category }}'
            {%- if not loop.last %}
            and {% endif %}{% endfor %}
        ) as n_declined_other,
        count(*) filter (where answer = 'declined' and reason_key is null)
            as n_declined_reason_missing
    from explained
    group by extended_month, job_family
),

given_reasons as (
    select
        extended_month,
        job_family,
        reason_key,
        count(*) as n_declined
    from explained
    where answer = 'declined' and reason_key is not null
    group by extended_month, job_family, reason_key
),

main_reasons as (
    select * from given_reasons
    qualify
        row_number() over (
            partition by extended_month, job_family
            order by n_declined desc, reason_key asc
        ) = 1
),

final as (
    select
        cells.extended_month,
        cells.job_family,
        parameters.as_of_date,
        cells.n_extended,
        cells.n_accepted,
        cells.n_declined,
        cells.n_withdrawn,
        cells.n_open,
        cells.n_declined_after_acceptance,
        {{ is_small('cells.n_extended') }} as is_small,
        {{ rate_with_bounds('acceptance_rate', 'cells.n_accepted', 'cells.n_extended') }},
        {{ rate_with_bounds(
            'mature_acceptance_rate', 'cells.n_accepted', '(cells.n_extended - cells.n_open)'
        ) }},
        {{ rate_with_bounds(
            'candidate_acceptance_rate',
            'cells.n_accepted',
            '(cells.n_accepted + cells.n_declined)'
        ) }},
        cells.median_days_to_answer,
        cells.p90_days_to_answer,
        {%- for category in categories %}
        cells.n_declined_{{ category }},
        {%- endfor %}
        cells.n_declined_other,
        cells.n_declined_reason_missing,
        main_reasons.reason_key as main_decline_reason_key
    from cells
    cross join parameters
    left join main_reasons
        on
            cells.extended_month is not distinct from main_reasons.extended_month
            and cells.job_family = main_reasons.job_family
)

select * from final
