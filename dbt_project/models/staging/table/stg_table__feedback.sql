with

source as (
    select * from {{ source('raw', 'table__feedback') }}
),

current_rows as (
    {{ current_rows('source', [
        'feedback_id', 'thread_label', 'author_label', 'posted_at', 'application_id',
        'candidate_ref', 'text',
    ]) }}
),

final as (
    select
        source,
        feedback_id,
        thread_label,
        author_label,
        {{ to_utc('posted_at') }} as posted_at,
        {{ precision_of('posted_at') }} as posted_precision,
        application_id,
        candidate_ref,
        text,
        false as is_found_by_name,
        _extracted_at,
        _load_id
    from current_rows
)

select * from final
