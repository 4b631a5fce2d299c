/* mart: official_projection
   purpose: the publisher's own projection as printed: jobs by year, and change, replacement and requirement over its span
   grain: area_code, breakdown, code, measure, period_start, period_end */
with published as (
    select 'jobs' as measure, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_jobs_total
    union all
    select 'jobs' as measure, 'sector6' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_jobs_by_sector6
    union all
    select 'jobs' as measure, 'industry22' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_jobs_by_industry22
    union all
    select 'jobs' as measure, 'occupation_major' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_jobs_by_occupation_major
    union all
    select 'jobs' as measure, 'occupation_submajor' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_jobs_by_occupation_submajor
    union all
    select 'jobs' as measure, 'qualification' as breakdown, qualification as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_jobs_by_qualification
    union all
    select 'net_change' as measure, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_net_change_total
    union all
    select 'net_change' as measure, 'sector6' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_net_change_by_sector6
    union all
    select 'net_change' as measure, 'industry22' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_net_change_by_industry22
    union all
    select 'net_change' as measure, 'occupation_major' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_net_change_by_occupation_major
    union all
    select 'net_change' as measure, 'occupation_submajor' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_net_change_by_occupation_submajor
    union all
    select 'net_change' as measure, 'qualification' as breakdown, qualification as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_net_change_by_qualification
    union all
    select 'replacement' as measure, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_replacement_demand_total
    union all
    select 'replacement' as measure, 'sector6' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_replacement_demand_by_sector6
    union all
    select 'replacement' as measure, 'industry22' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_replacement_demand_by_industry22
    union all
    select 'replacement' as measure, 'occupation_major' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_replacement_demand_by_occupation_major
    union all
    select 'replacement' as measure, 'occupation_submajor' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_replacement_demand_by_occupation_submajor
    union all
    select 'replacement' as measure, 'qualification' as breakdown, qualification as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_replacement_demand_by_qualification
    union all
    select 'total_requirement' as measure, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_total_requirement_total
    union all
    select 'total_requirement' as measure, 'sector6' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_total_requirement_by_sector6
    union all
    select 'total_requirement' as measure, 'industry22' as breakdown, industry as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_total_requirement_by_industry22
    union all
    select 'total_requirement' as measure, 'occupation_major' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_total_requirement_by_occupation_major
    union all
    select 'total_requirement' as measure, 'occupation_submajor' as breakdown, occupation as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_total_requirement_by_occupation_submajor
    union all
    select 'total_requirement' as measure, 'qualification' as breakdown, qualification as code, area_code, period_start, period_end, value, status, vintage, obs_key
    from projected_total_requirement_by_qualification
),
base as (
    -- the publisher's rule is about the people in a cell: those of the year shown, or of the first year of the span
    select breakdown, code, area_code, year(period_start) as year, value as jobs, obs_key
    from published
    where measure = 'jobs'
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
    cast(p.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(p.breakdown as varchar) as breakdown, -- level | total, sector6, industry22, occupation_major, occupation_submajor or qualification
    cast(p.code as varchar) as code, -- code | code within the breakdown, `_T` for all
    cast(p.measure as varchar) as measure, -- id | jobs, net_change, replacement or total_requirement
    cast(p.period_start as date) as period_start, -- date | first day of the year or of the span
    cast(p.period_end as date) as period_end, -- date | last day of the year or of the span
    cast(p.value as double) as jobs, -- jobs | as published, over the whole period, unrounded; null when status says why
    cast(p.status as varchar) as status, -- reason | ok, or why the value is missing or weak
    cast(p.vintage as varchar) as edition, -- label | the publisher's edition
    cast(b.jobs as double) as base_jobs, -- jobs | jobs in the cell in the year shown or at the start of the span; null when not published
    cast(case
        when t.publishable is null or t.indicative is null then null
        when p.value is null or b.jobs is null or b.jobs < t.indicative then 'C'
        when b.jobs < t.publishable then 'B'
        else 'A'
    end as varchar) as quality_class, -- class | the publisher's rule on the people in a cell: A publish, B indicative, C not for publication
    cast(case
        when p.value is null or b.jobs is null then 'the figure or its base is not published'
        when b.jobs < t.indicative then 'base below what may be shown at all: not for publication'
        when b.jobs < t.publishable then 'base below what may be published: indicative'
        else 'base large enough to publish'
    end as varchar) as quality_reason, -- text | why the class
    list_sort(list_distinct(list_concat([p.obs_key, coalesce(b.obs_key, p.obs_key)], t.keys))) as inputs -- obs_key[] | the published figure, its base and the thresholds
from published as p
cross join thresholds as t
join areas as a on a.area_code = p.area_code and a.kind <> 'part'
left join base as b
    on b.area_code = p.area_code and b.breakdown = p.breakdown and b.code = p.code and b.year = year(p.period_start)
