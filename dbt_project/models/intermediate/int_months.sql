with

digits as (
    select cast(digit.n as int) as n
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digit (n)
),

years as (
    select thousands.n * 1000 + hundreds.n * 100 + tens.n * 10 + ones.n as year_no
    from digits as thousands
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones
),

months as (
    select cast(calendar.n as int) as month_no
    from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) as calendar (n)
),

-- Every month that a cost period touches, from the first to the last.
bounds as (
    select
        year(min(period_start_date)) as first_year,
        year(max(period_end_date)) as last_year
    from {{ ref('int_channel_costs') }}
),

starts as (
    select make_date(years.year_no, months.month_no, 1) as month_start
    from years
    inner join bounds
        on years.year_no >= bounds.first_year and years.year_no <= bounds.last_year
    cross join months
),

final as (
    select
        month_start,
        last_day(month_start) as month_end
    from starts
)

select * from final
