{%- set steps = [
    'eligible', 'notified', 'url_present', 'delivered', 'clicked', 'registered', 'counted',
] %}

with

invitations as (
    select * from {{ source('relay', 'fct_relay_invitations') }}
),

applications as (
    select * from {{ ref('fct_applications') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

cells as (
    select
        applications.closed_month,
        applications.department,
        applications.channel_id,
        count(*) as n_eligible,
        count(*) filter (where invitations.is_notified) as n_notified,
        count(*) filter (where invitations.is_notified and invitations.url_present)
            as n_url_present,
        count(*) filter (
            where invitations.is_notified
            and invitations.url_present
            and invitations.delivery <> 'bounced'
        ) as n_delivered,
        count(*) filter (where invitations.first_human_click_at is not null) as n_clicked,
        count(*) filter (where invitations.registered_at is not null) as n_registered,
        count(*) filter (where invitations.is_counted) as n_counted
    from invitations
    inner join applications
        on
            invitations.source = applications.source
            and invitations.application_id = applications.application_id
    group by applications.closed_month, applications.department, applications.channel_id
),

final as (
    select
        cells.closed_month,
        cells.department,
        cells.channel_id,
        parameters.as_of_date,
        {{ whole_days('last_day(cells.closed_month)', 'parameters.as_of_date') }} < 30
            as is_censored,
        {%- for step in steps %}
        cells.n_{{ step }},
        {%- endfor %}
        {{ is_small('cells.n_eligible') }} as is_small,
        {%- for step in steps[1:] %}
        {{ rate_with_bounds(step ~ '_rate', 'cells.n_' ~ step, 'cells.n_' ~ steps[loop.index0]) }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cells
    cross join parameters
)

select * from final
