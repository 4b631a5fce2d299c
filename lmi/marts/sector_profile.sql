/* mart: sector_profile
   purpose: jobs in each priority sector, their share, concentration against the national comparator and growth
   grain: area_code, sector_id, year */
with members as (
    select m.sector_id, m.industry, m.level, m.weight, m.obs_key, s.definition_status, s.obs_key as sector_key
    from sector_members as m
    join sectors as s on s.sector_id = m.sector_id
    join parameters as p on p.area_id = m.area_id
),
definitions as (
    select sector_id, list_distinct(flatten(array_agg([obs_key, sector_key]))) as keys
    from members
    group by sector_id
),
industry_jobs as (
    -- jobs by the industry of a member: a member below the division is found among the subclasses that open with it
    select area_code, year, 'division' as level, industry, value, status, obs_key from bres_employment_by_division
    union all
    select area_code, year, 'section' as level, industry, value, status, obs_key from bres_employment_by_section
    union all
    select area_code, year, 'subclass' as level, industry, value, status, obs_key from bres_employment_by_subclass
),
member_jobs as (
    select
        j.area_code,
        m.sector_id,
        j.year,
        j.value * m.weight as jobs,
        j.status,
        m.weight,
        m.definition_status,
        j.obs_key
    from members as m
    join industry_jobs as j on j.level = m.level and j.industry = m.industry
    where m.level in ('division', 'section')
    union all
    select
        j.area_code,
        m.sector_id,
        j.year,
        j.value * m.weight as jobs,
        j.status,
        m.weight,
        m.definition_status,
        j.obs_key
    from members as m
    join industry_jobs as j on j.level = 'subclass' and starts_with(j.industry, m.industry)
    where m.level in ('group', 'class', 'subclass')
),
sector_jobs as (
    -- a sector with an unpublished industry has no sum: what is missing is not zero
    select
        area_code,
        sector_id,
        year,
        case when count(*) = count(jobs) then sum(jobs) end as jobs,
        count(*) - count(jobs) as unpublished,
        count(case when status <> 'ok' then 1 end) as weak,
        min(weight) as least_weight,
        max(definition_status) as definition_status,
        array_agg(obs_key) as job_keys
    from member_jobs
    group by area_code, sector_id, year
),
all_jobs as (
    select
        area_code,
        year,
        case when count(*) = count(value) then sum(value) end as jobs,
        array_agg(obs_key) as job_keys
    from bres_employment_by_division
    group by area_code, year
),
profile as (
    select
        s.area_code,
        s.sector_id,
        s.year,
        s.jobs,
        t.jobs as all_jobs,
        s.unpublished,
        s.weak,
        s.least_weight,
        s.definition_status,
        list_distinct(list_concat(s.job_keys, coalesce(t.job_keys, cast([] as bigint[])))) as keys
    from sector_jobs as s
    left join all_jobs as t on t.area_code = s.area_code and t.year = s.year
),
parts as (
    -- a part may be published under a code of its own that this build knows by another
    select distinct p.area_code, a.area_code as part_code
    from area_parts as p
    join area_aliases as a on a.published_code = p.part_code
),
whole as (
    select area_code, count(*) as parts
    from parts
    group by area_code
),
summed_parts as (
    -- a comparator as the sum of its parts, for figures that are published for the parts only
    select
        p.area_code,
        f.sector_id,
        f.year,
        sum(f.jobs) as jobs,
        sum(f.all_jobs) as all_jobs,
        0 as unpublished,
        sum(f.weak) as weak,
        min(f.least_weight) as least_weight,
        max(f.definition_status) as definition_status,
        flatten(array_agg(f.keys)) as keys
    from parts as p
    join profile as f on f.area_code = p.part_code
    join whole as n on n.area_code = p.area_code
    group by p.area_code, f.sector_id, f.year, n.parts
    having count(f.jobs) = n.parts and count(f.all_jobs) = n.parts
),
compared as (
    select
        area_code, sector_id, year, jobs, all_jobs, unpublished, weak, least_weight, definition_status, keys, 0 as is_sum
    from profile
    union all
    select
        n.area_code,
        n.sector_id,
        n.year,
        n.jobs,
        n.all_jobs,
        n.unpublished,
        n.weak,
        n.least_weight,
        n.definition_status,
        n.keys,
        1 as is_sum
    from summed_parts as n
    left join profile as f on f.area_code = n.area_code and f.sector_id = n.sector_id and f.year = n.year
    where f.area_code is null
),
national as (
    -- the country is the comparator whose parts the look-ups list
    select c.area_code, c.sector_id, c.year, c.jobs / nullif(c.all_jobs, 0) as share_of_jobs, c.keys, c.is_sum
    from compared as c
    join whole as p on p.area_code = c.area_code
),
first_year as (
    select area_code, sector_id, min(year) as year
    from compared
    where jobs is not null
    group by area_code, sector_id
)
select
    cast(c.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(c.sector_id as varchar) as sector_id, -- id | priority sector of the area; sectors overlap and are never added
    cast(c.year as integer) as year, -- year | reference year, in September
    cast(c.jobs as double) as jobs, -- jobs | employees and working owners on the business register, farms aside; null when an industry is unpublished
    cast(c.jobs / nullif(c.all_jobs, 0) as double) as share_of_jobs, -- share | of all such jobs in the area; null when either is unpublished
    cast(c.jobs / nullif(c.all_jobs, 0) / nullif(e.share_of_jobs, 0) as double) as location_quotient, -- ratio | share of jobs over the same share in the national comparator; null when either is unpublished
    cast(c.jobs / nullif(b.jobs, 0) - 1 as double) as growth_on_year, -- share | change since the year before; null in the first year
    cast(power(c.jobs / nullif(f.jobs, 0), 1 / cast(nullif(c.year - y.year, 0) as double)) - 1 as double) as growth_per_year, -- share a year | compound growth since the first year at hand; null in that year
    cast(y.year as integer) as first_year, -- year | first year with jobs; null when there is none
    cast(c.definition_status as varchar) as definition_status, -- kind | published, or a proxy where no definition is published
    cast(case
        when c.jobs is null then 'C'
        when c.weak > 0 or c.least_weight < 1 or c.definition_status = 'proxy' then 'B'
        else 'A'
    end as varchar) as quality_class, -- class | published counts are A, B when a proxy, split or marked weak, C when an industry is unpublished
    cast(case
        when c.jobs is null then 'an industry of the sector is unpublished'
        when c.weak > 0 then 'the publisher marks an industry as weak'
        when c.least_weight < 1 then 'an industry is split by a share'
        when c.definition_status = 'proxy' then 'the industries are a proxy for the sector'
        else 'published counts of a published definition'
    end as varchar) as quality_reason, -- text | why the class
    -- jobs of another area or year are other figures, so no key stands in two of these lists; a whole that was added up
    -- holds the keys of its parts
    list_sort(list_concat(
        list_concat(d.keys, case when e.is_sum = 1 and q.part_code is not null then cast([] as bigint[]) else c.keys end),
        list_concat(
            case when e.area_code <> c.area_code then e.keys else cast([] as bigint[]) end,
            list_concat(
                coalesce(b.keys, cast([] as bigint[])),
                case when y.year < c.year - 1 then f.keys else cast([] as bigint[]) end
            )
        )
    )) as inputs -- obs_key[] | jobs of the sector, of all industries and of the comparator, and the sector's definition
from compared as c
join areas as a on a.area_code = c.area_code and a.kind <> 'part'
join definitions as d on d.sector_id = c.sector_id
left join national as e on e.sector_id = c.sector_id and e.year = c.year
left join parts as q on q.area_code = e.area_code and q.part_code = c.area_code
left join compared as b on b.area_code = c.area_code and b.sector_id = c.sector_id and b.year = c.year - 1
left join first_year as y on y.area_code = c.area_code and y.sector_id = c.sector_id
left join compared as f on f.area_code = c.area_code and f.sector_id = c.sector_id and f.year = y.year
