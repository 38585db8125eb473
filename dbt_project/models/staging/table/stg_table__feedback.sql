with

source as (
    select * from {{ source('raw', 'table__feedback') }}
),

current_rows as (
    {{ current_version('source') }}
),

final as (
    select
        source,
        {{ field('feedback_id', 'id') }},
        {{ field('thread_label', 'text') }},
        {{ field('author_label', 'text') }},
        {{ field('posted_at', 'at') }},
        {{ precision_of('posted_at') }} as posted_precision,
        {{ field('application_id', 'id') }},
        {{ field('candidate_ref', 'text') }},
        {{ field('text', 'text') }},
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
