with

evaluations as (
    select * from {{ ref('fct_evaluations') }}
    where interviewer_id is not null and application_id is not null
),

interviews as (
    select * from {{ ref('fct_interviews') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
    where not is_excluded
),

-- A sheet may hold a row a criterion, and the verdict on a row of its own: together they are one
-- sitting, of the interview they name, else of the stage.
rows_of_sittings as (
    select
        evaluations.interviewer_id,
        evaluations.application_source as source,
        evaluations.application_id,
        coalesce(interviews.interview_id, evaluations.stage_key) as sitting_key,
        interviews.interview_id,
        evaluations.stage_key,
        evaluations.interviewer_department,
        evaluations.score_share,
        evaluations.recommendation,
        evaluations.submitted_at,
        coalesce(
            evaluations.submitted_at,
            interviews.held_at,
            interviews.scheduled_at
        ) as ordered_at,
        evaluations.source as evaluation_source,
        evaluations.evaluation_id,
        evaluations.submitted_at is not null
        or evaluations.score is not null
        or evaluations.recommendation is not null as is_submitted,
        interviews.held_at,
        interviews.scheduled_at,
        -- Where no interview is known, the sheet is the evidence that it was held.
        coalesce(interviews.status = 'held', true) as is_held
    from evaluations
    left join interviews
        on
            evaluations.source = interviews.source
            and evaluations.interview_id = interviews.interview_id
            and evaluations.application_source = interviews.application_source
            and evaluations.application_id = interviews.application_id
),

numbered as (
    select
        *,
        row_number() over (
            partition by interviewer_id, source, application_id, sitting_key
            order by ordered_at asc nulls first, evaluation_id asc, evaluation_source asc
        ) as row_no
    from rows_of_sittings
),

sittings as (
    select
        interviewer_id,
        source,
        application_id,
        sitting_key,
        max(interview_id) as interview_id,
        max_by(stage_key, row_no) as stage_key,
        max_by(interviewer_department, row_no) as interviewer_department,
        max(held_at) as held_at,
        coalesce(max(held_at), min(submitted_at), max(scheduled_at)) as sat_at,
        min(submitted_at) as submitted_at,
        bool_or(is_held) as is_held,
        bool_or(is_submitted) as is_submitted,
        count(score_share) as n_scores,
        {{ stable_sum('score_share') }} / nullif(count(score_share), 0) as score_share,
        max_by(
            recommendation, case when recommendation is not null then row_no end
        ) as recommendation
    from numbered
    group by interviewer_id, source, application_id, sitting_key
),

final as (
    select
        sittings.interviewer_id,
        sittings.source,
        sittings.application_id,
        sittings.sitting_key,
        sittings.interview_id,
        sittings.stage_key,
        sittings.interviewer_department,
        sittings.sat_at,
        {{ local_date('sittings.sat_at') }} as sat_date,
        {{ fiscal_half_of(local_date('sittings.sat_at')) }} as half_year,
        sittings.is_held,
        sittings.is_submitted,
        case
            when sittings.held_at is not null and sittings.submitted_at is not null
                then
                    greatest(
                        0.0, {{ elapsed_days('sittings.held_at', 'sittings.submitted_at') }}
                    )
                    * 24
        end as hours_to_submit,
        sittings.n_scores,
        sittings.score_share,
        sittings.recommendation,
        applications.outcome
    from sittings
    inner join applications
        on
            sittings.source = applications.source
            and sittings.application_id = applications.application_id
)

select * from final
