/* mart: tightness
   purpose: how hard employers find it to recruit: adverts against jobs and the country, hard-to-fill and skill-shortage vacancies, and national pay as a signal
   grain: area_code, occupation_level, occupation, period_start, period_end */
with adverts as (
    select 'occupation_major' as occupation_level, occupation, area_code, period_start, period_end, year, value, status, obs_key
    from online_job_adverts_by_occupation_major
    union all
    select 'occupation_submajor' as occupation_level, occupation, area_code, period_start, period_end, year, value, status, obs_key
    from online_job_adverts_by_occupation_submajor
),
all_adverts as (
    -- adverts that could not be coded are part of the whole but no occupation
    select area_code, period_start, period_end, case when count(*) = count(value) then sum(value) end as value, array_agg(distinct obs_key) as keys
    from adverts
    where occupation_level = 'occupation_major'
    group by area_code, period_start, period_end
),
jobs as (
    select 'occupation_major' as occupation_level, occupation, area_code, year, value, obs_key from projected_jobs_by_occupation_major
    union all
    select 'occupation_submajor' as occupation_level, occupation, area_code, year, value, obs_key from projected_jobs_by_occupation_submajor
),
advertised as (
    select
        d.occupation_level,
        d.occupation,
        d.area_code,
        d.period_start,
        d.period_end,
        d.value as adverts,
        case when d.status <> 'ok' then d.status end as reason,
        d.value / nullif(t.value, 0) as share_of_adverts,
        j.value as jobs,
        d.value / nullif(j.value, 0) * 1000 as adverts_per_1000_jobs,
        list_concat(
            list_concat([d.obs_key], t.keys), case when j.obs_key is null then cast([] as bigint[]) else [j.obs_key] end
        ) as keys
    from adverts as d
    join all_adverts as t on t.area_code = d.area_code and t.period_start = d.period_start and t.period_end = d.period_end
    left join jobs as j
        on j.occupation_level = d.occupation_level and j.occupation = d.occupation and j.area_code = d.area_code and j.year = d.year
),
country as (
    select a.area_code
    from areas as a
    join codes as c on c.code = a.area_code and c.scheme = 'country' and c.level = 'country'
    where a.kind = 'comparator'
),
national as (
    select d.occupation_level, d.occupation, d.period_start, d.period_end, d.adverts_per_1000_jobs, d.share_of_adverts, d.keys
    from advertised as d
    join country as c on c.area_code = d.area_code
),
answers as (
    -- the survey of 2017 asked by occupation, in groups of SOC 2010
    select
        case
            when starts_with(detail, 't54_') then 'vacancies'
            when starts_with(detail, 't56_') then 'hard_to_fill'
            else 'skill_shortage'
        end as measure,
        replace(replace(replace(detail, 't54_', ''), 't56_', ''), 't63_', '') as staff,
        area_code, period_start, period_end, value, status, obs_key
    from ess_answers_of_vacancies_by_answer
    where starts_with(detail, 't54_') or starts_with(detail, 't56_') or starts_with(detail, 't63_')
),
vacancies as (
    select
        'soc2010_major' as occupation_level,
        case staff
            when 'managers' then 'SOC10-1'
            when 'professionals' then 'SOC10-2'
            when 'associate_professionals' then 'SOC10-3'
            when 'administrative_clerical_staff' then 'SOC10-4'
            when 'skilled_trades_occupations' then 'SOC10-5'
            when 'caring_leisure_and_other_services_staff' then 'SOC10-6'
            when 'sales_and_customer_services_staff' then 'SOC10-7'
            when 'machine_operatives' then 'SOC10-8'
            when 'elementary_staff' then 'SOC10-9'
        end as occupation,
        measure, area_code, period_start, period_end, value, status, obs_key
    from answers
    union all
    select 'total' as occupation_level, '_T' as occupation, 'vacancies' as measure, area_code, period_start, period_end, value, status, obs_key
    from ess_vacancies_total
    union all
    select 'total' as occupation_level, '_T' as occupation, 'hard_to_fill' as measure, area_code, period_start, period_end, value, status, obs_key
    from ess_hard_to_fill_vacancies_total
    union all
    select 'total' as occupation_level, '_T' as occupation, 'skill_shortage' as measure, area_code, period_start, period_end, value, status, obs_key
    from ess_skill_shortage_vacancies_total
),
surveyed as (
    select
        occupation_level,
        occupation,
        area_code,
        period_start,
        period_end,
        max(case when measure = 'vacancies' then value end) as vacancies,
        max(case when measure = 'hard_to_fill' then value end) as hard_to_fill_vacancies,
        max(case when measure = 'skill_shortage' then value end) as skill_shortage_vacancies,
        max(case when status <> 'ok' then status end) as reason,
        array_agg(distinct obs_key) as keys
    from vacancies
    where occupation is not null
    group by occupation_level, occupation, area_code, period_start, period_end
),
pay as (
    select 'occupation_major' as occupation_level, occupation, period_end, year, value, obs_key
    from occupation_hourly_pay_by_occupation_major_and_statistic
    where detail = 'median'
    union all
    select 'occupation_submajor' as occupation_level, occupation, period_end, year, value, obs_key
    from occupation_hourly_pay_by_occupation_submajor_and_statistic
    where detail = 'median'
    union all
    select 'total' as occupation_level, '_T' as occupation, period_end, year, value, obs_key
    from occupation_hourly_pay_by_statistic
    where detail = 'median'
),
pay_years as (
    select min(year) as first_year, max(year) as last_year, max(period_end) as last_period_end
    from pay
),
pay_growth as (
    select
        n.occupation_level,
        n.occupation,
        n.value as median,
        y.last_period_end,
        power(n.value / nullif(o.value, 0), 1 / cast(nullif(y.last_year - y.first_year, 0) as double)) - 1 as growth_per_year,
        case when o.obs_key is null then [n.obs_key] else [n.obs_key, o.obs_key] end as keys
    from pay as n
    join pay_years as y on y.last_year = n.year
    left join pay as o on o.occupation_level = n.occupation_level and o.occupation = n.occupation and o.year = y.first_year
),
signal as (
    select
        p.occupation_level,
        p.occupation,
        p.median,
        p.last_period_end,
        p.growth_per_year - t.growth_per_year as growth_against_all,
        list_concat(p.keys, coalesce(t.keys, cast([] as bigint[]))) as keys
    from pay_growth as p
    left join pay_growth as t on t.occupation_level = 'total'
    where p.occupation_level <> 'total'
),
limits as (
    select value as least_jobs, [obs_key] as keys
    from assumptions
    where assumption_id = 'quality_b_people'
),
figures as (
    select
        d.area_code, d.occupation_level, d.occupation, d.period_start, d.period_end, d.adverts, d.share_of_adverts, d.adverts_per_1000_jobs,
        d.adverts_per_1000_jobs / nullif(n.adverts_per_1000_jobs, 0) as adverts_per_job_against_country,
        d.share_of_adverts / nullif(n.share_of_adverts, 0) as share_of_adverts_against_country,
        cast(null as double) as vacancies, cast(null as double) as hard_to_fill_vacancies, cast(null as double) as skill_shortage_vacancies,
        s.median as national_hourly_pay, s.growth_against_all as national_pay_growth_against_all, s.last_period_end as pay_period_end,
        case
            when d.adverts is null then 'C'
            when d.jobs < l.least_jobs then 'C'
            else 'B'
        end as quality_class,
        case
            when d.adverts is null then 'the publisher withholds the adverts'
            when d.jobs < l.least_jobs then 'few jobs of the occupation'
            else 'adverts of one month, as counted online: neither all vacancies nor each once'
        end as quality_reason,
        d.reason,
        list_concat(
            list_concat(d.keys, coalesce(n.keys, cast([] as bigint[]))),
            list_concat(coalesce(s.keys, cast([] as bigint[])), coalesce(l.keys, cast([] as bigint[])))
        ) as keys
    from advertised as d
    left join limits as l on true
    left join national as n
        on n.occupation_level = d.occupation_level and n.occupation = d.occupation and n.period_start = d.period_start and n.period_end = d.period_end
    left join signal as s on s.occupation_level = d.occupation_level and s.occupation = d.occupation
    where d.occupation not in (select code from codes where scheme = 'soc2020' and level = 'not_coded')
    union all
    select
        area_code, occupation_level, occupation, period_start, period_end, cast(null as double) as adverts,
        cast(null as double) as share_of_adverts, cast(null as double) as adverts_per_1000_jobs,
        cast(null as double) as adverts_per_job_against_country, cast(null as double) as share_of_adverts_against_country,
        vacancies, hard_to_fill_vacancies, skill_shortage_vacancies, cast(null as double) as national_hourly_pay,
        cast(null as double) as national_pay_growth_against_all, cast(null as date) as pay_period_end,
        case when occupation_level = 'total' and reason is null then 'B' else 'C' end as quality_class,
        case
            when reason is not null then 'the publisher marks a figure as weak or withholds it'
            when occupation_level = 'total' then 'a survey of employers whose margin is not published'
            else 'few of the employers asked had such a vacancy, and the margin is not published'
        end as quality_reason,
        reason, keys
    from surveyed
)
select
    cast(f.area_code as varchar) as area_code, -- gss | area of the workplace
    cast(f.occupation_level as varchar) as occupation_level, -- level | occupation_major or occupation_submajor (SOC 2020), soc2010_major, or total; levels are never added
    cast(f.occupation as varchar) as occupation, -- code | occupation, `_T` for all
    cast(f.period_start as date) as period_start, -- date | first day of the month of the adverts, or of the year of the survey
    cast(f.period_end as date) as period_end, -- date | last day of it
    cast(f.adverts as double) as adverts, -- adverts | online job adverts of the month, as counted; null for a row of the survey
    cast(f.share_of_adverts as double) as share_of_adverts, -- share | of all adverts of the area, uncoded ones among them; null for a row of the survey
    cast(f.adverts_per_1000_jobs as double) as adverts_per_1000_jobs, -- adverts per 1,000 jobs | jobs of the same year by the publisher's projection; null where no such jobs are published
    cast(f.adverts_per_job_against_country as double) as adverts_per_job_against_country, -- ratio | the same over the country's; above one is tighter; null where no such jobs are published
    cast(f.share_of_adverts_against_country as double) as share_of_adverts_against_country, -- ratio | share of adverts over the country's share, for areas without jobs; null for a row of the survey
    cast(f.vacancies as double) as vacancies, -- vacancies | employers' own count; null for a row of adverts or not asked
    cast(f.hard_to_fill_vacancies as double) as hard_to_fill_vacancies, -- vacancies | hard to fill for any reason; null for a row of adverts or not asked
    cast(f.skill_shortage_vacancies as double) as skill_shortage_vacancies, -- vacancies | hard to fill for want of skills, qualifications or experience; null for a row of adverts or not asked
    cast(f.skill_shortage_vacancies / nullif(f.vacancies, 0) as double) as skill_shortage_density, -- share | skill-shortage vacancies over vacancies; null without both
    cast(f.national_hourly_pay as double) as national_hourly_pay, -- pounds an hour | median of the occupation in the country, latest year; null where not published
    cast(f.national_pay_growth_against_all as double) as national_pay_growth_against_all, -- share a year | growth of that median since the first year at hand less that of all employees; null where not published
    cast(f.pay_period_end as date) as pay_period_end, -- date | last day of the pay's period; null where no pay is shown
    cast(coalesce(f.reason, 'ok') as varchar) as status, -- reason | ok, or why a figure is missing or weak
    cast(f.quality_class as varchar) as quality_class, -- class | B: indicative; C: not for publication
    cast(f.quality_reason as varchar) as quality_reason, -- text | why the class
    list_sort(list_distinct(f.keys)) as inputs -- obs_key[] | adverts, jobs, answers and pay behind this row
from figures as f
join areas as a on a.area_code = f.area_code and a.kind <> 'part'
