with

parameters as (
    select * from {{ ref('stg_ops__run_parameters') }}
),

digits as (
    select cast(digit.n as int) as n
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digit (n)
),

numbers as (
    select
        ten_thousands.n * 10000
        + thousands.n * 1000
        + hundreds.n * 100
        + tens.n * 10
        + ones.n as n
    from digits as ten_thousands
    cross join digits as thousands
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones
),

-- 30 years back to 5 ahead of the day of the run: every recruiting date a chart can ask for.
days as (
    select
        date_add(
            make_date(year(parameters.as_of_date) - 30, 1, 1),
            numbers.n
        ) as date_day
    from parameters
    inner join numbers on numbers.n < 36 * 366
    where
        date_add(make_date(year(parameters.as_of_date) - 30, 1, 1), numbers.n)
        <= make_date(year(parameters.as_of_date) + 5, 12, 31)
),

final as (
    select
        date_day,
        cast(date_trunc('month', date_day) as date) as month_start,
        cast(date_trunc('quarter', date_day) as date) as quarter_start,
        cast(date_part('year', date_day) as bigint) as calendar_year,
        cast({{ fiscal_year_of('date_day') }} as bigint) as fiscal_year,
        {{ fiscal_half_of('date_day') }} as fiscal_half_start,
        cast(date_trunc('week', date_day) as date) as week_start,
        cast(month(date_day) as bigint) as month_no,
        -- Months since the fiscal year began, 0 to 11: three a quarter, six a half.
        cast(
            floor(((month(date_day) - {{ var('fiscal_year_start') }} + 12) % 12) / 3.0) + 1
            as bigint
        ) as fiscal_quarter,
        cast(
            floor(((month(date_day) - {{ var('fiscal_year_start') }} + 12) % 12) / 6.0) + 1
            as bigint
        ) as fiscal_half,
        cast(
            {{ whole_days("date_trunc('week', date_day)", 'date_day') }} + 1 as bigint
        ) as weekday_no,
        {{ whole_days("date_trunc('week', date_day)", 'date_day') }} >= 5 as is_weekend
    from days
)

select * from final
