with

offers as (
    {{ current_records('ashby', 'offers') }}
),

named as (
    select
        *,
        lower(coalesce(
            {{ text_at('acceptanceStatus') }}, {{ text_at('latestVersion.acceptanceStatus') }}, ''
        )) as answer,
        lower(coalesce({{ text_at('offerStatus') }}, '')) as status
    from offers
),

final as (
    select
        {{ emit('offers', {
            'offer_id': 'id',
            'version': '1',
            'application_id': text_at('applicationId'),
            'status': "case when answer = 'accepted' or status like '%accepted%' then 'accepted'"
                ~ " when answer = 'declined' or status like '%candidaterejected%' then 'declined'"
                ~ " when status like '%cancel%' then 'withdrawn'"
                ~ " when status like '%waitingoncandidate%' or answer = 'pending' then 'sent' else 'draft' end",
            'sent_at': moment_at('latestVersion.createdAt'),
            'resolved_at': moment_at('decidedAt'),
            'start_date': to_date(text_at('latestVersion.startDate')),
        }) }}
    from named
)

select * from final
