with

relay_slot_uses as (
    {{ unite('relay_slot_uses', ['source', 'slot_use_id', 'used_at', 'application_id', 'job_id']) }}
),

final as (
    select
        relay_slot_uses.source,
        relay_slot_uses.slot_use_id,
        relay_slot_uses.used_at,
        {{ application_source() }} as application_source,
        relay_slot_uses.application_id,
        relay_slot_uses.job_id
    from relay_slot_uses
    {{ join_application('relay_slot_uses') }}
)

select * from final
