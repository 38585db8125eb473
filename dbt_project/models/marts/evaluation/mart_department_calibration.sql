-- Components of variance of a one-way layout with unequal groups: within = MSW, between =
-- (MSB - MSW) / n0, n0 = (N - sum n_j^2 / N) / (k - 1). Searle, Casella and McCulloch, Variance
-- Components (1992), 3.6.
with

sittings as (
    select * from {{ ref('fct_interviewer_sittings') }}
    where n_scores > 0
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- One voice an interviewer and application, though they scored three criteria in two interviews.
voices as (
    select
        source,
        application_id,
        interviewer_id,
        interviewer_department as department,
        {{ stable_sum('score_share * n_scores') }} / sum(n_scores) as score
    from sittings
    group by source, application_id, interviewer_id, interviewer_department
),

means as (
    select
        department,
        count(*) as n_scores,
        count(distinct interviewer_id) as n_interviewers,
        count(distinct concat_ws('|', source, application_id)) as n_applications,
        {{ stable_sum('score') }} / count(*) as mean_score
    from voices
    group by department
),

squares as (
    select
        voices.department,
        {{ stable_sum(
            '(voices.score - means.mean_score) * (voices.score - means.mean_score)'
        ) }} as square_sum
    from voices
    inner join means on voices.department = means.department
    group by voices.department
),

overall as (
    select
        count(*) as n_departments,
        cast(sum(n_scores) as double) as n_all,
        {{ stable_sum('n_scores * mean_score') }} / sum(n_scores) as mean_of_all,
        {{ stable_sum('n_scores * n_scores') }} as sum_of_squared_sizes
    from means
),

layout as (
    select
        max(overall.n_departments) as n_departments,
        max(overall.mean_of_all) as mean_of_all,
        {{ stable_sum(
            'means.n_scores * (means.mean_score - overall.mean_of_all)'
            ~ ' * (means.mean_score - overall.mean_of_all)'
        ) }} / nullif(max(overall.n_departments) - 1, 0) as mean_square_between,
        {{ stable_sum('squares.square_sum') }}
        / nullif(max(overall.n_all) - max(overall.n_departments), 0) as mean_square_within,
        (max(overall.n_all) - max(overall.sum_of_squared_sizes) / max(overall.n_all))
        / nullif(max(overall.n_departments) - 1, 0) as size_of_a_department
    from means
    inner join squares on means.department = squares.department
    cross join overall
),

components as (
    select
        n_departments,
        mean_of_all,
        mean_square_within as variance_within,
        case
            when mean_square_between <= mean_square_within then 0.0
            else (mean_square_between - mean_square_within) / size_of_a_department
        end as variance_between,
        mean_square_between / nullif(mean_square_within, 0) as f_statistic
    from layout
),

-- A department's view of an application beside that of everybody else who saw the same one.
views as (
    select
        source,
        application_id,
        department,
        count(*) as n_voices,
        {{ stable_sum('score') }} as sum_of_scores
    from voices
    group by source, application_id, department
),

panels as (
    select
        *,
        cast(
            sum(n_voices) over (partition by source, application_id) as bigint
        ) - n_voices as n_others,
        cast(
            sum(cast(sum_of_scores as decimal(38, 18))) over (partition by source, application_id)
            as double
        ) - sum_of_scores as sum_of_others
    from views
),

differences as (
    select
        department,
        sum_of_others / n_others as panel_score,
        sum_of_scores / n_voices - sum_of_others / n_others as difference
    from panels
    where n_others > 0
),

leniencies as (
    select
        department,
        count(*) as n_compared,
        {{ stable_sum('panel_score') }} / count(*) as panel_score,
        {{ stable_sum('difference') }} / count(*) as leniency
    from differences
    group by department
),

errors as (
    select
        differences.department,
        sqrt(
            {{ stable_sum(
                '(differences.difference - leniencies.leniency)'
                ~ ' * (differences.difference - leniencies.leniency)'
            ) }}
            / nullif(max(leniencies.n_compared) - 1, 0)
            / max(leniencies.n_compared)
        ) as standard_error
    from differences
    inner join leniencies on differences.department = leniencies.department
    group by differences.department
),

final as (
    select
        means.department,
        parameters.as_of_date,
        means.n_scores,
        means.n_interviewers,
        means.n_applications,
        {{ is_small('means.n_scores') }} as is_small,
        means.mean_score,
        squares.square_sum / nullif(means.n_scores - 1, 0) as variance,
        coalesce(leniencies.n_compared, 0) as n_compared,
        leniencies.panel_score,
        leniencies.leniency,
        leniencies.leniency - {{ z_95() }} * errors.standard_error as leniency_lo,
        leniencies.leniency + {{ z_95() }} * errors.standard_error as leniency_hi,
        components.n_departments,
        components.mean_of_all,
        components.variance_between,
        components.variance_within,
        components.variance_between
        / nullif(components.variance_between + components.variance_within, 0) as between_share,
        components.f_statistic
    from means
    inner join squares on means.department = squares.department
    cross join components
    cross join parameters
    left join leniencies on means.department = leniencies.department
    left join errors on means.department = errors.department
)

select * from final
