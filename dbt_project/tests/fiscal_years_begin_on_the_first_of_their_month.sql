with

days as (
    select
        date_day,
        fiscal_year,
        lag(fiscal_year) over (order by date_day) as fiscal_year_before
    from {{ ref('dim_date') }}
)

select *
from days
where
    fiscal_year_before is not null
    and case
        when month(date_day) = {{ var('fiscal_year_start') }} and date_day = date_trunc('month', date_day)
            then fiscal_year <> fiscal_year_before + 1 or fiscal_year <> year(date_day)
        else fiscal_year <> fiscal_year_before
    end
