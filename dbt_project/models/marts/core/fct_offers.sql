with

offers as (
    select * from {{ ref('int_offers') }}
    where application_source is not null
),

-- A draft is no offer yet, and a superseded version no longer one: either stands only where nothing
-- else does. Of the rest the highest version, and the later letter where two offers share it.
current_versions as (
    select * from offers
    qualify
        row_number() over (
            partition by application_source, application_id
            order by
                case when status = 'draft' then 2 when status = 'superseded' then 1 else 0 end,
                version desc nulls last,
                sent_at desc nulls last,
                offer_id desc,
                source desc
        ) = 1
),

counted as (
    select
        application_source,
        application_id,
        count(*) as n_versions,
        min(sent_at) as first_sent_at,
        bool_or(is_sent) as is_sent
    from offers
    group by application_source, application_id
),

final as (
    select
        current_versions.application_source as source,
        current_versions.application_id,
        current_versions.offer_id,
        current_versions.version,
        counted.n_versions,
        current_versions.status,
        counted.is_sent,
        counted.first_sent_at,
        {{ local_date('counted.first_sent_at') }} as first_sent_date,
        current_versions.sent_at,
        current_versions.resolved_at,
        current_versions.decline_reason_key,
        current_versions.start_date,
        current_versions.annual_salary
    from current_versions
    inner join counted
        on
            current_versions.application_source = counted.application_source
            and current_versions.application_id = counted.application_id
)

select * from final
