/* mart: labour_slack
   purpose: people who could be drawn into work: claimants, Universal Credit households and unemployed residents
   grain: area_code, period_start, period_end, age */
with published as (
    select 'claimants' as measure, area_code, period_start, period_end, '_T' as age, value, status, obs_key
    from claimants_total
    union all
    select 'claimant_rate' as measure, area_code, period_start, period_end, '_T' as age, value, status, obs_key
    from claimant_rate_total
    union all
    select 'uc_households' as measure, area_code, period_start, period_end, '_T' as age, value, status, obs_key
    from uc_households_total
    union all
    select 'unemployed' as measure, area_code, period_start, period_end, '_T' as age, value, status, obs_key
    from residents_economic_activity_by_activity
    where detail = 'unemployed'
),
districts as (
    select parent as area_code, count(*) as districts
    from areas
    where kind = 'district'
    group by parent
),
summed as (
    -- people and households of the districts add up to those of the area; a rate does not
    select
        a.parent as area_code,
        p.measure,
        p.period_start,
        p.period_end,
        p.age,
        sum(p.value) as value,
        max(case when p.status <> 'ok' then p.status end) as reason,
        array_agg(distinct p.obs_key) as keys
    from published as p
    join areas as a on a.area_code = p.area_code and a.kind = 'district'
    join districts as d on d.area_code = a.parent
    where p.measure <> 'claimant_rate'
    group by a.parent, p.measure, p.period_start, p.period_end, p.age, d.districts
    having count(p.value) = d.districts
),
figures as (
    select
        area_code, measure, period_start, period_end, age, value, case when status <> 'ok' then status end as reason,
        [obs_key] as keys, 0 as is_summed
    from published
    union all
    select s.area_code, s.measure, s.period_start, s.period_end, s.age, s.value, s.reason, s.keys, 1 as is_summed
    from summed as s
    left join published as p
        on p.area_code = s.area_code and p.measure = s.measure and p.period_start = s.period_start
        and p.period_end = s.period_end and p.age = s.age
    where p.area_code is null
)
select
    cast(f.area_code as varchar) as area_code, -- gss | area of residence
    cast(f.period_start as date) as period_start, -- date | first day of the period
    cast(f.period_end as date) as period_end, -- date | last day of the period
    cast(f.age as varchar) as age, -- band | age band, `_T` for all
    cast(max(case when f.measure = 'claimants' then f.value end) as double) as claimants, -- people | claiming mainly because unemployed, which is not the ILO definition; null when not published for the period
    cast(max(case when f.measure = 'claimant_rate' then f.value end) as double) as claimant_rate, -- per cent | claimants as a share of residents aged 16 to 64, as published; null when not published
    cast(max(case when f.measure = 'uc_households' then f.value end) as double) as uc_households, -- households | on Universal Credit; null when not published for the period
    cast(max(case when f.measure = 'unemployed' then f.value end) as double) as unemployed, -- people | out of work and looking for it, survey estimate; null when not published for the period
    cast(max(f.is_summed) = 1 as boolean) as is_sum_of_districts, -- flag | true when a count is the sum of the districts
    cast(case when count(f.value) < count(*) then 'C' when count(f.reason) > 0 then 'B' else 'A' end as varchar) as quality_class, -- class | published counts are A, B when the publisher marks one weak, C when one is withheld
    cast(coalesce(max(f.reason), 'ok') as varchar) as status, -- reason | ok, or why a figure is missing or weak
    list_sort(list_distinct(flatten(array_agg(f.keys)))) as inputs -- obs_key[] | figures behind this row
from figures as f
join areas as a on a.area_code = f.area_code and a.kind <> 'part'
group by f.area_code, f.period_start, f.period_end, f.age
