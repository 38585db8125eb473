with

snapshots as (
    select * from {{ ref('stg_table__stage_snapshots') }}
),

labels as (
    select * from {{ ref('int_labels') }}
),

loads as (
    select * from {{ ref('stg_ops__loads') }}
),

full_exports as (
    select distinct
        source,
        extracted_at
    from loads
    where entity = 'applications' and write = 'full'
),

-- A full export shows every application, changed or not, so the one before it bounds a change.
bounds as (
    select
        source,
        extracted_at,
        lag(extracted_at) over (partition by source order by extracted_at) as previous_at
    from full_exports
),

told as (
    select
        snapshots.source,
        snapshots.application_id,
        coalesce(labels.stage_key, lower(snapshots.stage_label)) as stage_key,
        labels.stage_order,
        snapshots.updated_at,
        snapshots._extracted_at as seen_at,
        snapshots._load_id as load_id
    from snapshots
    left join labels on snapshots.stage_label = labels.label
),

compared as (
    select
        *,
        lag(stage_key) over (
            partition by source, application_id
            order by seen_at, load_id
        ) as previous_key,
        lag(seen_at) over (
            partition by source, application_id
            order by seen_at, load_id
        ) as previous_seen_at
    from told
),

changes as (
    select
        compared.source,
        compared.application_id,
        compared.stage_key,
        compared.stage_order,
        compared.updated_at,
        compared.seen_at,
        compared.load_id,
        -- Two loads of one moment (a corrected file) bound nothing.
        case
            when compared.previous_seen_at is not null
                then greatest(
                    compared.previous_seen_at,
                    coalesce(bounds.previous_at, compared.previous_seen_at)
                )
        end as entered_after
    from compared
    left join bounds
        on compared.source = bounds.source and compared.seen_at = bounds.extracted_at
    where compared.previous_key is null or compared.previous_key <> compared.stage_key
),

final as (
    select
        source,
        application_id,
        row_number() over (
            partition by source, application_id
            order by seen_at, load_id
        ) as change_no,
        count(*) over (partition by source, application_id) as n_changes,
        stage_key,
        stage_order,
        entered_after,
        -- The record's last update is a closer bound where it falls between the two exports.
        case
            when updated_at <= seen_at and (entered_after is null or updated_at > entered_after)
                then updated_at
        end as updated_at,
        seen_at
    from changes
)

select * from final
