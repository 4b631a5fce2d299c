/* mart: core_indicators
   purpose: every indicator of the panels' core list with its comparators and its change over five years, or the reason why it is not sourced; the area's rank among the panels' areas where DfE prints them all
   grain: sap_ref, measure, code, area_code, period_start, period_end */
with bands as (
    select parent as band, count(*) as ages
    from codes
    where scheme = 'age' and level = 'year'
    group by parent
),
by_band as (
    -- single years of age add up to the band that their code names; a year that is missing leaves no sum
    select
        c.parent as band, p.area_code, p.period_start, p.period_end, sum(p.value) as value,
        coalesce(max(case when p.status <> 'ok' then p.status end), 'ok') as status, array_agg(distinct p.obs_key) as keys
    from population_by_age as p
    join codes as c on c.scheme = 'age' and c.level = 'year' and c.code = p.age
    join bands as b on b.band = c.parent
    group by c.parent, p.area_code, p.period_start, p.period_end, b.ages
    having count(p.value) = b.ages
),
-- the columns of series views stand in one order: where and when, the code where there is one, the figure
by_code(relation, area_code, period_start, period_end, period_kind, year, code, value, ci_half_width, status, maturity, vintage, source_id, obs_key) as (
    select 'bres_employment_by_section', * from bres_employment_by_section
    union all select 'destination_rate_16_18_by_outcome', * from destination_rate_16_18_by_outcome
    union all select 'destination_rate_ks4_by_outcome', * from destination_rate_ks4_by_outcome
    union all select 'dfe_hub_residents_by_qualification_by_qualification', * from dfe_hub_residents_by_qualification_by_qualification
    union all select 'dfe_hub_residents_economic_activity_by_activity', * from dfe_hub_residents_economic_activity_by_activity
    union all select 'dfe_hub_residents_in_employment_by_occupation_submajor', * from dfe_hub_residents_in_employment_by_occupation_submajor
    union all select 'enterprises_by_broad_group', * from enterprises_by_broad_group
    union all select 'enterprises_by_size', * from enterprises_by_size
    union all select 'ess_answer_shares_of_establishments_by_answer', * from ess_answer_shares_of_establishments_by_answer
    union all select 'online_job_adverts_by_occupation_major', * from online_job_adverts_by_occupation_major
    union all select 'projected_jobs_by_industry22', * from projected_jobs_by_industry22
    union all select 'projected_jobs_by_occupation_submajor', * from projected_jobs_by_occupation_submajor
    union all select 'projected_jobs_by_qualification', * from projected_jobs_by_qualification
    union all select 'resident_annual_pay_by_statistic', * from resident_annual_pay_by_statistic
    union all select 'resident_annual_pay_full_time_by_statistic', * from resident_annual_pay_full_time_by_statistic
    union all select 'resident_weekly_pay_full_time_by_statistic', * from resident_weekly_pay_full_time_by_statistic
    union all select 'residents_aged_16_64_by_qualification', * from residents_aged_16_64_by_qualification
    union all select 'residents_economic_activity_active', * from residents_economic_activity_active
    union all select 'residents_economic_activity_by_activity', * from residents_economic_activity_by_activity
    union all select 'residents_economic_activity_by_employment_type', * from residents_economic_activity_by_employment_type
    union all select 'residents_in_employment_by_occupation_submajor', * from residents_in_employment_by_occupation_submajor
    union all select 'residents_in_work_by_aps_industry', * from residents_in_work_by_aps_industry
),
in_all(relation, area_code, period_start, period_end, period_kind, year, value, ci_half_width, status, maturity, vintage, source_id, obs_key) as (
    select 'destination_rate_16_18_total', * from destination_rate_16_18_total
    union all select 'destination_rate_ks4_total', * from destination_rate_ks4_total
    union all select 'dfe_hub_residents_economic_activity_total', * from dfe_hub_residents_economic_activity_total
    union all select 'dfe_hub_residents_in_employment_total', * from dfe_hub_residents_in_employment_total
    union all select 'enterprise_births_total', * from enterprise_births_total
    union all select 'enterprise_deaths_total', * from enterprise_deaths_total
    union all select 'enterprises_active_total', * from enterprises_active_total
    union all select 'enterprises_total', * from enterprises_total
    union all select 'ess_hard_to_fill_vacancies_total', * from ess_hard_to_fill_vacancies_total
    union all select 'ess_skill_shortage_density_total', * from ess_skill_shortage_density_total
    union all select 'ess_skill_shortage_vacancies_total', * from ess_skill_shortage_vacancies_total
    union all select 'ess_skills_gap_density_total', * from ess_skills_gap_density_total
    union all select 'ess_skills_gap_incidence_total', * from ess_skills_gap_incidence_total
    union all select 'ess_skills_gaps_total', * from ess_skills_gaps_total
    union all select 'ess_staff_trained_share_total', * from ess_staff_trained_share_total
    union all select 'ess_training_incidence_total', * from ess_training_incidence_total
    union all select 'ess_vacancies_total', * from ess_vacancies_total
    union all select 'gva_per_hour_index_total', * from gva_per_hour_index_total
    union all select 'gva_per_hour_total', * from gva_per_hour_total
    union all select 'population_total', * from population_total
    union all select 'residents_economic_activity_total', * from residents_economic_activity_total
),
published as (
    select 'population_by_age.band' as relation, band as code, area_code, period_start, period_end, value, status, keys from by_band
    union all
    select relation, code, area_code, period_start, period_end, value, status, [obs_key] as keys from by_code
    union all
    select relation, '_T' as code, area_code, period_start, period_end, value, status, [obs_key] as keys from in_all
),
districts as (
    select parent as area_code, count(*) as districts
    from areas
    where kind = 'district'
    group by parent
),
summed as (
    -- residents are published by district and add up to the area's
    select
        p.relation, p.code, a.parent as area_code, p.period_start, p.period_end, sum(p.value) as value,
        coalesce(max(case when p.status <> 'ok' then p.status end), 'ok') as status, flatten(array_agg(p.keys)) as keys
    from published as p
    join areas as a on a.area_code = p.area_code and a.kind = 'district'
    join districts as d on d.area_code = a.parent
    left join published as own
        on own.area_code = a.parent and own.relation = p.relation and own.code = p.code
        and own.period_start = p.period_start and own.period_end = p.period_end
    where p.relation in ('population_by_age.band', 'population_total') and own.area_code is null
    group by p.relation, p.code, a.parent, p.period_start, p.period_end, d.districts
    having count(p.value) = d.districts
),
starts as (
    -- jobs in the year in which the projection sets out, beside the change over its whole span
    select 'forecast_growth.industry22' as relation, industry as code, area_code, year, value, obs_key from projected_jobs_by_industry22
    union all
    select 'forecast_growth.occupation_submajor' as relation, occupation as code, area_code, year, value, obs_key
    from projected_jobs_by_occupation_submajor
),
changes as (
    select 'forecast_growth.industry22' as relation, industry as code, area_code, period_start, period_end, value, status, obs_key
    from projected_net_change_by_industry22
    union all
    select 'forecast_growth.occupation_submajor' as relation, occupation as code, area_code, period_start, period_end, value, status, obs_key
    from projected_net_change_by_occupation_submajor
),
growth as (
    select
        c.relation, c.code, c.area_code, c.period_start, c.period_end, c.value / nullif(s.value, 0) as value, c.status,
        [c.obs_key, s.obs_key] as keys
    from changes as c
    join starts as s
        on s.relation = c.relation and s.code = c.code and s.area_code = c.area_code and s.year = year(c.period_start)
),
shown as (
    select relation, code, area_code, period_start, period_end, value, status, keys from published
    union all
    select relation, code, area_code, period_start, period_end, value, status, keys from summed
    union all
    select relation, code, area_code, period_start, period_end, value, status, keys from growth
    union all
    select 'provision.' || measure || '.' || breakdown as relation, code, area_code, period_start, period_end, value, status, inputs as keys
    from provision
    where not is_part_year
    union all
    select 'young_people.' || indicator as relation, '_T' as code, area_code, period_start, period_end, value, status, inputs as keys
    from young_people
),
wholes as (
    -- the sum over all codes; one that is withheld leaves no sum
    select
        s.relation, '*' as code, s.area_code, s.period_start, s.period_end,
        case when count(*) = count(s.value) then sum(s.value) end as value, flatten(array_agg(s.keys)) as keys
    from shown as s
    join (select distinct over_relation from core_measures where over_code = '*') as m on m.over_relation = s.relation
    group by s.relation, s.area_code, s.period_start, s.period_end
),
divisors as (
    select relation, code, area_code, period_start, period_end, value, keys from wholes
    union all
    select s.relation, s.code, s.area_code, s.period_start, s.period_end, s.value, s.keys
    from shown as s
    join (select distinct over_relation, over_code from core_measures where over_code <> '') as m
        on m.over_relation = s.relation and m.over_code = s.code
),
measured as (
    select
        m.sap_ref, m.measure, m.title, m.unit, m.evidence, m.choice, m.is_ranked, m.no_rank, m.reason, s.code, s.area_code, s.period_start, s.period_end,
        case when m.over_relation = '' then s.value else s.value / nullif(d.value, 0) end * m.scale as value,
        s.status,
        list_concat(list_concat(s.keys, [m.obs_key]), coalesce(d.keys, cast([] as bigint[]))) as keys
    from shown as s
    join core_measures as m
        on m.relation = s.relation
        and (m.code in ('*', s.code) or (ends_with(m.code, '*') and starts_with(s.code, replace(m.code, '*', ''))))
    left join divisors as d
        on d.relation = m.over_relation and d.code = m.over_code and d.area_code = s.area_code
        and d.period_start = s.period_start and d.period_end = s.period_end
),
chosen as (
    -- two series may print one figure: the one declared first stands
    select m.*
    from measured as m
    join (
        select sap_ref, measure, code, area_code, period_start, period_end, min(choice) as choice
        from measured
        where choice > 0
        group by sap_ref, measure, code, area_code, period_start, period_end
    ) as f
        on f.sap_ref = m.sap_ref and f.measure = m.measure and f.code = m.code and f.area_code = m.area_code
        and f.period_start = m.period_start and f.period_end = m.period_end and f.choice = m.choice
),
ranks as (
    select
        sap_ref, measure, code, area_code, period_start, period_end,
        rank() over (partition by sap_ref, measure, area_code, period_start, period_end order by value desc) as from_highest,
        rank() over (partition by sap_ref, measure, area_code, period_start, period_end order by value) as from_lowest
    from chosen
    where is_ranked and value is not null
),
among as (
    -- all areas of panels by one series, so that one definition holds for all; a rank is of those that have a figure.
    -- A series for ranks only has one code, that of a measure which is shown without
    select
        m.sap_ref, m.measure, case when m.choice = 0 then '_T' else m.code end as code, m.period_start, m.period_end, m.choice, m.area_code,
        rank() over (partition by m.sap_ref, m.measure, m.code, m.period_start, m.period_end, m.choice order by m.value desc) as place,
        m.keys
    from measured as m
    join codes as c on c.scheme = 'lsip' and c.code = m.area_code
    where m.no_rank = '' and m.value is not null
),
panels as (
    select sap_ref, measure, code, period_start, period_end, choice, count(*) as areas, flatten(array_agg(keys)) as keys
    from among
    group by sap_ref, measure, code, period_start, period_end, choice
    having count(*) > 1
),
first_panels as (
    select sap_ref, measure, code, period_start, period_end, min(choice) as choice
    from panels
    group by sap_ref, measure, code, period_start, period_end
),
places as (
    select m.sap_ref, m.measure, m.code, m.area_code, m.period_start, m.period_end, m.place, p.areas, p.keys
    from among as m
    join panels as p
        on p.sap_ref = m.sap_ref and p.measure = m.measure and p.code = m.code and p.period_start = m.period_start
        and p.period_end = m.period_end and p.choice = m.choice
    join first_panels as f
        on f.sap_ref = p.sap_ref and f.measure = p.measure and f.code = p.code and f.period_start = p.period_start
        and f.period_end = p.period_end and f.choice = p.choice
),
comparators as (
    select a.area_code, c.level
    from areas as a
    join codes as c on c.code = a.area_code and c.scheme = c.level and c.level in ('region', 'country')
    where a.kind = 'comparator'
),
against as (
    select
        v.sap_ref, v.measure, v.code, v.period_start, v.period_end,
        max(case when c.level = 'region' then v.value end) as region_value,
        max(case when c.level = 'country' then v.value end) as country_value,
        flatten(array_agg(v.keys)) as keys
    from chosen as v
    join comparators as c on c.area_code = v.area_code
    group by v.sap_ref, v.measure, v.code, v.period_start, v.period_end
),
step as (
    select value as years, [obs_key] as keys
    from assumptions
    where assumption_id = 'core_change_years'
),
figures as (
    select
        v.sap_ref, v.measure, v.title, v.unit, v.evidence, v.reason, v.code, v.area_code, v.period_start, v.period_end, v.value,
        case when v.value is null and v.status = 'ok' then 'not_available' else v.status end as status,
        case when b.value is not null then v.value - b.value end as change,
        g.region_value, g.country_value, r.from_highest, r.from_lowest, l.place, l.areas,
        case
            when a.kind <> 'area' or l.place is not null then ''
            when coalesce(v.no_rank, '') <> '' then v.no_rank
            else 'figures of the other panels'' areas are not at hand for this period'
        end as rank_note,
        list_concat(
            list_concat(list_concat(v.keys, coalesce(g.keys, cast([] as bigint[]))), coalesce(l.keys, cast([] as bigint[]))),
            case when b.value is null then cast([] as bigint[]) else list_concat(b.keys, y.keys) end
        ) as keys
    from chosen as v
    join areas as a on a.area_code = v.area_code and (a.kind <> 'part' or a.parent is not null)
    left join step as y on true
    left join chosen as b
        on b.sap_ref = v.sap_ref and b.measure = v.measure and b.code = v.code and b.area_code = v.area_code
        and year(b.period_end) = year(v.period_end) - y.years and year(b.period_start) = year(v.period_start) - y.years
        and month(b.period_start) = month(v.period_start) and month(b.period_end) = month(v.period_end)
    left join against as g
        on g.sap_ref = v.sap_ref and g.measure = v.measure and g.code = v.code and g.period_start = v.period_start
        and g.period_end = v.period_end
    left join ranks as r
        on r.sap_ref = v.sap_ref and r.measure = v.measure and r.code = v.code and r.area_code = v.area_code
        and r.period_start = v.period_start and r.period_end = v.period_end
    left join places as l
        on l.sap_ref = v.sap_ref and l.measure = v.measure and l.code = v.code and l.area_code = v.area_code
        and l.period_start = v.period_start and l.period_end = v.period_end
    union all
    select
        m.sap_ref, m.measure, m.title, '' as unit, m.evidence, m.reason, '_T' as code, p.area_code, p.as_of as period_start, p.as_of as period_end,
        cast(null as double) as value, 'not_sourced' as status, cast(null as double) as change, cast(null as double) as region_value,
        cast(null as double) as country_value, cast(null as bigint) as from_highest, cast(null as bigint) as from_lowest, cast(null as bigint) as place,
        cast(null as bigint) as areas, coalesce(m.no_rank, '') as rank_note, [m.obs_key] as keys
    from core_measures as m
    cross join parameters as p
    where m.relation = 'none'
)
select
    cast(f.sap_ref as varchar) as sap_ref, -- code | core indicator, by the panels' reference or the slug of its title
    cast(f.measure as varchar) as measure, -- id | one measure of it, or not_sourced
    cast(f.code as varchar) as code, -- code | code within the measure, `_T` for a measure without
    cast(f.area_code as varchar) as area_code, -- gss | area, a county of several districts among them
    cast(f.period_start as date) as period_start, -- date | first day of the period, or the as-of day when not sourced
    cast(f.period_end as date) as period_end, -- date | last day of it
    cast(f.title as varchar) as title, -- label | what the measure is, in words
    cast(f.unit as varchar) as unit, -- unit | of the values of the row, empty when not sourced
    cast(f.value as double) as value, -- see unit | unrounded; null when status says why
    cast(f.region_value as double) as region_value, -- see unit | the same in the region; null when not published for it
    cast(f.country_value as double) as country_value, -- see unit | the same in the country; null when not published for it
    cast(f.change as double) as change_over_five_years, -- see unit | value less that of the same months five years before; null when not at hand
    cast(f.from_highest as bigint) as rank_from_highest, -- rank | among the codes of the measure, for forecast growth; null elsewhere
    cast(f.from_lowest as bigint) as rank_from_lowest, -- rank | the same, the smallest first; null elsewhere
    cast(f.place as bigint) as rank_among_panels, -- rank | of the area among the areas of all skills improvement panels by one series, 1 the highest value; null when note says why
    cast(f.areas as bigint) as panels_ranked, -- areas | how many areas have a figure in that series; null without a rank
    cast(f.rank_note as varchar) as rank_note, -- text | why the area is not ranked, or empty
    cast(f.evidence as varchar) as evidence, -- kind | counted, surveyed, modelled, projected, or none
    cast(f.status as varchar) as status, -- reason | ok, why the value or its whole is missing or weak, or not_sourced
    cast(f.reason as varchar) as note, -- text | why it is not sourced, or what to mind, or empty
    cast(case
        when f.value is null then 'C'
        when f.status <> 'ok' or f.evidence <> 'counted' then 'B'
        else 'A'
    end as varchar) as quality_class, -- class | counts are A, what is surveyed, modelled, projected or marked weak is B, what is missing is C
    list_sort(list_distinct(f.keys)) as inputs -- obs_key[] | figures of the row, its comparators, of the areas that it is ranked among and of five years before, and the declared measure
from figures as f
