with

source as (
    select * from {{ source('raw', 'table__evaluations') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('evaluation_id', 'id') }},
        {{ field('application_id', 'id') }},
        {{ field('interview_id', 'id') }},
        {{ field('stage_label', 'text') }},
        {{ field('interviewer_label', 'text') }},
        {{ field('interviewer_department', 'text') }},
        {{ field('criterion', 'text') }},
        {{ field('score', 'num') }},
        {{ field('score_min', 'num') }},
        {{ field('score_max', 'num') }},
        {{ field('recommendation', 'word') }},
        {{ field('submitted_at', 'at') }},
        {{ precision_of('submitted_at') }} as submitted_precision,
        {{ field('comment', 'text') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
