{# An entity as a reader of files tells it, whichever connector that is: the newest version of every row,
   each field in its type. `relation` is a change log with the entity's own fields. #}


{% macro file_candidates(relation) -%}
    select
        source,
        candidate_id,
        full_name,
        family_name,
        given_name,
        kana,
        email,
        phone,
        {{ to_date('birth_date') }} as birth_date,
        {{ to_utc('created_at') }} as created_at,
        {{ precision_of('created_at') }} as created_precision,
        {{ to_flag('is_anonymised') }} as is_anonymised,
        _extracted_at,
        _load_id
    from (
        {{ current_rows(relation, [
        'candidate_id', 'full_name', 'family_name', 'given_name', 'kana', 'email', 'phone',
        'birth_date', 'created_at', 'is_anonymised',
    ]) }}
    ) as current_rows
{%- endmacro %}


{% macro file_applications(relation) -%}
    select
        source,
        application_id,
        candidate_id,
        job_id,
        channel_label,
        agency_label,
        referrer_label,
        {{ to_flag('is_prospect') }} as is_prospect,
        {{ to_utc('applied_at') }} as applied_at,
        {{ precision_of('applied_at') }} as applied_precision,
        lower(applied_at_basis) as applied_at_basis,
        status_label,
        lower(outcome) as outcome,
        {{ to_utc('closed_at') }} as closed_at,
        {{ precision_of('closed_at') }} as closed_precision,
        lower(closed_by) as closed_by,
        current_stage_label,
        {{ to_utc('updated_at') }} as updated_at,
        {{ precision_of('updated_at') }} as updated_precision,
        _extracted_at,
        _load_id
    from (
        {{ current_rows(relation, [
        'application_id', 'candidate_id', 'job_id', 'channel_label', 'agency_label',
        'referrer_label', 'is_prospect', 'applied_at', 'applied_at_basis', 'status_label',
        'outcome', 'closed_at', 'closed_by', 'current_stage_label', 'updated_at',
    ]) }}
    ) as current_rows
{%- endmacro %}


{% macro file_feedback(relation, is_found_by_name) -%}
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
        {{ is_found_by_name }} as is_found_by_name,
        _extracted_at,
        _load_id
    from (
        {{ current_rows(relation, [
        'feedback_id', 'thread_label', 'author_label', 'posted_at', 'application_id',
        'candidate_ref', 'text',
    ]) }}
    ) as current_rows
{%- endmacro %}
