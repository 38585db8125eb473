with

months as (
    select * from {{ ref('mart_channel') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

retention as (
    select * from {{ ref('mart_retention') }}
    where dimension = 'channel'
),

retention_subjects as (
    select * from {{ ref('fct_retention_subjects') }}
),

reviews as (
    select * from {{ ref('fct_reviews') }}
    where rating_share is not null
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

totals as (
    select
        channel_id,
        {%- for count in [
            'n_applications', 'n_excluded', 'n_open', 'n_rejected', 'n_withdrawn',
            'n_offer_declined', 'n_hired', 'n_reached_interview', 'n_reached_offer',
            'n_hired_left_180d',
        ] %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}
        {{ stable_sum('cost_gross') }} as cost_gross,
        {{ stable_sum('cost_refunded') }} as cost_refunded,
        {{ stable_sum('cost_estimated') }} as cost_estimated
    from months
    group by channel_id
),

-- Neither distinct persons nor medians add up over months.
histories as (
    select
        channel_id,
        count(distinct person_id) as n_persons,
        median(days_to_hire) as median_days_to_hire
    from applications
    group by channel_id
),

-- A hire counts once, however many reviews the years have brought.
rated_hires as (
    select
        retention_subjects.channel_id,
        retention_subjects.source,
        retention_subjects.employee_id,
        {{ stable_sum('reviews.rating_share') }} / count(*) as rating_share
    from retention_subjects
    inner join reviews
        on
            retention_subjects.source = reviews.source
            and retention_subjects.employee_id = reviews.employee_id
    where retention_subjects.application_id is not null
    group by
        retention_subjects.channel_id,
        retention_subjects.source,
        retention_subjects.employee_id
),

ratings as (
    select
        channel_id,
        count(*) as n_reviewed_hires,
        {{ stable_sum('rating_share') }} / count(*) as mean_review_rating
    from rated_hires
    group by channel_id
),

survivals as (
    select
        member as channel_id,
        {%- for horizon in [180, 365] %}
        {%- for column, name in [
            ('survival', 'retention_' ~ horizon ~ 'd'),
            ('survival_lo', 'retention_' ~ horizon ~ 'd_lo'),
            ('survival_hi', 'retention_' ~ horizon ~ 'd_hi'),
        ] %}
        max({{ column }}) filter (where horizon_days = {{ horizon }}) as {{ name }},
        {%- endfor %}
        {%- endfor %}
        max(n_start) as n_started
    from retention
    group by member
),

final as (
    select
        totals.channel_id,
        parameters.as_of_date,
        totals.n_applications,
        coalesce(histories.n_persons, 0) as n_persons,
        totals.n_excluded,
        totals.n_open,
        totals.n_rejected,
        totals.n_withdrawn,
        totals.n_offer_declined,
        totals.n_hired,
        totals.n_reached_interview,
        totals.n_reached_offer,
        {{ is_small('totals.n_applications') }} as is_small,
        {{ rate_with_bounds('hire_rate', 'totals.n_hired', 'totals.n_applications') }},
        {{ rate_with_bounds(
            'mature_hire_rate', 'totals.n_hired', '(totals.n_applications - totals.n_open)'
        ) }},
        totals.cost_gross,
        totals.cost_refunded,
        totals.cost_gross - totals.cost_refunded as cost_net,
        totals.cost_estimated,
        (totals.cost_gross - totals.cost_refunded) / nullif(totals.n_applications, 0)
            as cost_per_application,
        (totals.cost_gross - totals.cost_refunded) / nullif(totals.n_hired, 0) as cost_per_hire,
        histories.median_days_to_hire,
        totals.n_hired_left_180d,
        coalesce(survivals.n_started, 0) as n_started,
        survivals.retention_180d,
        survivals.retention_180d_lo,
        survivals.retention_180d_hi,
        survivals.retention_365d,
        survivals.retention_365d_lo,
        survivals.retention_365d_hi,
        coalesce(ratings.n_reviewed_hires, 0) as n_reviewed_hires,
        ratings.mean_review_rating,
        (totals.cost_gross - totals.cost_refunded)
        / nullif(totals.n_hired * survivals.retention_180d, 0) as cost_per_retained_hire_180d
    from totals
    cross join parameters
    left join histories on totals.channel_id = histories.channel_id
    left join survivals on totals.channel_id = survivals.channel_id
    left join ratings on totals.channel_id = ratings.channel_id
)

select * from final
