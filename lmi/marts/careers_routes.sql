/* mart: careers_routes
   purpose: the technical routes that lead to an occupation, and the apprenticeship standards of each route by level
   grain: occupation, route */
with units as (
    select u.code as unit, u.obs_key, m.parent as occupation
    from codes as u
    join codes as m on m.scheme = 'soc2020' and m.level = 'minor' and m.code = u.parent
    where u.scheme = 'soc2020' and u.level = 'unit'
),
sizes as (
    select occupation, count(distinct unit) as unit_groups from units group by occupation
),
led as (
    select
        u.occupation,
        w.to_code as route,
        count(distinct u.unit) as unit_groups,
        array_agg(distinct w.obs_key) as unit_keys,
        array_agg(distinct u.obs_key) as code_keys
    from units as u
    join crosswalks as w on w.crosswalk_id = 'soc2020_unit_to_route' and w.from_code = u.unit
    group by u.occupation, w.to_code
),
standards as (
    select
        r.to_code as route,
        count(distinct case when l.to_code = 'RQF2' then r.from_code end) as level_2,
        count(distinct case when l.to_code = 'RQF3' then r.from_code end) as level_3,
        count(distinct case when l.to_code in ('RQF4', 'RQF5') then r.from_code end) as level_4_5,
        count(distinct case when l.to_code in ('RQF6', 'RQF7') then r.from_code end) as level_6_7,
        array_agg(distinct r.obs_key) as route_keys,
        array_agg(distinct l.obs_key) as level_keys
    from crosswalks as r
    join crosswalks as l on l.crosswalk_id = 'standard_to_level' and l.from_code = r.from_code
    where r.crosswalk_id = 'standard_to_route'
    group by r.to_code
)
select
    cast(d.occupation as varchar) as occupation, -- code | sub-major group of SOC 2020
    cast(d.route as varchar) as route, -- code | technical route
    cast(d.unit_groups as bigint) as unit_groups, -- unit groups | of the occupation, to which the route is known to lead
    cast(z.unit_groups as bigint) as all_unit_groups, -- unit groups | of the occupation
    cast(coalesce(s.level_2, 0) as bigint) as standards_level_2, -- standards | of the whole route at level 2, in the look-up of 2021
    cast(coalesce(s.level_3, 0) as bigint) as standards_level_3, -- standards | the same at level 3
    cast(coalesce(s.level_4_5, 0) as bigint) as standards_level_4_5, -- standards | the same at levels 4 and 5
    cast(coalesce(s.level_6_7, 0) as bigint) as standards_level_6_7, -- standards | the same at levels 6 and 7
    cast('A' as varchar) as quality_class, -- class | a count of look-up rows
    list_sort(list_distinct(list_concat(
        list_concat(d.unit_keys, d.code_keys),
        list_concat(coalesce(s.route_keys, cast([] as bigint[])), coalesce(s.level_keys, cast([] as bigint[])))
    ))) as inputs -- obs_key[] | look-up rows
from led as d
join sizes as z on z.occupation = d.occupation
left join standards as s on s.route = d.route
