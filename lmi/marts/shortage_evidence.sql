/* mart: shortage_evidence
   purpose: whether price, volume and employers' own reports point to a shortage of an occupation, kind by kind
   grain: area_code, occupation */
with declared as (
    -- without these numbers no sign is read
    select
        max(case when assumption_id = 'shortage_top_share' then value end) as top_share,
        max(case when assumption_id = 'shortage_kinds' then value end) as least_kinds,
        array_agg(obs_key) as keys
    from assumptions
    where assumption_id in ('shortage_top_share', 'shortage_kinds')
),
newest as (
    select area_code, occupation_level, max(period_end) as period_end
    from tightness
    where occupation_level in ('occupation_submajor', 'soc2010_major')
    group by area_code, occupation_level
),
recent as (
    select t.area_code, t.occupation_level, t.occupation, t.period_end, t.adverts_per_job_against_country, t.national_pay_growth_against_all,
        t.skill_shortage_density, t.quality_class, t.quality_reason, t.inputs
    from tightness as t
    join newest as n on n.area_code = t.area_code and n.occupation_level = t.occupation_level and n.period_end = t.period_end
),
priced as (
    -- the place of an occupation among all of the area, from nothing for the lowest to one for the highest
    select
        area_code, occupation,
        percent_rank() over (partition by area_code order by national_pay_growth_against_all) as place
    from recent
    where occupation_level = 'occupation_submajor' and national_pay_growth_against_all is not null
),
counted as (
    select
        area_code, occupation,
        percent_rank() over (partition by area_code order by adverts_per_job_against_country) as place
    from recent
    where occupation_level = 'occupation_submajor' and adverts_per_job_against_country is not null
),
reported as (
    -- the survey asked by groups of SOC 2010; a major group of SOC 2020 is held against the one of the same number
    select
        area_code, replace(occupation, 'SOC10-', '') as major, period_end, inputs,
        percent_rank() over (partition by area_code order by skill_shortage_density) as place
    from recent
    where occupation_level = 'soc2010_major' and skill_shortage_density is not null
),
signs as (
    select
        r.area_code,
        r.occupation,
        r.period_end,
        r.national_pay_growth_against_all,
        r.adverts_per_job_against_country,
        e.period_end as asked_in,
        r.quality_class,
        r.quality_reason,
        case when p.place >= 1 - d.top_share and r.national_pay_growth_against_all > 0 then 1 when p.place is not null then 0 end as price,
        case when v.place >= 1 - d.top_share and r.adverts_per_job_against_country > 1 then 1 when v.place is not null then 0 end as volume,
        case when e.place >= 1 - d.top_share then 1 when e.place is not null then 0 end as employers,
        d.least_kinds,
        list_concat(list_concat(r.inputs, coalesce(e.inputs, cast([] as bigint[]))), list_concat(
            d.keys, case when c.obs_key is null then cast([] as bigint[]) else [c.obs_key] end
        )) as keys
    from recent as r
    cross join declared as d
    left join codes as c on c.scheme = 'soc2020' and c.level = 'sub_major' and c.code = r.occupation
    left join priced as p on p.area_code = r.area_code and p.occupation = r.occupation
    left join counted as v on v.area_code = r.area_code and v.occupation = r.occupation
    left join reported as e on e.area_code = r.area_code and e.major = c.parent
    where r.occupation_level = 'occupation_submajor' and d.top_share is not null and d.least_kinds is not null
),
added as (
    select
        area_code, occupation, period_end, national_pay_growth_against_all, adverts_per_job_against_country, asked_in,
        quality_class, quality_reason, price, volume, employers, least_kinds, keys,
        case when price is null then 0 else 1 end + case when volume is null then 0 else 1 end
            + case when employers is null then 0 else 1 end as kinds_known,
        coalesce(price, 0) + coalesce(volume, 0) + coalesce(employers, 0) as kinds_pointing,
        case
            when employers = 1 and coalesce(price, 0) + coalesce(volume, 0) = 0 then 1
            when employers = 1 and coalesce(price, 0) + coalesce(volume, 0) < least_kinds and coalesce(price, 0) + coalesce(volume, 0) + 1 >= least_kinds then 1
            when employers is not null and case when price is null then 0 else 1 end + case when volume is null then 0 else 1 end < least_kinds then 1
            else 0
        end as decided_by_employers
    from signs
)
select
    cast(a.area_code as varchar) as area_code, -- gss | area of the workplace
    cast(a.occupation as varchar) as occupation, -- code | sub-major group of SOC 2020
    cast(a.period_end as date) as period_end, -- date | last day of the month of the adverts
    cast(a.national_pay_growth_against_all as double) as pay_growth_against_all, -- share a year | price: growth of national median hourly pay less that of all employees; null where not published
    cast(a.price as integer) as price_sign, -- sign | 1 where among the area's top share of occupations and above all employees, else 0; null where not known
    cast(a.adverts_per_job_against_country as double) as adverts_against_country, -- ratio | volume: adverts a job over the country's; null where no such jobs are published
    cast(a.volume as integer) as volume_sign, -- sign | 1 where among the area's top share of occupations and above the country, else 0; null where not known
    cast(a.asked_in as date) as asked_in, -- date | last day of the year in which employers were last asked by area and major group; null where not asked
    cast(a.employers as integer) as employers_sign, -- sign | employers: 1 where its major group is among the top share by skill-shortage vacancies over vacancies, else 0; null where not known
    cast(a.kinds_known as integer) as kinds_known, -- kinds | how many of the three are known
    cast(a.kinds_pointing as integer) as kinds_pointing, -- kinds | how many of them point to a shortage
    cast(case
        when a.kinds_known < a.least_kinds then 'not known'
        when a.kinds_pointing >= a.least_kinds then 'points to a shortage'
        when a.kinds_pointing > 0 then 'mixed'
        else 'no sign of a shortage'
    end as varchar) as evidence, -- words | points to a shortage, mixed, no sign of a shortage, or not known where too few kinds are
    cast(case
        when a.quality_class = 'C' or a.decided_by_employers = 1 then 'C'
        else 'B'
    end as varchar) as quality_class, -- class | B: indicative; C: not for publication, also where the answers of few employers decide the words
    cast(case
        when a.quality_class = 'C' then a.quality_reason
        when a.decided_by_employers = 1 then 'the answers of few employers, years ago, decide'
        else 'judged against thresholds that no source confirms, from adverts of one month and national pay'
    end as varchar) as quality_reason, -- text | why the class
    list_sort(list_distinct(a.keys)) as inputs -- obs_key[] | adverts, jobs, pay, answers and what is declared behind this row
from added as a
