with

offers as (
    {{ unite('offers', [
        'source', 'offer_id', 'version', 'application_id', 'status', 'sent_at', 'resolved_at',
        'decline_reason_label', 'start_date', 'annual_salary',
    ]) }}
),

labels as (
    select * from {{ ref('int_labels') }}
),

words as (
    select * from {{ ref('words') }}
),

resolved as (
    select
        offers.source,
        offers.offer_id,
        offers.version,
        {{ application_source() }} as application_source,
        offers.application_id,
        coalesce(words.word, 'draft') as status,
        offers.sent_at,
        offers.resolved_at,
        coalesce(labels.reason_key, lower(offers.decline_reason_label)) as decline_reason_key,
        offers.start_date,
        offers.annual_salary
    from offers
    {{ join_application('offers') }}
    left join labels on offers.decline_reason_label = labels.label
    left join words on offers.status = words.label and words.field = 'offer_status'
),

final as (
    select
        *,
        -- An answer presupposes a letter, though its date may not have been kept.
        sent_at is not null or status in ('sent', 'accepted', 'declined') as is_sent
    from resolved
)

select * from final
