/* mart: sensitivity_drivers
   purpose: the five numbers that move each headline most, one at a time from the low to the high end of their interval
   grain: area_code, measure, route, rank */
with classed as (
    -- the worst class of the headline's years, and a reason for it
    select
        s.measure,
        s.code,
        max(j.quality_class) as quality_class,
        coalesce(
            max(case when j.quality_class = 'C' then j.quality_reason end),
            max(case when j.quality_class = 'B' then j.quality_reason end),
            max(j.quality_reason)
        ) as quality_reason
    from sensitivity as s
    join projections as j on j.series_key = s.series_key and j.year >= s.first_year and j.year <= s.last_year
    group by s.measure, s.code
)
select
    cast(p.area_code as varchar) as area_code, -- gss | area of the build
    cast(s.measure as varchar) as measure, -- id | headline: jobs, or openings_people, inflow or gap a year
    cast(s.code as varchar) as route, -- id | technical route, not_assigned, or `_T` for all
    cast(s.rank as integer) as rank, -- rank | 1 moves the headline most
    cast(s.driver as varchar) as driver, -- id | an assumption, or error_of_level and error_of_growth: past errors of jobs
    cast(a.unit as varchar) as driver_unit, -- unit | unit of the driver; null for past errors, which are factors
    cast(s.driver_low as double) as driver_low, -- driver's unit | low end of the driver's 80% interval; of a spread, the factor that it makes
    cast(s.driver_high as double) as driver_high, -- driver's unit | high end of the driver's 80% interval
    cast(case s.measure when 'jobs' then 'jobs' else 'people a year' end as varchar) as unit, -- unit | unit of the headline
    cast(s.baseline as double) as baseline, -- see unit | the headline: jobs in the last year, else the mean of the years
    cast(s.low as double) as at_low, -- see unit | the headline with the driver at its low end
    cast(s.high as double) as at_high, -- see unit | the headline with the driver at its high end
    cast(s.swing as double) as swing, -- see unit | distance between the two
    cast(s.first_year as integer) as first_year, -- year | first year of the headline
    cast(s.last_year as integer) as last_year, -- year | last year of the headline
    cast(coalesce(a.quality, 'amber') as varchar) as driver_quality, -- mark | green, amber or red: how good the evidence for the driver is; past errors are of modelled history, so amber
    cast(c.quality_class as varchar) as quality_class, -- class | A: publish; B: indicative; C: not for publication: the worst of the headline's years
    cast(c.quality_reason as varchar) as quality_reason, -- text | why the class
    list_sort(list_distinct([s.series_key, s.driver_key])) as inputs -- key[] | series of the headline and the driver
from sensitivity as s
cross join parameters as p
left join assumptions as a on a.obs_key = s.driver_key
join classed as c on c.measure = s.measure and c.code = s.code
where s.level = '_T'
