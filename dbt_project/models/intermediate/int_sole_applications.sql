with

applications as (
    select
        source,
        application_id
    from {{ ref('int_applications') }}
),

final as (
    select
        application_id,
        min(source) as source
    from applications
    group by application_id
    having count(*) = 1
)

select * from final
