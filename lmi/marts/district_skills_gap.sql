/* mart: district_skills_gap
   purpose: yearly openings against the yearly inflow from provision in every district, where people work, by technical route and level
   grain: area_code, route, level, year, scenario */
with districts as (
    select
        area_code,
        code as route,
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
    where breakdown = 'district_route'
    group by area_code, code, level, year, scenario
),
whole_area as (
    -- the cell that holds all districts: the smallest one around a district's that may be published
    select
        code as route,
        level,
        year,
        scenario,
        min(area_code) as area_code,
        max(case when measure = 'gap' then quality_class end) as quality_class,
        max(case when measure = 'openings_people' then quality_class end) as openings_class
    from projections
    where breakdown = 'route' and measure in ('gap', 'openings_people')
    group by code, level, year, scenario
),
all_levels as (
    -- openings of a route over all levels, of every district and of the area
    select area_code, code as route, year, scenario, quality_class as openings_class
    from projections
    where breakdown = 'route' and measure = 'openings' and level = '_T'
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
    cast(d.area_code as varchar) as area_code, -- gss | district in which the jobs are located
    cast(d.route as varchar) as route, -- id | technical route; jobs and people without one have no gap
    cast(d.level as varchar) as level, -- band | qualification band; levels at which no gap can be read are left out
    cast(d.year as integer) as year, -- year | calendar year; provision counts in the year in which its academic year ends
    cast(d.scenario as varchar) as scenario, -- id | scenario
    cast(d.openings_p10 as double) as openings_p10, -- people a year | 10th percentile; null when not projected
    cast(d.openings_p50 as double) as openings_p50, -- people a year | openings in people, the area's split by the district's shares of industries; null when not projected
    cast(d.openings_p90 as double) as openings_p90, -- people a year | 90th percentile; null when not projected
    cast(d.inflow_p10 as double) as inflow_p10, -- people a year | 10th percentile; null when not projected
    cast(d.inflow_p50 as double) as inflow_p50, -- people a year | the area's inflow, shared by where people work: learners at home, moved by the journeys to work, a subject too small to print counting as none; null when not projected
    cast(d.inflow_p90 as double) as inflow_p90, -- people a year | 90th percentile; null when not projected
    cast(d.gap_p10 as double) as gap_p10, -- people a year | 10th percentile; null when not projected
    cast(d.gap_p50 as double) as gap_p50, -- people a year | openings less inflow, drawn together; districts add to the area; above zero is a shortfall; null when not projected
    cast(d.gap_p90 as double) as gap_p90, -- people a year | 90th percentile; null when not projected
    cast(d.probability_of_shortfall as double) as probability_of_shortfall, -- share | probability that the gap is above zero; null when not projected
    cast(case
        when t.shortfall is null or t.surplus is null then null
        when d.quality_class = 'C' or d.probability_of_shortfall is null then 'not assessed'
        when d.probability_of_shortfall >= t.shortfall then 'shortfall likely'
        when d.probability_of_shortfall <= t.surplus then 'surplus likely'
        else 'too close to call'
    end as varchar) as verdict, -- words | shortfall likely, surplus likely, too close to call, or not assessed where quality withholds it
    cast(d.base_people as double) as base_people, -- people | jobs of the district that the quality class is judged on
    cast(d.quality_class as varchar) as quality_class, -- class | A: publish; B: indicative; C: not for publication: the worse of the district's size and of the area's claim
    cast(d.quality_reason as varchar) as quality_reason, -- text | why the class
    cast(case when d.quality_class <> 'C' then d.area_code when w.quality_class <> 'C' then w.area_code end as varchar) as publishable_area, -- gss | the smallest area whose gap of this route and level may be published; null when there is none
    cast(d.openings_class as varchar) as openings_class, -- class | class of the openings alone, by the jobs behind them; null when not projected
    cast(case
        when d.openings_class <> 'C' then d.area_code
        when r.openings_class <> 'C' then r.area_code
        when w.openings_class <> 'C' then w.area_code
        when v.openings_class <> 'C' then v.area_code
    end as varchar) as openings_area, -- gss | area of the smallest cell around this one whose openings may be published: the district's own level, all levels of the route in the district, the whole area's level, then all levels there; null when there is none
    cast(case
        when d.openings_class <> 'C' then d.level
        when r.openings_class <> 'C' then '_T'
        when w.openings_class <> 'C' then d.level
        when v.openings_class <> 'C' then '_T'
    end as varchar) as openings_level, -- band | level of that cell, `_T` for all; null when there is none
    cast(d.model_id as varchar) as model_id, -- id | model that made the row
    cast(d.origin as integer) as origin, -- year | latest year with actual figures
    list_sort(list_distinct(list_concat(d.series_keys, t.keys))) as inputs -- key[] | series behind this row and the thresholds of the verdict
from districts as d
cross join thresholds as t
left join whole_area as w
    on w.route = d.route and w.level = d.level and w.year = d.year and w.scenario = d.scenario
    and w.area_code <> d.area_code
left join all_levels as r
    on r.area_code = d.area_code and r.route = d.route and r.year = d.year and r.scenario = d.scenario
left join all_levels as v
    on v.area_code = w.area_code and v.route = d.route and v.year = d.year and v.scenario = d.scenario
