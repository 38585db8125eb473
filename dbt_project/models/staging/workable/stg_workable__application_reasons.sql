with

candidates as (
    {{ current_records('workable', 'candidates') }}
),

judged as (
    select
        *,
        {{ text_at('disqualification_reason') }} as reason_label,
        case
            when {{ text_at('hired_at') }} is not null then 'hired'
            when {{ text_at('withdrew') }} = 'true' then 'withdrawn'
            when lower({{ text_at('disqualification_reason') }}) like '%offer%declin%'
                then 'offer_declined'
            when lower({{ text_at('disqualification_reason') }}) like '%withdr%' then 'withdrawn'
            when {{ text_at('disqualified') }} = 'true' then 'rejected'
            else 'open'
        end as outcome
    from candidates
),

final as (
    select
        {{ emit('application_reasons', {
            'application_id': 'id',
            'ordinal': '1',
            'reason_label': 'reason_label',
            'party': "case outcome when 'rejected' then 'company' else 'candidate' end",
        }) }}
    from judged
    where outcome not in ('open', 'hired') and reason_label is not null
)

select * from final
