/* mart: pay
   purpose: median pay and its percentiles by home of the employee and, nationally, by occupation, with how reliable the median is
   grain: area_code, basis, kind_of_pay, employees, occupation_level, occupation, period_start, period_end */
-- the columns of series views stand in one order: where and when, the codes, the figure
with of_all(basis, kind_of_pay, employees, area_code, period_start, period_end, period_kind, year, detail, value, ci_half_width, status, maturity, vintage, source_id, obs_key) as (
    select 'home', 'annual', 'all', * from resident_annual_pay_by_statistic
    union all select 'home', 'annual', 'full_time', * from resident_annual_pay_full_time_by_statistic
    union all select 'home', 'weekly', 'full_time', * from resident_weekly_pay_full_time_by_statistic
    union all select 'national', 'annual', 'all', * from occupation_annual_pay_by_statistic
    union all select 'national', 'annual', 'full_time', * from occupation_annual_pay_full_time_by_statistic
    union all select 'national', 'hourly', 'all', * from occupation_hourly_pay_by_statistic
    union all select 'national', 'hourly', 'full_time', * from occupation_hourly_pay_full_time_by_statistic
),
by_occupation(kind_of_pay, employees, occupation_level, area_code, period_start, period_end, period_kind, year, occupation, detail, value, ci_half_width, status, maturity, vintage, source_id, obs_key) as (
    select 'annual', 'all', 'occupation_major', * from occupation_annual_pay_by_occupation_major_and_statistic
    union all select 'annual', 'full_time', 'occupation_major', * from occupation_annual_pay_full_time_by_occupation_major_and_statistic
    union all select 'hourly', 'all', 'occupation_major', * from occupation_hourly_pay_by_occupation_major_and_statistic
    union all select 'hourly', 'full_time', 'occupation_major', * from occupation_hourly_pay_full_time_by_occupation_major_and_statistic
    union all select 'annual', 'all', 'occupation_submajor', * from occupation_annual_pay_by_occupation_submajor_and_statistic
    union all select 'annual', 'full_time', 'occupation_submajor', * from occupation_annual_pay_full_time_by_occupation_submajor_and_statistic
    union all select 'hourly', 'all', 'occupation_submajor', * from occupation_hourly_pay_by_occupation_submajor_and_statistic
    union all select 'hourly', 'full_time', 'occupation_submajor', * from occupation_hourly_pay_full_time_by_occupation_submajor_and_statistic
    union all select 'annual', 'all', 'occupation_unit', * from occupation_annual_pay_by_occupation_unit_and_statistic
    union all select 'hourly', 'all', 'occupation_unit', * from occupation_hourly_pay_by_occupation_unit_and_statistic
),
figures as (
    select basis, kind_of_pay, employees, 'total' as occupation_level, '_T' as occupation, area_code, period_start, period_end, detail, value, status, maturity, obs_key from of_all
    union all
    select 'national' as basis, kind_of_pay, employees, occupation_level, occupation, area_code, period_start, period_end, detail, value, status, maturity, obs_key from by_occupation
),
paid as (
    select
        basis,
        kind_of_pay,
        employees,
        occupation_level,
        occupation,
        area_code,
        period_start,
        period_end,
        max(case when detail = 'median' then value end) as median,
        max(case when detail = 'mean' then value end) as mean,
        max(case when detail = 'p10' then value end) as p10,
        max(case when detail = 'p20' then value end) as p20,
        max(case when detail = 'p25' then value end) as p25,
        max(case when detail = 'p30' then value end) as p30,
        max(case when detail = 'p40' then value end) as p40,
        max(case when detail = 'p60' then value end) as p60,
        max(case when detail = 'p70' then value end) as p70,
        max(case when detail = 'p75' then value end) as p75,
        max(case when detail = 'p80' then value end) as p80,
        max(case when detail = 'p90' then value end) as p90,
        max(case when detail = 'median' then status end) as status,
        max(maturity) as maturity,
        array_agg(distinct obs_key) as keys
    from figures
    group by basis, kind_of_pay, employees, occupation_level, occupation, area_code, period_start, period_end
),
errors as (
    -- the publisher prints the standard error of the median as a share of the median, for pay by home of the year
    select area_code, period_start, period_end, value as median_cv, [obs_key] as keys
    from resident_annual_pay_error_by_statistic
    where detail = 'median'
),
limits as (
    select
        max(case when assumption_id = 'pay_cv_precise' then value end) as precise,
        max(case when assumption_id = 'pay_cv_reasonably_precise' then value end) as reasonably_precise,
        max(case when assumption_id = 'pay_cv_acceptable' then value end) as acceptable,
        array_agg(distinct obs_key) as keys
    from assumptions
    where assumption_id in ('pay_cv_precise', 'pay_cv_reasonably_precise', 'pay_cv_acceptable')
),
judged as (
    select
        p.basis, p.kind_of_pay, p.employees, p.occupation_level, p.occupation, p.area_code, p.period_start, p.period_end,
        p.median, p.mean, p.p10, p.p20, p.p25, p.p30, p.p40, p.p60, p.p70, p.p75, p.p80, p.p90, p.status, p.maturity,
        e.median_cv,
        case
            when p.median is null then 'not published'
            when e.median_cv is null then 'not stated'
            when e.median_cv <= l.precise then 'precise'
            when e.median_cv <= l.reasonably_precise then 'reasonably precise'
            when e.median_cv <= l.acceptable then 'acceptable'
            else 'unreliable'
        end as reliability,
        list_concat(p.keys, case when e.keys is null then cast([] as bigint[]) else list_concat(e.keys, l.keys) end) as keys
    from paid as p
    cross join limits as l
    left join errors as e
        on p.basis = 'home' and p.kind_of_pay = 'annual' and p.employees = 'all' and e.area_code = p.area_code
        and e.period_start = p.period_start and e.period_end = p.period_end
)
select
    cast(j.area_code as varchar) as area_code, -- gss | where the employee lives, or the country for pay by occupation
    cast(j.basis as varchar) as basis, -- kind | home, or national where pay of an occupation is published for the country only
    cast(j.kind_of_pay as varchar) as kind_of_pay, -- kind | annual (those in the same job all year), weekly or hourly, gross
    cast(j.employees as varchar) as employees, -- kind | all, or full_time; the self-employed are in neither
    cast(j.occupation_level as varchar) as occupation_level, -- level | total, occupation_major, occupation_submajor or occupation_unit
    cast(j.occupation as varchar) as occupation, -- code | SOC 2020 code, `_T` for all
    cast(j.period_start as date) as period_start, -- date | first day of the tax year or month of the pay
    cast(j.period_end as date) as period_end, -- date | last day of it
    cast(j.median as double) as median, -- pounds | half earn less; a year, week or hour as kind_of_pay says; null when withheld
    cast(j.mean as double) as mean, -- pounds | mean pay; null when withheld or not at hand
    cast(j.p10 as double) as p10, -- pounds | one in ten earn less; null when withheld or not at hand
    cast(j.p20 as double) as p20, -- pounds | 20th percentile; null when withheld or not at hand
    cast(j.p25 as double) as p25, -- pounds | 25th percentile; null when withheld or not at hand
    cast(j.p30 as double) as p30, -- pounds | 30th percentile; null when withheld or not at hand
    cast(j.p40 as double) as p40, -- pounds | 40th percentile; null when withheld or not at hand
    cast(j.p60 as double) as p60, -- pounds | 60th percentile; null when withheld or not at hand
    cast(j.p70 as double) as p70, -- pounds | 70th percentile; null when withheld or not at hand
    cast(j.p75 as double) as p75, -- pounds | 75th percentile; null when withheld or not at hand
    cast(j.p80 as double) as p80, -- pounds | 80th percentile; null when withheld or not at hand
    cast(j.p90 as double) as p90, -- pounds | one in ten earn more; null when withheld or not at hand
    cast(j.median_cv as double) as median_cv, -- per cent | standard error of the median as a share of it, as published; null when not at hand
    cast(j.reliability as varchar) as reliability, -- class | precise, reasonably precise, acceptable, unreliable, not stated, or not published
    cast(coalesce(j.status, 'not_available') as varchar) as status, -- reason | of the median: ok, or why it is missing or weak
    cast(j.maturity as varchar) as maturity, -- stage | how final the publisher calls it
    cast(case
        when j.reliability in ('not published', 'unreliable') then 'C'
        when j.reliability = 'precise' and j.status = 'ok' then 'A'
        else 'B'
    end as varchar) as quality_class, -- class | A when the median is precise, B when less precise or not stated, C when unreliable or withheld
    list_sort(list_distinct(j.keys)) as inputs -- obs_key[] | pay, its error and the limits of the classes
from judged as j
join areas as a on a.area_code = j.area_code and a.kind <> 'part'
