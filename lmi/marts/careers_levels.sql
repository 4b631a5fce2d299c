/* mart: careers_levels
   purpose: the levels of qualification that people in an occupation hold, by the official projection, so that who chooses sees what others bring
   grain: area_code, occupation, level */
with held as (
    select
        j.area_code,
        j.occupation,
        q.parent as level,
        j.year,
        sum(j.value) as jobs,
        array_agg(distinct j.obs_key) as keys
    from projected_jobs_by_occupation_submajor_and_qualification as j
    join codes as q on q.scheme = 'rqf' and q.level = 'level' and q.code = j.qualification
    cross join parameters as p
    where j.year <= year(p.as_of)
    group by j.area_code, j.occupation, q.parent, j.year
    -- a level of which one part is not printed has no figure
    having count(j.value) = count(*)
),
last_year as (
    select area_code, occupation, max(year) as year from held group by area_code, occupation
),
newest as (
    select h.area_code, h.occupation, h.level, h.year, h.jobs, h.keys
    from held as h
    join last_year as l on l.area_code = h.area_code and l.occupation = h.occupation and l.year = h.year
),
whole as (
    select area_code, occupation, sum(jobs) as jobs, flatten(array_agg(keys)) as keys
    from newest
    group by area_code, occupation
),
thresholds as (
    -- a threshold that is not declared leaves the class null, and the mart is refused
    select
        sum(case when assumption_id = 'quality_a_people' then value end) as publishable,
        sum(case when assumption_id = 'quality_b_people' then value end) as indicative,
        array_agg(obs_key) as keys
    from assumptions
    where assumption_id in ('quality_a_people', 'quality_b_people')
)
select
    cast(n.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(n.occupation as varchar) as occupation, -- code | sub-major group of SOC 2020
    cast(n.level as varchar) as level, -- band | highest qualification of the person in the job, which is not what the job needs
    cast(n.year as integer) as year, -- year | newest year of the publisher's table that has begun
    cast(n.jobs as double) as jobs, -- jobs | jobs held by people with it, official projection
    cast(n.jobs / nullif(w.jobs, 0) as double) as share_of_jobs, -- share | of the occupation's jobs; null without jobs
    cast(case
        when t.publishable is null or t.indicative is null then null
        when n.jobs < t.indicative then 'C'
        when n.jobs < t.publishable then 'B'
        else 'A'
    end as varchar) as quality_class, -- class | the publisher's rule on the people in a cell: A publish, B indicative, C not for publication
    cast(case
        when n.jobs < t.indicative then 'rests on too few jobs to be shown'
        when n.jobs < t.publishable then 'rests on few jobs: indicative'
        else 'rests on enough jobs to publish'
    end as varchar) as quality_reason, -- text | why the class
    list_sort(list_distinct(list_concat(w.keys, t.keys))) as inputs -- obs_key[] | the published cells of all levels and the thresholds
from newest as n
join whole as w on w.area_code = n.area_code and w.occupation = n.occupation
join areas as a on a.area_code = n.area_code and a.kind <> 'part'
cross join thresholds as t
