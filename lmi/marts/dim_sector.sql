/* mart: dim_sector
   purpose: priority sectors of the area and how each is defined; sectors overlap and are never added
   grain: sector_id */
with members as (
    select m.sector_id, count(*) as industries, min(m.weight) as least_weight, array_agg(distinct m.obs_key) as keys
    from sector_members as m
    join parameters as p on p.area_id = m.area_id
    group by m.sector_id
)
select
    cast(s.sector_id as varchar) as sector_id, -- id | sector
    cast(s.title as varchar) as title, -- label | the area's name for it
    cast(s.definition_status as varchar) as definition_status, -- kind | published, or a proxy where no definition is published
    cast(coalesce(m.industries, 0) as bigint) as industries, -- codes | industries that make it up
    cast(m.least_weight as double) as least_weight, -- share | smallest share with which an industry counts; null without industries
    list_sort(list_distinct(list_concat([s.obs_key], coalesce(m.keys, cast([] as bigint[]))))) as inputs -- obs_key[] | cells that define the sector
from sectors as s
left join members as m on m.sector_id = s.sector_id
