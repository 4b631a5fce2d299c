/* mart: apprenticeship_standards
   purpose: the apprenticeships that people may train in: route, level, and in the whole country how many began, how many finished, with how many providers
   grain: standard */
with latest as (
    -- the newest whole academic year; an edition of part of a year gives no standards
    select max(period_end) as period_end from apprenticeship_standard_starts_by_provider_and_standard
),
started as (
    select
        s.detail as standard,
        s.period_end,
        sum(s.value) as starts,
        count(distinct case when s.value > 0 then s.provider end) as providers,
        array_agg(distinct s.obs_key) as keys
    from apprenticeship_standard_starts_by_provider_and_standard as s
    join latest as l on l.period_end = s.period_end
    group by s.detail, s.period_end
),
finished as (
    select a.detail as standard, sum(a.value) as achievements, array_agg(distinct a.obs_key) as keys
    from apprenticeship_standard_achievements_by_provider_and_standard as a
    join latest as l on l.period_end = a.period_end
    group by a.detail
),
levels as (
    -- in the bands in which openings and people trained are told
    select
        from_code as standard,
        case to_code when 'RQF2' then '2' when 'RQF3' then '3' when 'RQF4' then '4-5' when 'RQF5' then '4-5' when 'RQF6' then '6' else '7+' end as level,
        obs_key
    from crosswalks
    where crosswalk_id = 'standard_to_level'
),
routes as (
    select from_code as standard, to_code as route, obs_key from crosswalks where crosswalk_id = 'standard_to_route'
)
select
    cast(s.standard as varchar) as standard, -- id | apprenticeship standard, in the look-up's spelling
    cast(r.route as varchar) as route, -- code | technical route; null when the look-up, which is of 2021, lacks the standard
    cast(l.level as varchar) as level, -- level | band of the level that it ends at, 2, 3, 4-5, 6 or 7+; null when the look-up lacks the standard
    cast(year(s.period_end) as integer) as academic_year_ending, -- year | year in which the academic year ends
    cast(s.starts as double) as starts, -- apprenticeships | begun in the whole country in the academic year
    cast(f.achievements as double) as achievements, -- apprenticeships | finished in the whole country in the same year; null when none is printed
    cast(s.providers as bigint) as providers, -- providers | with whom at least one began, in the whole country
    cast('A' as varchar) as quality_class, -- class | published counts
    list_sort(list_distinct(list_concat(
        s.keys,
        list_concat(
            coalesce(f.keys, cast([] as bigint[])),
            list_concat(
                case when r.obs_key is null then cast([] as bigint[]) else [r.obs_key] end,
                case when l.obs_key is null then cast([] as bigint[]) else [l.obs_key] end
            )
        )
    ))) as inputs -- obs_key[] | starts and achievements of all providers, and the look-up's rows
from started as s
left join finished as f on f.standard = s.standard
left join routes as r on r.standard = s.standard
left join levels as l on l.standard = s.standard
