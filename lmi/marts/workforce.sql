/* mart: workforce
   purpose: residents by age, sex and highest qualification, how many are active, and both as projected by the publisher and by us
   grain: area_code, age, sex, qualification, period_start, period_end */
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
),
ours as (
    -- our own projection, at the middle of the year: people by age and sex, and by level held and age
    select
        area_code,
        case when breakdown = 'qualification_held' then case when level = '_T' then '16-64' else level end when code = '_T' then '16+' else code end as age,
        case breakdown when 'age_female' then 'F' when 'age_male' then 'M' else '_T' end as sex,
        case when breakdown = 'qualification_held' then code else '_T' end as qualification,
        cast(cast(year as varchar) || '-06-30' as date) as period_end,
        max(case when measure = 'residents' then p10 end) as residents_p10,
        max(case when measure = 'residents' then p50 end) as residents_p50,
        max(case when measure = 'residents' then p90 end) as residents_p90,
        max(case when measure = 'labour_force' then p10 end) as labour_force_p10,
        max(case when measure = 'labour_force' then p50 end) as labour_force_p50,
        max(case when measure = 'labour_force' then p90 end) as labour_force_p90,
        max(case when measure = 'residual' then p50 end) as residual,
        max(quality_class) as quality_class,
        coalesce(
            max(case when quality_class = 'C' then quality_reason end),
            max(case when quality_class = 'B' then quality_reason end),
            max(quality_reason)
        ) as quality_reason,
        array_agg(distinct series_key) as keys
    from projections
    where breakdown in ('age', 'age_female', 'age_male', 'qualification_held')
    group by area_code, breakdown, code, level, year
),
published as (
    select
        area_code,
        age,
        qualification,
        period_start,
        period_end,
        max(case when measure = 'residents' then value end) as residents,
        max(case when measure = 'residents' then ci_half_width end) as residents_ci_half_width,
        max(case when measure = 'active' then value end) as active,
        max(case when measure = 'active' then ci_half_width end) as active_ci_half_width,
        max(case when measure = 'projected_residents' then value end) as projected_residents,
        max(made_from) as made_from,
        coalesce(max(case when status <> 'ok' then status end), 'ok') as status,
        case when count(value) < count(*) or max(case when status <> 'ok' then 1 else 0 end) = 1 then 'C' else 'B' end as quality_class,
        list_distinct(flatten(array_agg(keys))) as keys
    from figures
    group by area_code, age, qualification, period_start, period_end
),
places as (
    select
        area_code, age, '_T' as sex, qualification, period_start, period_end
    from published
    union
    select
        area_code, age, sex, qualification, period_end as period_start, period_end
    from ours
)
select
    cast(f.area_code as varchar) as area_code, -- gss | area of residence
    cast(f.age as varchar) as age, -- band | age band
    cast(f.sex as varchar) as sex, -- code | F, M, or `_T` for all
    cast(f.qualification as varchar) as qualification, -- code | highest qualification by NVQ name, `_T` for all; years before and after 2022 are not compared
    cast(f.period_start as date) as period_start, -- date | first day of the survey's year, or the middle of the projected one
    cast(f.period_end as date) as period_end, -- date | last day of it
    cast(p.residents as double) as residents, -- people | survey estimate; null when not published for the row
    cast(p.residents_ci_half_width as double) as residents_ci_half_width, -- people | half width of the 95% interval; null when not published
    cast(p.active as double) as active, -- people | in work or looking for it, survey estimate; null when not published for the row
    cast(p.active_ci_half_width as double) as active_ci_half_width, -- people | half width of the 95% interval; null when not published
    cast(p.projected_residents as double) as projected_residents, -- people | residents at the middle of the year as the publisher projects them, not held to a newer estimate; null for a row of the survey
    cast(o.residents_p10 as double) as our_residents_p10, -- people | 10th percentile of our projection; null where there is none
    cast(o.residents_p50 as double) as our_residents_p50, -- people | newest estimate carried forward, held to the publisher's projection of bands; by level, the survey's newest year carried forward by cohorts; null where there is none
    cast(o.residents_p90 as double) as our_residents_p90, -- people | 90th percentile of our projection; null where there is none
    cast(o.labour_force_p10 as double) as labour_force_p10, -- people | 10th percentile of our projection; null where there is none
    cast(o.labour_force_p50 as double) as labour_force_p50, -- people | residents in work or looking for it, projected; null by level held, and where there is no projection
    cast(o.labour_force_p90 as double) as labour_force_p90, -- people | 90th percentile of our projection; null where there is none
    cast(o.residual as double) as survey_less_ages, -- people | survey total of the level less what its ages gave, taken out in the first year; null elsewhere
    cast(case when p.area_code is null then 'our projection' when o.area_code is null then p.made_from else p.made_from || ', and our projection' end as varchar) as made_from, -- rule | survey, survey as DfE prints it, projection of the publisher, our projection
    cast(coalesce(p.status, 'ok') as varchar) as status, -- reason | ok, or why a published figure is missing or weak
    cast(case when p.quality_class = 'C' or o.quality_class = 'C' then 'C' else 'B' end as varchar) as quality_class, -- class | surveyed and projected figures are B, C when withheld, marked weak or of too few people
    cast(o.quality_reason as varchar) as quality_reason, -- text | why the class of our projection; null where there is none
    list_sort(list_distinct(list_concat(coalesce(p.keys, cast([] as bigint[])), coalesce(o.keys, cast([] as bigint[]))))) as inputs -- key[] | figures and series behind this row
from places as f
join areas as a on a.area_code = f.area_code and a.kind <> 'part'
left join published as p
    on p.area_code = f.area_code and p.age = f.age and f.sex = '_T' and p.qualification = f.qualification
    and p.period_start = f.period_start and p.period_end = f.period_end
left join ours as o
    on o.area_code = f.area_code and o.age = f.age and o.sex = f.sex and o.qualification = f.qualification
    and o.period_end = f.period_end and f.period_start = f.period_end
