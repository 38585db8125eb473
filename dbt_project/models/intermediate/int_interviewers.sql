with

evaluations as (
    {{ unite('evaluations', ['source', 'evaluation_id', 'interviewer_label', 'submitted_at']) }}
),

-- One label can stand for one interviewer under several spellings of its spaces and widths.
folds as (
    select * from {{ ref('stg_ops__label_folds') }}
),

spelled as (
    select
        coalesce(folds.folded, lower(evaluations.interviewer_label)) as interviewer,
        evaluations.interviewer_label,
        evaluations.submitted_at,
        evaluations.source,
        evaluations.evaluation_id
    from evaluations
    left join folds on evaluations.interviewer_label = folds.label
    where evaluations.interviewer_label is not null
),

firsts as (
    select
        interviewer,
        min(submitted_at) as first_submitted_at,
        min(concat_ws('|', source, evaluation_id)) as first_evaluation
    from spelled
    group by interviewer
),

-- Numbered in order of appearance: a hash of a name could be found again by hashing the staff list.
numbered as (
    select
        interviewer,
        concat(
            'interviewer-',
            cast(
                row_number() over (
                    order by
                        first_submitted_at asc nulls last,
                        first_evaluation asc,
                        interviewer asc
                ) as string
            )
        ) as interviewer_id
    from firsts
),

final as (
    select distinct
        spelled.interviewer_label,
        numbered.interviewer_id
    from spelled
    inner join numbered on spelled.interviewer = numbered.interviewer
)

select * from final
