with

loads as (
    select * from {{ ref('stg_ops__loads') }}
),

quarantine as (
    select * from {{ ref('stg_ops__quarantine') }}
),

quality as (
    select * from {{ ref('int_entity_quality') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- What a file brought counts once, however often it was read: a run repeated or killed changes no
-- number. An API or a mailbox has no file, and tells many rows again on every run: of it counts
-- what was new, and what still waits.
readings as (
    select * from loads
    qualify
        row_number() over (
            partition by source, entity, coalesce(file, cast(load_id as string))
            order by load_id desc
        ) = 1
),

loaded as (
    select
        source,
        entity,
        cast(
            sum(rows_loaded + case when file is not null then rows_unchanged else 0 end) as bigint
        ) as rows_loaded,
        cast(
            sum(rows_quarantined) filter (where file is not null) as bigint
        ) as rows_quarantined,
        max(extracted_at) as last_extracted_at
    from readings
    group by source, entity
),

waiting as (
    select
        source,
        entity,
        count(*) as n_quarantined_open,
        count(*) filter (where file is null) as n_without_file
    from quarantine
    group by source, entity
),

grains as (
    select
        source,
        entity
    from loaded
    union
    select
        source,
        entity
    from waiting
    union
    select
        source,
        entity
    from quality
),

final as (
    select
        grains.source,
        grains.entity,
        parameters.as_of_date,
        coalesce(loaded.rows_loaded, 0)
        + coalesce(loaded.rows_quarantined, 0)
        + coalesce(waiting.n_without_file, 0) as rows_in,
        coalesce(loaded.rows_loaded, 0) as rows_loaded,
        coalesce(loaded.rows_quarantined, 0)
        + coalesce(waiting.n_without_file, 0) as rows_quarantined,
        coalesce(waiting.n_quarantined_open, 0) as n_quarantined_open,
        coalesce(quality.n_rows, 0) as n_rows,
        coalesce(quality.n_missing_key_fields, 0) as n_missing_key_fields,
        coalesce(quality.n_unmapped_labels, 0) as n_unmapped_labels,
        coalesce(quality.n_unmatched, 0) as n_unmatched,
        -- A file may be copied after the day that the run looks back to.
        case
            when loaded.last_extracted_at is not null
                then least(loaded.last_extracted_at, parameters.as_of_at)
        end as last_extracted_at,
        case
            when loaded.last_extracted_at is not null
                then
                    greatest(
                        0.0,
                        {{ elapsed_days('loaded.last_extracted_at', 'parameters.as_of_at') }}
                    )
        end as days_since_extraction
    from grains
    cross join parameters
    left join loaded on grains.source = loaded.source and grains.entity = loaded.entity
    left join waiting on grains.source = waiting.source and grains.entity = waiting.entity
    left join quality on grains.source = quality.source and grains.entity = quality.entity
)

select * from final
