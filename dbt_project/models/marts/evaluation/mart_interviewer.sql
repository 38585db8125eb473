with

sittings as (
    select * from {{ ref('fct_interviewer_sittings') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- An interviewer has one voice on an application, however many sheets they filled in for it.
voices as (
    select
        source,
        application_id,
        interviewer_id,
        {{ stable_sum('score_share * n_scores') }} / sum(n_scores) as score
    from sittings
    where n_scores > 0
    group by source, application_id, interviewer_id
),

panels as (
    select
        source,
        application_id,
        count(*) as n_voices,
        {{ stable_sum('score') }} as sum_of_scores
    from voices
    group by source, application_id
),

own as (
    select
        source,
        application_id,
        interviewer_id,
        half_year,
        {{ stable_sum('score_share * n_scores') }} / sum(n_scores) as score
    from sittings
    where n_scores > 0
    group by source, application_id, interviewer_id, half_year
),

compared as (
    select
        own.interviewer_id,
        own.half_year,
        own.score,
        case
            when panels.n_voices > 1
                then (panels.sum_of_scores - voices.score) / (panels.n_voices - 1)
        end as expected_score
    from own
    inner join voices
        on
            own.source = voices.source
            and own.application_id = voices.application_id
            and own.interviewer_id = voices.interviewer_id
    inner join panels
        on own.source = panels.source and own.application_id = panels.application_id
),

means as (
    select
        interviewer_id,
        half_year,
        count(*) as n_scored,
        {{ stable_sum('score') }} / count(*) as mean_score,
        count(expected_score) as n_compared,
        {{ stable_sum('expected_score') }} / nullif(count(expected_score), 0) as expected_score,
        {{ stable_sum('score - expected_score') }} / nullif(count(expected_score), 0) as leniency
    from compared
    group by interviewer_id, half_year
),

spreads as (
    select
        compared.interviewer_id,
        compared.half_year,
        sqrt(
            {{ stable_sum(
                '(compared.score - compared.expected_score - means.leniency)'
                ~ ' * (compared.score - compared.expected_score - means.leniency)'
            ) }}
            / nullif(max(means.n_compared) - 1, 0)
            / nullif(max(means.n_compared), 0)
        ) as standard_error
    from compared
    inner join means
        on
            compared.interviewer_id = means.interviewer_id
            and compared.half_year is not distinct from means.half_year
    group by compared.interviewer_id, compared.half_year
),

judged as (
    select
        *,
        row_number() over (
            partition by interviewer_id, half_year
            order by
                sat_at asc nulls first,
                source asc,
                application_id asc,
                sitting_key asc
        ) as row_no,
        case
            when recommendation in ('yes', 'strong_yes') then true
            when recommendation in ('no', 'definitely_no') then false
        end as is_yes,
        -- Who declined our offer was taken by us; who left before one, nobody decided on.
        case
            when outcome in ('hired', 'offer_declined') then true
            when outcome = 'rejected' then false
        end as is_taken
    from sittings
),

counted as (
    select
        interviewer_id,
        half_year,
        max_by(interviewer_department, row_no) as interviewer_department,
        count(*) filter (where is_held) as n_held,
        count(*) filter (where is_held and is_submitted) as n_submitted,
        count(*) filter (where outcome = 'open') as n_open,
        median(case when is_held then hours_to_submit end) as median_hours_to_submit,
        percentile_cont(0.9) within group (
            order by case when is_held then hours_to_submit end
        ) as p90_hours_to_submit,
        count(*) filter (where is_yes is not null and is_taken is not null) as n_judged,
        count(*) filter (where is_yes = is_taken) as n_agreed
    from judged
    group by interviewer_id, half_year
),

final as (
    select
        counted.interviewer_id,
        counted.half_year,
        counted.interviewer_department,
        parameters.as_of_date,
        counted.n_held,
        counted.n_submitted,
        counted.n_open,
        {{ is_small('counted.n_held') }} as is_small,
        {{ rate_with_bounds('submitted_rate', 'counted.n_submitted', 'counted.n_held') }},
        counted.median_hours_to_submit,
        counted.p90_hours_to_submit,
        coalesce(means.n_scored, 0) as n_scored,
        means.mean_score,
        coalesce(means.n_compared, 0) as n_compared,
        means.expected_score,
        means.leniency,
        means.leniency - {{ z_95() }} * spreads.standard_error as leniency_lo,
        means.leniency + {{ z_95() }} * spreads.standard_error as leniency_hi,
        counted.n_judged,
        counted.n_agreed,
        {{ rate_with_bounds('agreement_rate', 'counted.n_agreed', 'counted.n_judged') }}
    from counted
    cross join parameters
    left join means
        on
            counted.interviewer_id = means.interviewer_id
            and counted.half_year is not distinct from means.half_year
    left join spreads
        on
            counted.interviewer_id = spreads.interviewer_id
            and counted.half_year is not distinct from spreads.half_year
)

select * from final
