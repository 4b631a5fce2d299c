/* mart: demand_by_sector
   purpose: projected jobs, leavers and openings in the priority sectors, which overlap and are never added
   grain: area_code, sector_id, year, scenario */
with projected as (
    select
        area_code,
        code as sector_id,
        year,
        scenario,
        measure,
        p10,
        p50,
        p90,
        base_people,
        quality_class,
        quality_reason,
        model_id,
        origin,
        series_key
    from projections
    where breakdown = 'sector' and level = '_T' and code <> '_T'
),
wide as (
    -- one row holds all measures; its quality is that of its worst measure
    select
        area_code,
        sector_id,
        year,
        scenario,
        max(case when measure = 'jobs' then p10 end) as jobs_p10,
        max(case when measure = 'jobs' then p50 end) as jobs_p50,
        max(case when measure = 'jobs' then p90 end) as jobs_p90,
        max(case when measure = 'net_change' then p50 end) as net_change,
        max(case when measure = 'replacement' then p50 end) as replacement,
        max(case when measure = 'total_requirement' then p50 end) as total_requirement,
        max(case when measure = 'openings' then p10 end) as openings_p10,
        max(case when measure = 'openings' then p50 end) as openings_p50,
        max(case when measure = 'openings' then p90 end) as openings_p90,
        min(base_people) as base_people,
        max(quality_class) as quality_class,
        coalesce(
            max(case when quality_class = 'C' then quality_reason end),
            max(case when quality_class = 'B' then quality_reason end),
            max(quality_reason)
        ) as quality_reason,
        max(model_id) as model_id,
        max(origin) as origin,
        array_agg(distinct series_key) as series_keys
    from projected
    where measure in ('jobs', 'net_change', 'replacement', 'total_requirement', 'openings')
    group by area_code, sector_id, year, scenario
),
official as (
    select area_code, sector_id, year, jobs_p50, net_change, replacement, total_requirement, openings_p50, series_keys
    from wide
    where scenario = 'official'
)
select
    cast(w.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(w.sector_id as varchar) as sector_id, -- id | priority sector of the area
    cast(w.year as integer) as year, -- year | calendar year, jobs at mid-year
    cast(w.scenario as varchar) as scenario, -- id | official (the publisher's path) or ours
    cast(w.jobs_p10 as double) as jobs_p10, -- jobs | 10th percentile of jobs, null where no interval is claimed
    cast(w.jobs_p50 as double) as jobs_p50, -- jobs | jobs, employees and self-employed, central figure; null when not projected
    cast(w.jobs_p90 as double) as jobs_p90, -- jobs | 90th percentile of jobs, null where no interval is claimed
    cast(w.net_change as double) as net_change, -- jobs a year | jobs less those of the year before, null when not projected
    cast(w.replacement as double) as replacement, -- jobs a year | jobs to fill because people leave work, null when not projected
    cast(w.total_requirement as double) as total_requirement, -- jobs a year | net change plus replacement, may be negative; null when not projected
    cast(w.openings_p10 as double) as openings_p10, -- jobs a year | 10th percentile of openings, null where no interval is claimed
    cast(w.openings_p50 as double) as openings_p50, -- jobs a year | requirement floored at zero occupation by occupation, then summed; null when not projected
    cast(w.openings_p90 as double) as openings_p90, -- jobs a year | 90th percentile of openings, null where no interval is claimed
    cast(o.jobs_p50 as double) as official_jobs, -- jobs | the publisher's own jobs in the same year, null when not published
    cast(o.net_change as double) as official_net_change, -- jobs a year | from the publisher's own path, null when not published
    cast(o.replacement as double) as official_replacement, -- jobs a year | from the publisher's own rates, null when not published
    cast(o.total_requirement as double) as official_total_requirement, -- jobs a year | from the publisher's own path and rates, null when not published
    cast(o.openings_p50 as double) as official_openings, -- jobs a year | from the publisher's own path and rates, null when not published
    cast(w.base_people as double) as base_people, -- people | smallest base behind the row's figures
    cast(case when s.definition_status = 'proxy' and w.quality_class = 'A' then 'B' else w.quality_class end as varchar) as quality_class, -- class | A: publish; B: indicative, also where the sector's industries are a proxy; C: not for publication
    cast(case
        when s.definition_status = 'proxy' then concat('the industries are a proxy for the sector; ', w.quality_reason)
        else w.quality_reason
    end as varchar) as quality_reason, -- text | why the class
    cast(w.model_id as varchar) as model_id, -- id | model that made the row
    cast(w.origin as integer) as origin, -- year | latest year with actual figures
    list_sort(list_distinct(list_concat(w.series_keys, coalesce(o.series_keys, cast([] as bigint[]))))) as inputs -- key[] | series behind this row, each walked to its cells by derivations
from wide as w
left join official as o on o.area_code = w.area_code and o.sector_id = w.sector_id and o.year = w.year
left join sectors as s on s.sector_id = w.sector_id
