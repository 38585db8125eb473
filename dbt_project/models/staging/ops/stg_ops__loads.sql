with

source as (
    select * from {{ source('ops', 'loads') }}
),

final as (
    select
        load_id,
        source,
        stream as entity,
        file,
        write,
        extracted_at,
        rows_in,
        rows_loaded,
        rows_unchanged,
        rows_quarantined
    from source
)

select * from final
