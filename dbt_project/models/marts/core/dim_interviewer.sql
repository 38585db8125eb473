with

evaluations as (
    select * from {{ ref('fct_evaluations') }}
    where interviewer_id is not null
),

numbered as (
    select
        *,
        row_number() over (
            partition by interviewer_id
            order by submitted_at asc nulls first, evaluation_id asc, source asc
        ) as evaluation_no
    from evaluations
),

final as (
    select
        interviewer_id,
        -- Of the latest evaluation: people move between departments.
        max_by(interviewer_department, evaluation_no) as department,
        cast(min({{ local_date('submitted_at') }}) as date) as first_submitted_date,
        cast(max({{ local_date('submitted_at') }}) as date) as last_submitted_date,
        count(*) as n_evaluations
    from numbered
    group by interviewer_id
)

select * from final
