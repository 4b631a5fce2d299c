/* mart: labour_slack
   purpose: people who could be drawn into work: claimants, Universal Credit households, unemployed and inactive residents, beside the openings they could fill
   grain: area_code, period_start, period_end, age */
with published as (
    select 'claimants' as measure, area_code, period_start, period_end, '_T' as age, value, ci_half_width, status, obs_key
    from claimants_total
    union all
    select 'claimants' as measure, area_code, period_start, period_end, age, value, ci_half_width, status, obs_key
    from claimants_by_age
    union all
    select 'claimant_rate' as measure, area_code, period_start, period_end, '_T' as age, value, ci_half_width, status, obs_key
    from claimant_rate_total
    union all
    select 'uc_households' as measure, area_code, period_start, period_end, '_T' as age, value, ci_half_width, status, obs_key
    from uc_households_total
    union all
    select detail as measure, area_code, period_start, period_end, '_T' as age, value, ci_half_width, status, obs_key
    from residents_economic_activity_by_activity
    where detail in ('unemployed', 'inactive')
    union all
    -- the survey's own tables come first; for the periods that they do not reach, DfE's print of them, whose unemployed
    -- are another count: it has no upper age
    select
        case when d.detail = 'unemployed' then 'unemployed_16_and_over' else d.detail end as measure, d.area_code, d.period_start, d.period_end, '_T' as age, d.value, d.ci_half_width, d.status, d.obs_key
    from dfe_hub_residents_economic_activity_by_activity as d
    left join residents_economic_activity_by_activity as s
        on s.area_code = d.area_code and s.detail = d.detail and s.period_start = d.period_start and s.period_end = d.period_end
    where d.detail = 'unemployed' or (d.detail = 'inactive' and s.area_code is null)
),
districts as (
    select parent as area_code, count(*) as districts
    from areas
    where kind = 'district'
    group by parent
),
summed as (
    -- people and households of the districts add up to those of the area; a rate does not, nor does a survey's margin
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
    where p.measure in ('claimants', 'uc_households')
    group by a.parent, p.measure, p.period_start, p.period_end, p.age, d.districts
    having count(p.value) = d.districts
),
figures as (
    select
        area_code, measure, period_start, period_end, age, value, ci_half_width,
        case when status <> 'ok' then status end as reason, [obs_key] as keys, 0 as is_summed
    from published
    union all
    select
        s.area_code, s.measure, s.period_start, s.period_end, s.age, s.value, cast(null as double) as ci_half_width,
        s.reason, s.keys, 1 as is_summed
    from summed as s
    left join published as p
        on p.area_code = s.area_code and p.measure = s.measure and p.period_start = s.period_start
        and p.period_end = s.period_end and p.age = s.age
    where p.area_code is null
),
gathered as (
    select
        area_code,
        period_start,
        period_end,
        age,
        max(case when measure = 'claimants' then value end) as claimants,
        max(case when measure = 'claimant_rate' then value end) as claimant_rate,
        max(case when measure = 'uc_households' then value end) as uc_households,
        max(case when measure = 'unemployed' then value end) as unemployed,
        max(case when measure = 'unemployed' then ci_half_width end) as unemployed_ci_half_width,
        max(case when measure = 'unemployed_16_and_over' then value end) as unemployed_16_and_over,
        max(case when measure = 'inactive' then value end) as inactive,
        max(case when measure = 'inactive' then ci_half_width end) as inactive_ci_half_width,
        max(is_summed) as is_summed,
        count(*) - count(value) as withheld,
        max(reason) as reason,
        count(case when measure in ('unemployed', 'unemployed_16_and_over', 'inactive') then 1 end) as surveyed,
        flatten(array_agg(keys)) as keys
    from figures
    group by area_code, period_start, period_end, age
),
openings as (
    -- openings counted in people, not in jobs, of the same calendar year
    select p.area_code, p.year, p.p50 / m.value as openings_a_month, [p.series_key, m.obs_key] as keys
    from projections as p
    join assumptions as m on m.assumption_id = 'months_a_year'
    where p.breakdown = 'route' and p.measure = 'openings_people' and p.scenario = 'rebased' and p.code = '_T' and p.level = '_T'
)
select
    cast(g.area_code as varchar) as area_code, -- gss | area of residence
    cast(g.period_start as date) as period_start, -- date | first day of the period
    cast(g.period_end as date) as period_end, -- date | last day of the period
    cast(g.age as varchar) as age, -- band | age band, `_T` for all
    cast(g.claimants as double) as claimants, -- people | claiming mainly because unemployed, which is not the ILO definition; null when not published for the period
    cast(g.claimant_rate as double) as claimant_rate, -- per cent | claimants as a share of residents aged 16 to 64, as published; null when not published
    cast(g.uc_households as double) as uc_households, -- households | on Universal Credit; null when not published for the period
    cast(g.unemployed as double) as unemployed, -- people | aged 16 to 64, out of work and looking for it, survey estimate by its own tables; null when not published for the period
    cast(g.unemployed_ci_half_width as double) as unemployed_ci_half_width, -- people | half width of the 95% interval; null when not published
    cast(g.unemployed_16_and_over as double) as unemployed_16_and_over, -- people | the same without an upper age, as DfE's hub prints the survey, without a margin: not the same series; null when not published for the period
    cast(g.inactive as double) as inactive, -- people | aged 16 to 64, neither in work nor looking for it, survey estimate; null when not published for the period
    cast(g.inactive_ci_half_width as double) as inactive_ci_half_width, -- people | half width of the 95% interval; null when not published
    cast(g.claimants / nullif(o.openings_a_month, 0) as double) as months_of_openings_covered, -- months | claimants over the openings a month, in people, of the year (rebased): a stock that is not matched to occupations, and openings are where the workplace is; null without both
    cast(g.is_summed = 1 as boolean) as is_sum_of_districts, -- flag | true when a count is the sum of the districts
    cast(case when g.withheld > 0 then 'C' when g.reason is not null or g.surveyed > 0 then 'B' else 'A' end as varchar) as quality_class, -- class | published counts are A, B when one is a survey's estimate or marked weak, C when one is withheld
    cast(coalesce(g.reason, 'ok') as varchar) as status, -- reason | ok, or why a figure is missing or weak
    list_sort(list_distinct(list_concat(
        g.keys, case when g.claimants is null then cast([] as bigint[]) else coalesce(o.keys, cast([] as bigint[])) end
    ))) as inputs -- key[] | figures behind this row, and the openings
from gathered as g
join areas as a on a.area_code = g.area_code and a.kind <> 'part'
left join openings as o on o.area_code = g.area_code and o.year = year(g.period_end) and g.age = '_T'
