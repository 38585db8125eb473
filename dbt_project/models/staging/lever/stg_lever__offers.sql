with

offers as (
    {{ lever_remaining('offers') }}
),

final as (
    select
        {{ emit('offers', {
            'offer_id': 'id',
            'version': '1',
            'application_id': 'parent_id',
            'status': "case when " ~ text_at('status') ~ " in ('signed', 'accepted') then 'accepted'"
                ~ " when " ~ text_at('status') ~ " in ('sent', 'sent-manually', 'opened') then 'sent'"
                ~ " when " ~ text_at('status') ~ " in ('denied', 'expired', 'revoked') then 'withdrawn'"
                ~ " when " ~ text_at('status') ~ " = 'declined' then 'declined' else 'draft' end",
            'sent_at': 'coalesce(' ~ moment_at('sentDocument.uploadedAt') ~ ', ' ~ moment_at('sentAt') ~ ')',
            'resolved_at': moment_at('signedDocument.uploadedAt'),
        }) }}
    from offers
)

select * from final
