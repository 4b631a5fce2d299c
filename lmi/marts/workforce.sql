/* mart: workforce
   purpose: residents by age and highest qualification, how many are active, and residents as the publisher projects them
   grain: area_code, age, qualification, period_start, period_end */
with qualified as (
    select area_code, '16-64' as age, qualification, period_start, period_end, value, ci_half_width, status, obs_key
    from residents_aged_16_64_by_qualification
    union all
    select area_code, age, qualification, period_start, period_end, value, ci_half_width, status, obs_key
    from residents_aged_16_64_by_qualification_and_age
),
printed_by_dfe as (
    select area_code, '16-64' as age, qualification, period_start, period_end, value, ci_half_width, status, obs_key
    from dfe_hub_residents_by_qualification_by_qualification
    union all
    select area_code, age, qualification, period_start, period_end, value, ci_half_width, status, obs_key
    from dfe_hub_residents_by_qualification_by_qualification_and_age
),
active as (
    select area_code, period_start, period_end, value, ci_half_width, status, obs_key
    from residents_economic_activity_active
),
projected as (
    select area_code, age, period_start, period_end, value, ci_half_width, status, obs_key, maturity
    from projected_population_by_broad_age
),
districts as (
    select parent as area_code, count(*) as districts
    from areas
    where kind = 'district'
    group by parent
),
projected_sum as (
    -- residents of the districts add up to those of the area
    select
        a.parent as area_code, p.age, p.period_start, p.period_end, sum(p.value) as value,
        coalesce(max(case when p.status <> 'ok' then p.status end), 'ok') as status, array_agg(distinct p.obs_key) as keys
    from projected as p
    join areas as a on a.area_code = p.area_code and a.kind = 'district'
    join districts as d on d.area_code = a.parent
    left join projected as own
        on own.area_code = a.parent and own.age = p.age and own.period_start = p.period_start and own.period_end = p.period_end
    where own.area_code is null
    group by a.parent, p.age, p.period_start, p.period_end, d.districts
    having count(p.value) = d.districts
),
figures as (
    select
        area_code, age, qualification, period_start, period_end, 'residents' as measure, value, ci_half_width, status,
        'survey' as made_from, [obs_key] as keys
    from qualified
    union all
    -- for the years that the survey's own tables do not reach
    select
        area_code, age, qualification, period_start, period_end, 'residents' as measure, value, ci_half_width, status,
        'survey, as DfE prints it' as made_from, [obs_key] as keys
    from printed_by_dfe
    where period_end > (select max(period_end) from qualified)
    union all
    select
        area_code, '16-64' as age, '_T' as qualification, period_start, period_end, 'active' as measure, value, ci_half_width, status,
        'survey' as made_from, [obs_key] as keys
    from active
    union all
    select
        area_code, '16-64' as age, '_T' as qualification, period_start, period_end, 'residents' as measure, value, ci_half_width, status,
        'survey' as made_from, [obs_key] as keys
    from residents_economic_activity_total
    union all
    select
        area_code, age, '_T' as qualification, period_start, period_end, 'projected_residents' as measure, value, ci_half_width, status,
        'projection of the publisher' as made_from, [obs_key] as keys
    from projected
    union all
    select
        area_code, age, '_T' as qualification, period_start, period_end, 'projected_residents' as measure, value,
        cast(null as double) as ci_half_width, status, 'projection of the publisher, sum of districts' as made_from, keys
    from projected_sum
)
select
    cast(f.area_code as varchar) as area_code, -- gss | area of residence
    cast(f.age as varchar) as age, -- band | age band
    cast(f.qualification as varchar) as qualification, -- code | highest qualification by NVQ name, `_T` for all; years before and after 2022 are not compared
    cast(f.period_start as date) as period_start, -- date | first day of the survey's year, or the middle of the projected one
    cast(f.period_end as date) as period_end, -- date | last day of it
    cast(max(case when f.measure = 'residents' then f.value end) as double) as residents, -- people | survey estimate; null when not published for the row
    cast(max(case when f.measure = 'residents' then f.ci_half_width end) as double) as residents_ci_half_width, -- people | half width of the 95% interval; null when not published
    cast(max(case when f.measure = 'active' then f.value end) as double) as active, -- people | in work or looking for it, survey estimate; null when not published for the row
    cast(max(case when f.measure = 'active' then f.ci_half_width end) as double) as active_ci_half_width, -- people | half width of the 95% interval; null when not published
    cast(max(case when f.measure = 'projected_residents' then f.value end) as double) as projected_residents, -- people | residents at the middle of the year as the publisher projects them, not held to a newer estimate; null for a row of the survey
    cast(max(f.made_from) as varchar) as made_from, -- rule | survey, survey as DfE prints it, or projection of the publisher
    cast(coalesce(max(case when f.status <> 'ok' then f.status end), 'ok') as varchar) as status, -- reason | ok, or why a figure is missing or weak
    cast(case when count(f.value) < count(*) or max(case when f.status <> 'ok' then 1 else 0 end) = 1 then 'C' else 'B' end as varchar) as quality_class, -- class | surveyed and projected figures are B, C when withheld or marked weak
    list_sort(list_distinct(flatten(array_agg(f.keys)))) as inputs -- obs_key[] | figures behind this row
from figures as f
join areas as a on a.area_code = f.area_code and a.kind <> 'part'
group by f.area_code, f.age, f.qualification, f.period_start, f.period_end
