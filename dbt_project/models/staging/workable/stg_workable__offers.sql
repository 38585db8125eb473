with

offers as (
    {{ current_records('workable', 'offers') }}
),

final as (
    select
        {{ emit('offers', {
            'offer_id': 'id',
            'version': '1',
            'application_id': 'parent_id',
            'status': 'case lower(' ~ text_at('state') ~ ") when 'approved' then 'draft' when 'sent' then 'sent'"
                ~ " when 'accepted' then 'accepted' when 'signed' then 'accepted'"
                ~ " when 'declined' then 'declined' when 'rejected' then 'declined' else 'draft' end",
            'sent_at': moment_at('sent_at'),
            'resolved_at': moment_at('resolved_at'),
        }) }}
    from offers
)

select * from final
