/* mart: provision
   purpose: starts, achievements and learners by academic year; aims, learners and apprenticeships are three counts and are never mixed
   grain: area_code, measure, breakdown, code, period_start, period_end, period_kind */
with published as (
    select 'aims_achieved' as measure, 'aims' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_aim_achievements_total
    union all
    select 'aims_achieved' as measure, 'aims' as unit, 'subject' as breakdown, subject as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_aim_achievements_by_subject
    union all
    select 'aims_enrolled' as measure, 'aims' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_aim_enrolments_total
    union all
    select 'aims_enrolled' as measure, 'aims' as unit, 'subject' as breakdown, subject as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_aim_enrolments_by_subject
    union all
    select 'learners_achieved' as measure, 'learners' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_achievements_total
    union all
    select 'learners_achieved' as measure, 'learners' as unit, 'level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_achievements_by_level
    union all
    select 'learners_achieved' as measure, 'learners' as unit, 'full_level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_achievements_by_full_level
    union all
    select 'learners_achieved' as measure, 'learners' as unit, 'age' as breakdown, age as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_achievements_by_age
    union all
    select 'learners_achieved' as measure, 'learners' as unit, 'provision' as breakdown, detail as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_achievements_by_provision
    union all
    select 'learners_participating' as measure, 'learners' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_participation_total
    union all
    select 'learners_participating' as measure, 'learners' as unit, 'level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_participation_by_level
    union all
    select 'learners_participating' as measure, 'learners' as unit, 'full_level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_participation_by_full_level
    union all
    select 'learners_participating' as measure, 'learners' as unit, 'age' as breakdown, age as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_participation_by_age
    union all
    select 'learners_participating' as measure, 'learners' as unit, 'provision' as breakdown, detail as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from fe_learner_participation_by_provision
    union all
    select 'apprenticeships_started' as measure, 'apprenticeships' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_starts_by_provider
    union all
    select 'apprenticeships_in_progress' as measure, 'apprenticeships' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_enrolments_by_provider
    union all
    select 'apprenticeships_achieved' as measure, 'apprenticeships' as unit, 'total' as breakdown, '_T' as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_achievements_by_provider
    union all
    select 'apprenticeships_started' as measure, 'apprenticeships' as unit, 'subject' as breakdown, subject as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_standard_starts_by_provider_and_standard
    union all
    select 'apprenticeships_in_progress' as measure, 'apprenticeships' as unit, 'subject' as breakdown, subject as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_standard_enrolments_by_provider_and_standard
    union all
    select 'apprenticeships_achieved' as measure, 'apprenticeships' as unit, 'subject' as breakdown, subject as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_standard_achievements_by_provider_and_standard
    union all
    select 'apprenticeships_started' as measure, 'apprenticeships' as unit, 'level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_standard_starts_by_provider_and_standard
    union all
    select 'apprenticeships_in_progress' as measure, 'apprenticeships' as unit, 'level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_standard_enrolments_by_provider_and_standard
    union all
    select 'apprenticeships_achieved' as measure, 'apprenticeships' as unit, 'level' as breakdown, qualification as code, area_code, period_start, period_end, period_kind, value, status, obs_key
    from apprenticeship_standard_achievements_by_provider_and_standard
),
counted as (
    -- providers are added; a figure that rounds to zero counts as zero, and one that is withheld leaves no sum
    select
        area_code,
        measure,
        unit,
        breakdown,
        code,
        period_start,
        period_end,
        period_kind,
        count(*) as figures,
        count(case when value is not null or status = 'rounded_to_zero' then 1 end) as known,
        count(case when status <> 'ok' then 1 end) as weak,
        sum(value) as value,
        max(case when status <> 'ok' then status end) as reason,
        array_agg(obs_key) as keys
    from published
    group by area_code, measure, unit, breakdown, code, period_start, period_end, period_kind
),
districts as (
    select parent as area_code, count(*) as districts
    from areas
    where kind = 'district'
    group by parent
),
summed as (
    -- learners are not added: one person may learn in two districts, and the publisher counts them once
    select
        a.parent as area_code,
        c.measure,
        c.unit,
        c.breakdown,
        c.code,
        c.period_start,
        c.period_end,
        c.period_kind,
        sum(c.figures) as figures,
        sum(c.known) as known,
        sum(c.weak) as weak,
        sum(c.value) as value,
        max(c.reason) as reason,
        flatten(array_agg(c.keys)) as keys
    from counted as c
    join areas as a on a.area_code = c.area_code and a.kind = 'district'
    join districts as d on d.area_code = a.parent
    where c.unit <> 'learners'
    group by a.parent, c.measure, c.unit, c.breakdown, c.code, c.period_start, c.period_end, c.period_kind, d.districts
    having count(*) = d.districts
),
figures as (
    select
        area_code, measure, unit, breakdown, code, period_start, period_end, period_kind, figures, known, weak, value,
        reason, keys, 'published' as basis
    from counted
    union all
    select
        s.area_code, s.measure, s.unit, s.breakdown, s.code, s.period_start, s.period_end, s.period_kind, s.figures,
        s.known, s.weak, s.value, s.reason, s.keys, 'sum of districts' as basis
    from summed as s
    left join counted as c
        on c.area_code = s.area_code and c.measure = s.measure and c.breakdown = s.breakdown and c.code = s.code
        and c.period_start = s.period_start and c.period_end = s.period_end and c.period_kind = s.period_kind
    where c.area_code is null
)
select
    cast(f.area_code as varchar) as area_code, -- gss | home of the learner
    cast(f.measure as varchar) as measure, -- id | what is counted
    cast(f.breakdown as varchar) as breakdown, -- kind | total, subject, level, full_level (part of level), age or provision; breakdowns are never added
    cast(f.code as varchar) as code, -- code | code within the breakdown, `_T` for all
    cast(f.period_start as date) as period_start, -- date | first day counted
    cast(f.period_end as date) as period_end, -- date | last day counted
    cast(f.period_kind as varchar) as period_kind, -- kind | academic_year, or academic_year_part for the count of a year that was not over
    cast(year(f.period_start) + 1 as integer) as academic_year_ending, -- year | calendar year in which the academic year ends
    cast(f.period_kind = 'academic_year_part' as boolean) as is_part_year, -- flag | true when the year was not over: not comparable with full years
    cast(f.unit as varchar) as unit, -- unit | aims, learners or apprenticeships
    cast(case when f.known = f.figures then coalesce(f.value, 0) end as double) as value, -- count | in the row's unit, unrounded; null when status says why
    cast(case when f.weak = 0 then 'ok' else f.reason end as varchar) as status, -- reason | ok, or why the value is missing or weak
    cast(f.basis as varchar) as basis, -- rule | published for the area, or the sum of its districts
    cast(case when f.known < f.figures then 'C' when f.weak > 0 then 'B' else 'A' end as varchar) as quality_class, -- class | published counts are A, B when marked weak, C when withheld
    list_sort(f.keys) as inputs -- obs_key[] | counts behind this row
from figures as f
join areas as a on a.area_code = f.area_code and a.kind <> 'part'
