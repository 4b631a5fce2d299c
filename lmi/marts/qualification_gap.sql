/* mart: qualification_gap
   purpose: residents of working age by the level they hold, after commuting, less the area's jobs by the level that their holders hold, in people
   grain: area_code, level, year, scenario */
with held as (
    select
        area_code,
        code as level,
        year,
        scenario,
        max(case when measure = 'residents_after_commuting' then p10 end) as residents_p10,
        max(case when measure = 'residents_after_commuting' then p50 end) as residents_p50,
        max(case when measure = 'residents_after_commuting' then p90 end) as residents_p90,
        max(case when measure = 'jobs_in_people' then p10 end) as jobs_p10,
        max(case when measure = 'jobs_in_people' then p50 end) as jobs_p50,
        max(case when measure = 'jobs_in_people' then p90 end) as jobs_p90,
        max(case when measure = 'residents_less_jobs' then p10 end) as less_p10,
        max(case when measure = 'residents_less_jobs' then p50 end) as less_p50,
        max(case when measure = 'residents_less_jobs' then p90 end) as less_p90,
        max(case when measure = 'residents_less_jobs' then probability end) as probability,
        max(case when measure = 'residents_less_jobs' then base_people end) as base_people,
        max(case when measure = 'residents_less_jobs' then quality_class end) as quality_class,
        max(case when measure = 'residents_less_jobs' then quality_reason end) as quality_reason,
        max(model_id) as model_id,
        max(origin) as origin,
        array_agg(distinct series_key) as series_keys
    from projections
    where breakdown = 'qualification_gap'
    group by area_code, code, year, scenario
)
select
    cast(h.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(h.level as varchar) as level, -- band | level held: below_2, 2, 3, 4+ or `_T` for all; the survey does not tell apart what is above level 4
    cast(h.year as integer) as year, -- year | calendar year
    cast(h.scenario as varchar) as scenario, -- id | path of the jobs
    cast(h.residents_p10 as double) as residents_p10, -- people | 10th percentile; null when not projected
    cast(h.residents_p50 as double) as residents_p50, -- people | residents aged 16 to 64 who hold the level, in work or not, times all who work in the area over its residents in work; null when not projected
    cast(h.residents_p90 as double) as residents_p90, -- people | 90th percentile; null when not projected
    cast(h.jobs_p10 as double) as jobs_in_people_p10, -- people | 10th percentile; null when not projected
    cast(h.jobs_p50 as double) as jobs_in_people_p50, -- people | jobs whose holders hold the level, turned into people; not what the jobs need; null when not projected
    cast(h.jobs_p90 as double) as jobs_in_people_p90, -- people | 90th percentile; null when not projected
    cast(h.less_p10 as double) as residents_less_jobs_p10, -- people | 10th percentile; null when not projected
    cast(h.less_p50 as double) as residents_less_jobs_p50, -- people | the one less the other; below zero fewer residents hold the level than jobs do; null when not projected
    cast(h.less_p90 as double) as residents_less_jobs_p90, -- people | 90th percentile; null when not projected
    cast(h.residents_p50 / nullif(h.jobs_p50, 0) as double) as residents_per_job, -- ratio | residents for each job filled; to be held against that of all levels, since not all residents look for work; null without both
    cast(h.probability as double) as probability_of_more_residents, -- share | probability that the difference is above zero; null when not projected
    cast(h.base_people as double) as base_people, -- people | the smaller of the two, on which the quality class is judged
    cast(h.quality_class as varchar) as quality_class, -- class | B at best: indicative; C: not for publication
    cast(h.quality_reason as varchar) as quality_reason, -- text | why the class
    cast(h.model_id as varchar) as model_id, -- id | model that made the row
    cast(h.origin as integer) as origin, -- year | latest year with actual figures
    list_sort(h.series_keys) as inputs -- key[] | series behind this row
from held as h
