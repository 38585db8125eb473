-- Those who never came (the application is not hired) and those still to come are left out.
with

in_fact as (
    select count(distinct concat_ws('|', spells.source, spells.employee_id)) as n_start
    from {{ ref('fct_employment_spells') }} as spells
    cross join {{ ref('stg_ops__run_parameters') }} as parameters
    where not spells.is_excluded and spells.first_hire_date <= parameters.as_of_date
),

in_mart as (
    select coalesce(max(n_start), 0) as n_start
    from {{ ref('mart_retention') }}
    where dimension = 'all'
)

select
    in_fact.n_start as n_in_fact,
    in_mart.n_start as n_in_mart
from in_fact
cross join in_mart
where in_fact.n_start <> in_mart.n_start
