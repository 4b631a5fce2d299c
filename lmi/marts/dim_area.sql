/* mart: dim_area
   purpose: areas of this build with their names, roles and districts
   grain: area_code
   inputs: optional, an area may be declared and stand in no look-up */
with named as (
    -- an area's code is in one scheme only, whichever kind of area it is
    select c.code as area_code, array_agg(distinct c.obs_key) as keys
    from codes as c
    join areas as a on a.area_code = c.code
    group by c.code
),
placed as (
    select member_code as area_code, array_agg(distinct obs_key) as keys
    from area_members
    group by member_code
)
select
    cast(a.area_code as varchar) as area_code, -- gss | code under which every mart shows the area
    cast(a.name as varchar) as name, -- label | name
    cast(a.kind as varchar) as kind, -- kind | area, district, comparator, or part: a county of the area, or part of a comparator
    cast(a.parent as varchar) as parent, -- gss | the area that a district or county belongs to, else null
    cast(a.area_id as varchar) as area_id, -- id | declared area
    list_sort(list_distinct(list_concat(
        coalesce(n.keys, cast([] as bigint[])), coalesce(m.keys, cast([] as bigint[]))
    ))) as inputs -- obs_key[] | cells that name the area and place it
from areas as a
left join named as n on n.area_code = a.area_code
left join placed as m on m.area_code = a.area_code
