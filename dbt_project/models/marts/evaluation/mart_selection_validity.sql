{%- set outcomes = {'rating': 'rating_share', 'retention': 'retained_365d'} -%}

with

evaluations as (
    select * from {{ ref('fct_evaluations') }}
    where score_share is not null and application_id is not null
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

retention_subjects as (
    select * from {{ ref('fct_retention_subjects') }}
    where application_id is not null
),

reviews as (
    select * from {{ ref('fct_reviews') }}
    where rating_share is not null
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- Several interviewers are one score: their mean.
scores as (
    select
        evaluations.stage_key,
        coalesce(evaluations.criterion, 'unknown') as criterion,
        evaluations.application_source as source,
        evaluations.application_id,
        {{ stable_sum('evaluations.score_share') }} / count(*) as score
    from evaluations
    inner join applications
        on
            evaluations.application_source = applications.source
            and evaluations.application_id = applications.application_id
    group by
        evaluations.stage_key,
        coalesce(evaluations.criterion, 'unknown'),
        evaluations.application_source,
        evaluations.application_id
),

-- Several reviews are one rating, and so are the rows of two rosters about one hire.
ratings as (
    select
        retention_subjects.application_source as source,
        retention_subjects.application_id,
        {{ stable_sum('reviews.rating_share') }} / count(*) as rating_share
    from retention_subjects
    inner join reviews
        on
            retention_subjects.source = reviews.source
            and retention_subjects.employee_id = reviews.employee_id
            and retention_subjects.hire_date <= reviews.period_end_date
    cross join parameters
    where reviews.period_end_date <= parameters.as_of_date
    group by retention_subjects.application_source, retention_subjects.application_id
),

-- Known of those who left within the year and of those watched for the whole of it; nobody else.
stays as (
    select
        application_source as source,
        application_id,
        case
            when bool_or(is_event and days <= 365) then 0.0
            when max(days) >= 365 then 1.0
        end as retained_365d
    from retention_subjects
    group by application_source, application_id
),

outcomes as (
    select
        scores.stage_key,
        scores.criterion,
        scores.score,
        ratings.rating_share,
        stays.retained_365d,
        stays.application_id is not null as is_started
    from scores
    left join ratings
        on scores.source = ratings.source and scores.application_id = ratings.application_id
    left join stays
        on scores.source = stays.source and scores.application_id = stays.application_id
),

counts as (
    select
        stage_key,
        criterion,
        count(*) as n_scored,
        count(*) filter (where is_started) as n_started
    from outcomes
    group by stage_key, criterion
),
{% for name, column in outcomes.items() %}
{{ name }}_means as (
    select
        stage_key,
        criterion,
        count(*) as n,
        {{ stable_sum('score') }} / count(*) as mean_score,
        {{ stable_sum(column) }} / count(*) as mean_outcome
    from outcomes
    where {{ column }} is not null
    group by stage_key, criterion
),

{{ name }}_sums as (
    select
        outcomes.stage_key,
        outcomes.criterion,
        max({{ name }}_means.n) as n,
        {%- for sum, product in [
            ('xy', '(outcomes.score - means.mean_score) * (outcomes.' ~ column ~ ' - means.mean_outcome)'),
            ('xx', '(outcomes.score - means.mean_score) * (outcomes.score - means.mean_score)'),
            ('yy', '(outcomes.' ~ column ~ ' - means.mean_outcome) * (outcomes.' ~ column ~ ' - means.mean_outcome)'),
        ] %}
        {{ stable_sum(product | replace('means.', name ~ '_means.')) }} as {{ sum }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from outcomes
    inner join {{ name }}_means
        on
            outcomes.stage_key = {{ name }}_means.stage_key
            and outcomes.criterion = {{ name }}_means.criterion
    where outcomes.{{ column }} is not null
    group by outcomes.stage_key, outcomes.criterion
),

{{ name }}_correlations as (
    select
        stage_key,
        criterion,
        n,
        {{ pearson('n', 'xy', 'xx', 'yy') }} as r
    from {{ name }}_sums
),
{% endfor %}
final as (
    select
        counts.stage_key,
        counts.criterion,
        parameters.as_of_date,
        counts.n_scored,
        counts.n_started,
        {%- for name in outcomes %}
        coalesce({{ name }}_correlations.n, 0) as n_{{ name }},
        {{ name }}_correlations.r as {{ name }}_correlation,
        {{ fisher_bound(name ~ '_correlations.r', name ~ '_correlations.n', '-') }}
            as {{ name }}_correlation_lo,
        {{ fisher_bound(name ~ '_correlations.r', name ~ '_correlations.n', '+') }}
            as {{ name }}_correlation_hi,
        {%- endfor %}
        {{ is_small('coalesce(rating_correlations.n, 0)') }} as is_small
    from counts
    cross join parameters
    {%- for name in outcomes %}
    left join {{ name }}_correlations
        on
            counts.stage_key = {{ name }}_correlations.stage_key
            and counts.criterion = {{ name }}_correlations.criterion
    {%- endfor %}
)

select * from final
