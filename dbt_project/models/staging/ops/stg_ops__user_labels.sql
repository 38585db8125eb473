with

source as (
    select * from {{ source('ops', 'user_labels') }}
),

final as (
    select
        lower({{ trim_space('vocabulary') }}) as vocabulary,
        label,
        lower({{ trim_space('key') }}) as key
    from source
)

select * from final
