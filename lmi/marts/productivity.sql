/* mart: productivity
   purpose: gross value added per hour and per job, against the whole country as published, beside what residents are qualified to
   grain: area_code, year */
with measured as (
    select 'gva_per_hour' as measure, area_code, period_start, period_end, value, status, vintage, obs_key from gva_per_hour_total
    union all
    select 'gva_per_hour_index' as measure, area_code, period_start, period_end, value, status, vintage, obs_key from gva_per_hour_index_total
    union all
    select 'gva_per_job' as measure, area_code, period_start, period_end, value, status, vintage, obs_key from gva_per_job_total
    union all
    select 'gva_per_job_index' as measure, area_code, period_start, period_end, value, status, vintage, obs_key from gva_per_job_index_total
),
output as (
    select
        area_code,
        period_start,
        period_end,
        max(case when measure = 'gva_per_hour' then value end) as gva_per_hour,
        max(case when measure = 'gva_per_hour_index' then value end) as gva_per_hour_index,
        max(case when measure = 'gva_per_job' then value end) as gva_per_job,
        max(case when measure = 'gva_per_job_index' then value end) as gva_per_job_index,
        max(vintage) as vintage,
        count(case when status <> 'ok' then 1 end) as weak,
        array_agg(distinct obs_key) as keys
    from measured
    group by area_code, period_start, period_end
),
survey as (
    -- a level that is withheld leaves no share: parts of an unknown whole are not shares
    select
        area_code,
        period_start,
        period_end,
        'nvq' as qualification_basis,
        qualification,
        value,
        status,
        obs_key
    from residents_aged_16_64_by_qualification
),
printed_by_dfe as (
    select
        d.area_code,
        d.period_start,
        d.period_end,
        'nvq names, asked in rqf levels' as qualification_basis,
        d.qualification,
        d.value,
        d.status,
        d.obs_key
    from dfe_hub_residents_by_qualification_by_qualification as d
    -- for the years that the survey's own tables do not reach
    where d.period_end > (select max(period_end) from survey)
),
residents as (
    select area_code, period_start, period_end, qualification_basis, qualification, value, status, obs_key from survey
    union all
    select area_code, period_start, period_end, qualification_basis, qualification, value, status, obs_key from printed_by_dfe
    where qualification <> 'TRADE'
),
mix as (
    select
        area_code,
        period_start,
        period_end,
        max(qualification_basis) as qualification_basis,
        case when count(*) = count(value) then sum(value) end as residents,
        -- a share of a whole that the survey marks weak is not told; the output beside it stands
        max(case when qualification = 'NVQ4' then value end) as level_4,
        max(case when qualification = 'NVQ3' then value end) as level_3,
        max(case when qualification = 'NVQ0' then value end) as none_held,
        count(case when status <> 'ok' then 1 end) as weak,
        array_agg(distinct obs_key) as keys
    from residents
    group by area_code, period_start, period_end
)
select
    cast(o.area_code as varchar) as area_code, -- gss | area in which the output is made; the qualifications are those of its residents
    cast(year(o.period_end) as integer) as year, -- year | calendar year
    cast(o.gva_per_hour as double) as gva_per_hour, -- pounds an hour | gross value added per hour worked, current prices, smoothed; null when not published
    cast(o.gva_per_hour_index as double) as gva_per_hour_index, -- index | the same against the United Kingdom = 100, as published; null when not published
    cast(o.gva_per_job as double) as gva_per_job, -- pounds a job | gross value added per filled job, current prices, smoothed; null when not published
    cast(o.gva_per_job_index as double) as gva_per_job_index, -- index | the same against the United Kingdom = 100, as published; null when not published
    cast(o.vintage as varchar) as vintage, -- label | the publisher's edition; years of two editions are not one series
    cast(case when m.weak = 0 then m.level_4 / nullif(m.residents, 0) end as double) as share_level_4_or_above, -- share | of residents aged 16 to 64, highest qualification at level 4 or above; null when a level is withheld or marked weak, or the survey's year is not at hand
    cast(case when m.weak = 0 then m.level_3 / nullif(m.residents, 0) end as double) as share_level_3, -- share | the same, at level 3; null when a level is withheld or marked weak, or the survey's year is not at hand
    cast(case when m.weak = 0 then m.none_held / nullif(m.residents, 0) end as double) as share_without_qualification, -- share | the same, without any; null when a level is withheld or marked weak, or the survey's year is not at hand
    cast(m.qualification_basis as varchar) as qualification_basis, -- kind | how the survey asked: years of two kinds are not compared; null when the survey's year is not at hand
    cast(case when o.weak > 0 then 'C' else 'B' end as varchar) as quality_class, -- class | modelled output and a survey are B, C when the publisher withholds the output or marks it weak
    list_sort(list_distinct(list_concat(o.keys, coalesce(m.keys, cast([] as bigint[]))))) as inputs -- obs_key[] | output, and residents by qualification
from output as o
join areas as a on a.area_code = o.area_code and a.kind <> 'part'
left join mix as m on m.area_code = o.area_code and m.period_start = o.period_start and m.period_end = o.period_end
