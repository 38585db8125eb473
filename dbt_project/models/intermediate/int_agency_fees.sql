with

applications as (
    select * from {{ ref('int_applications') }}
    where outcome = 'hired' and not is_excluded
),

progress as (
    select * from {{ ref('int_application_progress') }}
),

jobs as (
    select * from {{ ref('int_jobs') }}
),

offers as (
    select * from {{ ref('int_offers') }}
    where application_source is not null and status in ('accepted', 'sent')
),

employees as (
    select * from {{ ref('int_employees') }}
    where application_source is not null and hire_date is not null
),

channel_costs as (
    select * from {{ ref('int_channel_costs') }}
    where application_source is not null
),

slot_uses as (
    select * from {{ ref('int_relay_slot_uses') }}
    where application_source is not null
),

terms as (
    select * from {{ ref('stg_ops__agency_terms') }}
),

refund_steps as (
    select * from {{ ref('stg_ops__agency_refund_steps') }}
),

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

-- The version that was accepted, else the last letter: of several, the highest.
accepted_offers as (
    select
        application_source as source,
        application_id,
        start_date,
        cast(annual_salary as double) as annual_salary
    from offers
    qualify
        row_number() over (
            partition by application_source, application_id
            order by
                case when status = 'accepted' then 0 else 1 end,
                version desc nulls last,
                offer_id desc,
                source desc
        ) = 1
),

-- The first time that the hire worked here; a later spell of the same person is no second fee.
first_spells as (
    select
        application_source as source,
        application_id,
        hire_date,
        last_date,
        termination_type
    from employees
    qualify
        row_number() over (
            partition by application_source, application_id
            order by hire_date asc, last_date asc nulls last, source asc, employee_id asc
        ) = 1
),

invoices as (
    select
        application_source as source,
        application_id,
        {{ stable_sum("case when kind = 'success_fee' then amount end") }} as invoiced_fee,
        bool_or(kind = 'refund') as is_refund_invoiced
    from channel_costs
    where kind in ('success_fee', 'refund')
    group by application_source, application_id
),

hires as (
    select
        applications.source,
        applications.application_id,
        applications.channel_id,
        applications.agency,
        coalesce(jobs.hiring_type, 'unknown') as hiring_type,
        accepted_offers.annual_salary,
        coalesce(
            first_spells.hire_date,
            {{ local_date('progress.joined_at') }},
            accepted_offers.start_date,
            {{ local_date('progress.accepted_at') }}
        ) as start_date,
        first_spells.hire_date,
        -- What is to come has not happened yet.
        case
            when first_spells.last_date <= parameters.as_of_date then first_spells.last_date
        end as left_date,
        first_spells.termination_type,
        invoices.invoiced_fee,
        coalesce(invoices.is_refund_invoiced, false) as is_refund_invoiced,
        parameters.as_of_date
    from applications
    cross join parameters
    inner join progress
        on
            applications.source = progress.source
            and applications.application_id = progress.application_id
    left join jobs on applications.job_source = jobs.source and applications.job_id = jobs.job_id
    left join accepted_offers
        on
            applications.source = accepted_offers.source
            and applications.application_id = accepted_offers.application_id
    left join first_spells
        on
            applications.source = first_spells.source
            and applications.application_id = first_spells.application_id
    left join invoices
        on
            applications.source = invoices.source
            and applications.application_id = invoices.application_id
    -- A hire for a slot of the relay owes nobody a fee.
    anti join slot_uses
        on
            applications.source = slot_uses.application_source
            and applications.application_id = slot_uses.application_id
),

-- The entry that names the agency goes before the one that names the channel.
agreed as (
    select
        hires.*,
        terms.agency as terms_agency,
        terms.valid_from as terms_from,
        terms.fee_rate,
        terms.minimum_fee,
        terms.typical_salary,
        terms.fee_excludes,
        terms.refund_excludes
    from hires
    inner join terms
        on
            (hires.agency = terms.agency or hires.channel_id = terms.agency)
            and hires.start_date >= terms.valid_from
            and (terms.replaced_on is null or hires.start_date < terms.replaced_on)
    qualify
        row_number() over (
            partition by hires.source, hires.application_id
            order by case when hires.agency = terms.agency then 0 else 1 end, terms.agency
        ) = 1
),

charged as (
    select
        *,
        case
            when coalesce(annual_salary, typical_salary) is not null
                then greatest(minimum_fee, fee_rate * coalesce(annual_salary, typical_salary))
        end as fee_by_terms,
        case
            when
                left_date is not null
                and instr(refund_excludes, concat_ws('', ';', termination_type, ';')) = 0
                then {{ whole_days('hire_date', 'left_date') }}
        end as days_to_departure
    from agreed
    where
        start_date <= as_of_date
        and instr(fee_excludes, concat_ws('', ';', hiring_type, ';')) = 0
),

-- The first step that the departure still falls within.
stepped as (
    select
        charged.source,
        charged.application_id,
        min_by(refund_steps.refund_rate, refund_steps.within_days) as refund_rate
    from charged
    inner join refund_steps
        on
            charged.terms_agency = refund_steps.agency
            and charged.terms_from = refund_steps.valid_from
            and charged.days_to_departure <= refund_steps.within_days
    group by charged.source, charged.application_id
),

final as (
    select
        charged.source,
        charged.application_id,
        charged.channel_id,
        charged.terms_agency as agency,
        charged.terms_from,
        charged.start_date,
        charged.left_date,
        charged.fee_by_terms,
        charged.invoiced_fee,
        stepped.refund_rate,
        -- The invoice, once it is there, is what was owed; of it, then, the refund is a share.
        case when charged.invoiced_fee is null then charged.fee_by_terms end as estimated_fee,
        case
            when not charged.is_refund_invoiced
                then stepped.refund_rate * coalesce(charged.invoiced_fee, charged.fee_by_terms)
        end as estimated_refund
    from charged
    left join stepped
        on
            charged.source = stepped.source
            and charged.application_id = stepped.application_id
)

select * from final
