with

feedback as (
    {{ unite('feedback', [
        'source', 'feedback_id', 'posted_at', 'application_id', 'is_found_by_name',
    ]) }}
),

persons as (
    select * from {{ ref('stg_identity__feedback_xref') }}
),

applications as (
    select * from {{ ref('int_application_progress') }}
),

referred as (
    select
        feedback.source,
        feedback.feedback_id,
        feedback.posted_at,
        feedback.is_found_by_name,
        {{ application_source() }} as application_source,
        feedback.application_id,
        case when feedback.is_found_by_name then persons.person_id end as person_id
    from feedback
    {{ join_application('feedback') }}
    left join persons
        on feedback.source = persons.source and feedback.feedback_id = persons.feedback_id
),

-- The application of the person whom a chat names: 1 one open then, 2 the latest before, 3 any.
candidates as (
    select
        referred.source,
        referred.feedback_id,
        applications.source as application_source,
        applications.application_id,
        applications.applied_at,
        case
            when
                applications.applied_at <= referred.posted_at
                and (
                    applications.closed_at is null or applications.closed_at > referred.posted_at
                )
                then 1
            when applications.applied_at <= referred.posted_at then 2
            else 3
        end as choice
    from referred
    inner join applications on referred.person_id = applications.person_id
    where referred.application_source is null
),

chosen as (
    select * from candidates
    qualify
        row_number() over (
            partition by source, feedback_id
            order by
                choice asc,
                applied_at desc nulls last,
                application_id desc,
                application_source asc
        ) = 1
),

-- What a chat says of nobody who applied is no feedback.
final as (
    select
        referred.source,
        referred.feedback_id,
        coalesce(referred.application_source, chosen.application_source) as application_source,
        case
            when referred.application_source is not null then referred.application_id
            else coalesce(chosen.application_id, referred.application_id)
        end as application_id,
        referred.posted_at
    from referred
    left join chosen
        on
            referred.source = chosen.source
            and referred.feedback_id = chosen.feedback_id
    where
        not referred.is_found_by_name
        or referred.application_source is not null
        or chosen.application_id is not null
)

select * from final
