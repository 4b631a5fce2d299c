/* mart: sector_skills_gap
   purpose: yearly openings of each priority sector against its part of the yearly inflow from provision, by level; sectors overlap and are never added
   grain: area_code, sector_id, level, year, scenario */
with sectors_seen as (
    select
        area_code,
        code as sector_id,
        level,
        year,
        scenario,
        max(case when measure = 'openings_people' then p10 end) as openings_p10,
        max(case when measure = 'openings_people' then p50 end) as openings_p50,
        max(case when measure = 'openings_people' then p90 end) as openings_p90,
        max(case when measure = 'inflow' then p10 end) as inflow_p10,
        max(case when measure = 'inflow' then p50 end) as inflow_p50,
        max(case when measure = 'inflow' then p90 end) as inflow_p90,
        max(case when measure = 'gap' then p10 end) as gap_p10,
        max(case when measure = 'gap' then p50 end) as gap_p50,
        max(case when measure = 'gap' then p90 end) as gap_p90,
        max(case when measure = 'gap' then probability end) as probability_of_shortfall,
        max(case when measure = 'gap' then base_people end) as base_people,
        max(case when measure = 'gap' then quality_class end) as quality_class,
        max(case when measure = 'gap' then quality_reason end) as quality_reason,
        max(case when measure = 'openings_people' then quality_class end) as openings_class,
        max(model_id) as model_id,
        max(origin) as origin,
        array_agg(distinct series_key) as series_keys
    from projections
    where breakdown = 'sector_level'
    group by area_code, code, level, year, scenario
),
thresholds as (
    -- without both declared thresholds the sum is null, the verdict is null, and the mart is refused
    select
        sum(case when assumption_id = 'shortfall_probability' then value end) as shortfall,
        sum(case when assumption_id = 'surplus_probability' then value end) as surplus,
        array_agg(obs_key) as keys
    from assumptions
    where assumption_id in ('shortfall_probability', 'surplus_probability')
)
select
    cast(d.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(d.sector_id as varchar) as sector_id, -- id | priority sector of the area
    cast(d.level as varchar) as level, -- band | qualification band; levels at which no gap can be read are left out
    cast(d.year as integer) as year, -- year | calendar year; provision counts in the year in which its academic year ends
    cast(d.scenario as varchar) as scenario, -- id | scenario
    cast(d.openings_p10 as double) as openings_p10, -- people a year | 10th percentile; null when not projected
    cast(d.openings_p50 as double) as openings_p50, -- people a year | the sector's share of the openings in people of each technical route, by the occupations that its industries employ, summed; jobs without a route are left out; null when not projected
    cast(d.openings_p90 as double) as openings_p90, -- people a year | 90th percentile; null when not projected
    cast(d.inflow_p10 as double) as inflow_p10, -- people a year | 10th percentile; null when not projected
    cast(d.inflow_p50 as double) as inflow_p50, -- people a year | the same share of the inflow of each route, summed; null when not projected
    cast(d.inflow_p90 as double) as inflow_p90, -- people a year | 90th percentile; null when not projected
    cast(d.gap_p10 as double) as gap_p10, -- people a year | 10th percentile; null when not projected
    cast(d.gap_p50 as double) as gap_p50, -- people a year | openings less inflow, drawn together; above zero is a shortfall; null when not projected
    cast(d.gap_p90 as double) as gap_p90, -- people a year | 90th percentile; null when not projected
    cast(d.probability_of_shortfall as double) as probability_of_shortfall, -- share | probability that the gap is above zero; null when not projected
    cast(case
        when t.shortfall is null or t.surplus is null then null
        when d.quality_class = 'C' or d.probability_of_shortfall is null then 'not assessed'
        when d.probability_of_shortfall >= t.shortfall then 'shortfall likely'
        when d.probability_of_shortfall <= t.surplus then 'surplus likely'
        else 'too close to call'
    end as varchar) as verdict, -- words | shortfall likely, surplus likely, too close to call, or not assessed where quality withholds it
    cast(d.base_people as double) as base_people, -- people | jobs of the sector at the level that have a route, on which the quality class is judged
    cast(d.quality_class as varchar) as quality_class, -- class | A: publish; B: indicative; C: not for publication
    cast(d.quality_reason as varchar) as quality_reason, -- text | why the class
    cast(d.openings_class as varchar) as openings_class, -- class | class of the openings alone, by the jobs behind them; null when not projected
    cast(d.model_id as varchar) as model_id, -- id | model that made the row
    cast(d.origin as integer) as origin, -- year | latest year with actual figures
    list_sort(list_distinct(list_concat(d.series_keys, t.keys))) as inputs -- key[] | series behind this row and the thresholds of the verdict
from sectors_seen as d
cross join thresholds as t
