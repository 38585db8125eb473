with

source as (
    select * from {{ source('ops', 'label_folds') }}
),

final as (
    select
        label,
        folded
    from source
)

select * from final
