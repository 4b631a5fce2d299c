/* mart: careers
   purpose: each occupation for people who choose: how many jobs, which way they go, how many come up a year, what they pay
   grain: area_code, occupation */
with figures as (
    select area_code, code as occupation, measure, year, p10, p50, p90, quality_class, quality_reason, origin, series_key
    from projections
    where scenario = 'rebased' and breakdown = 'occupation_submajor' and level = '_T'
        and measure in ('jobs', 'openings', 'replacement')
),
span as (
    select area_code, min(origin) as first_year, max(year) as last_year from figures group by area_code
),
ends as (
    select
        f.area_code,
        f.occupation,
        s.first_year,
        s.last_year,
        max(case when f.measure = 'jobs' and f.year = s.first_year then f.p50 end) as jobs,
        max(case when f.measure = 'jobs' and f.year = s.last_year then f.p10 end) as later_p10,
        max(case when f.measure = 'jobs' and f.year = s.last_year then f.p50 end) as later_p50,
        max(case when f.measure = 'jobs' and f.year = s.last_year then f.p90 end) as later_p90,
        avg(case when f.measure = 'openings' then f.p50 end) as openings,
        avg(case when f.measure = 'replacement' then f.p50 end) as leavers,
        max(f.quality_class) as quality_class,
        coalesce(
            max(case when f.quality_class = 'C' then f.quality_reason end),
            max(case when f.quality_class = 'B' then f.quality_reason end),
            max(f.quality_reason)
        ) as quality_reason,
        array_agg(distinct f.series_key) as series_keys
    from figures as f
    join span as s on s.area_code = f.area_code
    group by f.area_code, f.occupation, s.first_year, s.last_year
),
paid as (
    -- the newest median of full-time employees, the whole country
    select occupation, value, obs_key
    from occupation_annual_pay_full_time_by_occupation_submajor_and_statistic
    where detail = 'median' and value is not null
    qualify row_number() over (partition by occupation order by period_end desc, obs_key) = 1
),
units as (
    select c.parent as minor, c.code as unit, c.obs_key, m.parent as occupation
    from codes as c
    join codes as m on m.scheme = 'soc2020' and m.level = 'minor' and m.code = c.parent
    where c.scheme = 'soc2020' and c.level = 'unit'
),
mapped as (
    select
        u.occupation,
        count(distinct u.unit) as unit_groups,
        count(distinct r.from_code) as unit_groups_with_a_route,
        count(distinct r.to_code) as routes,
        array_agg(distinct coalesce(r.obs_key, u.obs_key)) as keys
    from units as u
    left join crosswalks as r on r.crosswalk_id = 'soc2020_unit_to_route' and r.from_code = u.unit
    group by u.occupation
)
select
    cast(e.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(e.occupation as varchar) as occupation, -- code | sub-major group of SOC 2020
    cast(e.first_year as integer) as first_year, -- year | latest year with actual figures
    cast(e.last_year as integer) as last_year, -- year | last year projected
    cast(e.jobs as double) as jobs, -- jobs | jobs in the first year
    cast(e.later_p10 as double) as jobs_later_p10, -- jobs | 10th percentile of jobs in the last year
    cast(e.later_p50 as double) as jobs_later_p50, -- jobs | jobs in the last year, central figure
    cast(e.later_p90 as double) as jobs_later_p90, -- jobs | 90th percentile of jobs in the last year
    cast(case
        when e.quality_class = 'C' then 'not assessed'
        when e.later_p10 > e.jobs then 'more jobs likely'
        when e.later_p90 < e.jobs then 'fewer jobs likely'
        else 'too close to call'
    end as varchar) as outlook, -- words | whether the whole 80% interval of the last year lies above or below the first year
    cast(e.openings as double) as openings_a_year, -- jobs a year | mean of the projected years: growth, and people who leave work; null when none are projected
    cast(case when e.openings > 0 then e.leavers / e.openings end as double) as leavers_over_openings, -- ratio | jobs that leavers free over openings; above one where the occupation shrinks, null without openings
    cast(p.value as double) as annual_pay, -- pounds a year | median of full-time employees in the whole country, not of the area; null when not at hand
    cast(coalesce(m.unit_groups, 0) as bigint) as unit_groups, -- unit groups | unit groups of SOC 2020 in the occupation
    cast(coalesce(m.unit_groups_with_a_route, 0) as bigint) as unit_groups_with_a_route, -- unit groups | those that a technical route is known to lead to
    cast(coalesce(m.routes, 0) as bigint) as routes, -- routes | technical routes that lead to any of them
    cast(e.quality_class as varchar) as quality_class, -- class | A: publish; B: indicative; C: not for publication
    cast(e.quality_reason as varchar) as quality_reason, -- text | why the class
    list_sort(list_distinct(list_concat(
        e.series_keys,
        list_concat(
            coalesce(m.keys, cast([] as bigint[])),
            case when p.obs_key is null then cast([] as bigint[]) else [p.obs_key] end
        )
    ))) as inputs -- key[] | series, pay and look-up cells behind the row
from ends as e
left join paid as p on p.occupation = e.occupation
left join mapped as m on m.occupation = e.occupation
