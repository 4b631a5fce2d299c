/* mart: supply_by_route
   purpose: people who leave further education and apprenticeships each year able to fill openings, by technical route and level, before and after commuting, and who is available now
   grain: area_code, route, level, year, scenario */
with measured as (
    select
        area_code,
        code as route,
        level,
        year,
        scenario,
        max(case when measure = 'inflow' then p10 end) as inflow_p10,
        max(case when measure = 'inflow' then p50 end) as inflow_p50,
        max(case when measure = 'inflow' then p90 end) as inflow_p90,
        max(case when measure = 'inflow_apprenticeships' then p10 end) as apprenticeships_p10,
        max(case when measure = 'inflow_apprenticeships' then p50 end) as apprenticeships_p50,
        max(case when measure = 'inflow_apprenticeships' then p90 end) as apprenticeships_p90,
        max(case when measure = 'inflow_classroom' then p10 end) as classroom_p10,
        max(case when measure = 'inflow_classroom' then p50 end) as classroom_p50,
        max(case when measure = 'inflow_classroom' then p90 end) as classroom_p90,
        max(case when measure = 'inflow_after_commuting' then p10 end) as after_commuting_p10,
        max(case when measure = 'inflow_after_commuting' then p50 end) as after_commuting_p50,
        max(case when measure = 'inflow_after_commuting' then p90 end) as after_commuting_p90,
        max(case when measure = 'available_people' then p10 end) as available_p10,
        max(case when measure = 'available_people' then p50 end) as available_p50,
        max(case when measure = 'available_people' then p90 end) as available_p90,
        max(case when measure = 'months_of_openings_covered' then p10 end) as months_p10,
        max(case when measure = 'months_of_openings_covered' then p50 end) as months_p50,
        max(case when measure = 'months_of_openings_covered' then p90 end) as months_p90,
        max(case when measure = 'inflow' then base_people end) as base_learners,
        max(case when measure = 'inflow' then quality_class end) as quality_class,
        max(case when measure = 'inflow' then quality_reason end) as quality_reason,
        max(model_id) as model_id,
        max(origin) as origin,
        array_agg(distinct series_key) as series_keys
    from projections
    where breakdown = 'route' and measure in (
        'inflow', 'inflow_apprenticeships', 'inflow_classroom', 'inflow_after_commuting', 'available_people', 'months_of_openings_covered'
    )
    group by area_code, code, level, year, scenario
    having count(case when measure = 'inflow' then 1 end) = 1
)
select
    cast(area_code as varchar) as area_code, -- gss | area in which the learners live
    cast(route as varchar) as route, -- id | technical route, not_assigned, or `_T` for all
    cast(level as varchar) as level, -- band | qualification band, `_T` for all
    cast(year as integer) as year, -- year | calendar year in which the academic year ends
    cast(scenario as varchar) as scenario, -- id | scenario
    cast(inflow_p10 as double) as inflow_p10, -- people a year | 10th percentile; null where no interval is claimed
    cast(inflow_p50 as double) as inflow_p50, -- people a year | all streams at hand, schools, 16 to 19 study and universities not among them
    cast(inflow_p90 as double) as inflow_p90, -- people a year | 90th percentile; null where no interval is claimed
    cast(apprenticeships_p10 as double) as apprenticeships_p10, -- people a year | 10th percentile; null where no interval is claimed
    cast(apprenticeships_p50 as double) as apprenticeships_p50, -- people a year | from apprenticeships achieved; null when the route has none
    cast(apprenticeships_p90 as double) as apprenticeships_p90, -- people a year | 90th percentile; null where no interval is claimed
    cast(classroom_p10 as double) as classroom_p10, -- people a year | 10th percentile; null where no interval is claimed
    cast(classroom_p50 as double) as classroom_p50, -- people a year | from adult further education; null when the route has none
    cast(classroom_p90 as double) as classroom_p90, -- people a year | 90th percentile; null where no interval is claimed
    cast(after_commuting_p10 as double) as inflow_after_commuting_p10, -- people a year | 10th percentile; null without journeys to work
    cast(after_commuting_p50 as double) as inflow_after_commuting_p50, -- people a year | inflow at workplaces in the area: by all who work in the area over all residents in work, of the census; null without journeys to work
    cast(after_commuting_p90 as double) as inflow_after_commuting_p90, -- people a year | 90th percentile; null without journeys to work
    cast(available_p10 as double) as available_people_p10, -- people | 10th percentile, of the survey's sampling; null where no stock is told
    cast(available_p50 as double) as available_people_p50, -- people | residents out of work and looking for it: a stock without a route, told in the first year only and never added to an inflow; null elsewhere
    cast(available_p90 as double) as available_people_p90, -- people | 90th percentile; null where no stock is told
    cast(months_p10 as double) as months_of_openings_covered_p10, -- months | 10th percentile; null where no stock is told
    cast(months_p50 as double) as months_of_openings_covered_p50, -- months | available people over all openings a month, in people; null but for all routes in the first year
    cast(months_p90 as double) as months_of_openings_covered_p90, -- months | 90th percentile; null where no stock is told
    cast(base_learners as double) as base_learners, -- learners | base that the quality class is judged on
    cast(quality_class as varchar) as quality_class, -- class | A: publish; B: indicative; C: not for publication
    cast(quality_reason as varchar) as quality_reason, -- text | why the class
    cast(model_id as varchar) as model_id, -- id | model that made the row
    cast(origin as integer) as origin, -- year | latest year with actual figures
    list_sort(series_keys) as inputs -- key[] | series behind this row, each walked to its cells by derivations
from measured
