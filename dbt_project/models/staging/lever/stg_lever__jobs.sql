with

postings as (
    {{ current_records('lever', 'postings') }}
),

final as (
    select
        {{ emit('jobs', {
            'job_id': 'id',
            'title': text_at('text'),
            'job_family': text_at('categories.team'),
            'department': "coalesce(" ~ text_at('categories.department') ~ ", " ~ text_at('categories.team') ~ ")",
            'hiring_type': text_at('categories.commitment'),
            'status': text_at('state'),
            'opened_date': local_date(moment_at('createdAt')),
        }) }}
    from postings
)

select * from final
