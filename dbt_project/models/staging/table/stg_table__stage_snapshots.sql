with

source as (
    select * from {{ source('raw', 'table__applications') }}
),

-- What every export said, not only the newest: a row that did not change has no new version.
versions as (
    select
        source,
        {{ canonical('application_id') }} as application_id,
        {{ canonical('current_stage_label') }} as stage_label,
        {{ canonical('updated_at') }} as updated_at,
        _extracted_at,
        _load_id
    from source
    where not _deleted
    qualify
        row_number() over (
            partition by source, _key, _extracted_at, _load_id
            order by _row_number desc
        ) = 1
),

final as (
    select
        source,
        application_id,
        stage_label,
        {{ to_utc('updated_at') }} as updated_at,
        _extracted_at,
        _load_id
    from versions
    where application_id is not null and stage_label is not null
)

select * from final
