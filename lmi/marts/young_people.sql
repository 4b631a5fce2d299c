/* mart: young_people
   purpose: what young people do and reach: level 2 and 3 at 19, where they go after key stage 4 and 16 to 18 study, not in education, employment or training, claimants
   grain: area_code, indicator, period_start, period_end */
with leavers as (
    select 'ks4_to_' as stage, area_code, period_start, period_end, detail as outcome, value, status, vintage, obs_key from ks4_leavers_by_outcome
    union all
    select 'after_16_18_to_' as stage, area_code, period_start, period_end, detail as outcome, value, status, vintage, obs_key from leavers_16_18_by_outcome
),
cohorts as (
    select 'ks4_to_' as stage, area_code, period_start, period_end, value, status, vintage, obs_key from ks4_leavers_total
    union all
    select 'after_16_18_to_' as stage, area_code, period_start, period_end, value, status, vintage, obs_key from leavers_16_18_total
),
sustained as (
    -- a sustained destination is any of three; one that is missing or withheld leaves no sum
    select
        stage,
        area_code,
        period_start,
        period_end,
        'sustained_destination' as outcome,
        case when count(*) = count(value) then sum(value) end as value,
        max(case when status <> 'ok' then status end) as reason,
        max(vintage) as edition,
        array_agg(distinct obs_key) as keys
    from leavers
    where outcome in ('education', 'apprenticeships', 'employment')
    group by stage, area_code, period_start, period_end
    having
        count(case when outcome = 'education' then 1 end) = 1
        and count(case when outcome = 'apprenticeships' then 1 end) = 1
        and count(case when outcome = 'employment' then 1 end) = 1
),
outcomes as (
    select stage, area_code, period_start, period_end, outcome, value, reason, edition, keys from sustained
    union all
    select
        stage, area_code, period_start, period_end, outcome, value, case when status <> 'ok' then status end as reason,
        vintage as edition, [obs_key] as keys
    from leavers
),
reached as (
    select
        case when qualification = 'BY19-3' then 'level_3_by_19' else 'level_2_by_19' end as indicator,
        area_code, period_start, period_end, value, status, vintage, obs_key
    from qualified_by_19_by_level
    union all
    select 'level_2_with_english_and_maths_by_19' as indicator, area_code, period_start, period_end, value, status, vintage, obs_key
    from qualified_by_19_by_level_with_english_and_maths
),
counted as (
    -- a part of a year group over the whole of it, each as published
    select
        o.stage || o.outcome as indicator,
        'school or college' as counted_at,
        o.area_code,
        o.period_start,
        o.period_end,
        o.value as numerator,
        c.value as denominator,
        coalesce(o.reason, case when c.status <> 'ok' then c.status end) as reason,
        o.edition,
        list_concat(o.keys, [c.obs_key]) as keys
    from outcomes as o
    join cohorts as c
        on c.stage = o.stage and c.area_code = o.area_code and c.period_start = o.period_start and c.period_end = o.period_end
    union all
    select
        r.indicator,
        'school at 14' as counted_at,
        r.area_code,
        r.period_start,
        r.period_end,
        r.value as numerator,
        y.value as denominator,
        case when r.status <> 'ok' then r.status when y.status <> 'ok' then y.status end as reason,
        r.vintage as edition,
        [r.obs_key, y.obs_key] as keys
    from reached as r
    join young_people_at_19_total as y
        on y.area_code = r.area_code and y.period_start = r.period_start and y.period_end = r.period_end
    union all
    select
        'claimants_16_24' as indicator, 'home' as counted_at, area_code, period_start, period_end, value as numerator,
        cast(null as double) as denominator, case when status <> 'ok' then status end as reason, vintage as edition, [obs_key] as keys
    from claimants_by_age
    where age = '16-24'
),
rates as (
    -- published as a rate alone: in per cent, or as a share
    select 'not_in_education_or_work_or_not_known_16_17' as indicator, 'home' as counted_at, area_code, period_start, period_end, value, status, vintage, obs_key
    from neet_or_not_known_rate_total
    union all
    select
        case when detail = 'not_known' then 'activity_not_known_16_17' else 'not_in_education_or_work_16_17' end as indicator,
        'home' as counted_at, area_code, period_start, period_end, value, status, vintage, obs_key
    from neet_or_not_known_rate_by_status
    union all
    select 'in_education_or_training_16_17' as indicator, 'home' as counted_at, area_code, period_start, period_end, value, status, vintage, obs_key
    from participation_rate_16_17_total
    union all
    select 'in_an_apprenticeship_16_17' as indicator, 'home' as counted_at, area_code, period_start, period_end, value, status, vintage, obs_key
    from participation_rate_16_17_by_kind
    where detail = 'apprenticeship'
    union all
    select 'offered_a_place_16_17' as indicator, 'home' as counted_at, area_code, period_start, period_end, value, status, vintage, obs_key
    from september_offer_rate_total
    union all
    select 'ks4_to_sustained_destination' as indicator, 'school or college' as counted_at, area_code, period_start, period_end, value * 100 as value, status, vintage, obs_key
    from destination_rate_ks4_total
    union all
    select 'ks4_to_' || detail as indicator, 'school or college' as counted_at, area_code, period_start, period_end, value * 100 as value, status, vintage, obs_key
    from destination_rate_ks4_by_outcome
    union all
    select 'after_16_18_to_sustained_destination' as indicator, 'school or college' as counted_at, area_code, period_start, period_end, value * 100 as value, status, vintage, obs_key
    from destination_rate_16_18_total
    union all
    select 'after_16_18_to_' || detail as indicator, 'school or college' as counted_at, area_code, period_start, period_end, value * 100 as value, status, vintage, obs_key
    from destination_rate_16_18_by_outcome
),
county_members as (
    select distinct m.area_code as county, m.member_code as district
    from area_members as m
    join areas as p on p.area_code = m.area_code and p.kind = 'part' and p.parent is not null
),
with_counties as (
    select distinct parent as area_code
    from areas
    where kind = 'part' and parent is not null
),
pieces as (
    -- what the area consists of: its districts, or its counties and the districts that stand outside them
    select parent as area_code, 'districts' as made_of, area_code as piece
    from areas
    where kind = 'district'
    union
    select d.parent as area_code, 'county and unitary authorities' as made_of, coalesce(c.county, d.area_code) as piece
    from areas as d
    join with_counties as w on w.area_code = d.parent
    left join county_members as c on c.district = d.area_code
    where d.kind = 'district'
),
whole as (
    select area_code, made_of, count(*) as pieces
    from pieces
    group by area_code, made_of
),
summed as (
    -- counts of all pieces add up to the area's; one piece that is missing leaves no sum
    select
        p.area_code, c.indicator, c.counted_at, c.period_start, c.period_end, p.made_of,
        sum(c.numerator) as numerator, sum(c.denominator) as denominator, max(c.reason) as reason,
        max(c.edition) as edition, flatten(array_agg(c.keys)) as keys
    from counted as c
    join pieces as p on p.piece = c.area_code
    join whole as w on w.area_code = p.area_code and w.made_of = p.made_of
    group by p.area_code, c.indicator, c.counted_at, c.period_start, c.period_end, p.made_of, w.pieces
    having count(c.numerator) = w.pieces and count(c.denominator) in (0, w.pieces)
),
from_counts as (
    select area_code, indicator, counted_at, period_start, period_end, numerator, denominator, reason, edition, keys, 'published counts' as made_from
    from counted
    union all
    select
        s.area_code, s.indicator, s.counted_at, s.period_start, s.period_end, s.numerator, s.denominator, s.reason, s.edition, s.keys,
        'sum of ' || s.made_of as made_from
    from summed as s
    left join counted as c
        on c.area_code = s.area_code and c.indicator = s.indicator and c.period_start = s.period_start and c.period_end = s.period_end
    left join summed as by_district
        on by_district.made_of = 'districts' and by_district.area_code = s.area_code and by_district.indicator = s.indicator
        and by_district.period_start = s.period_start and by_district.period_end = s.period_end
    where c.area_code is null and (s.made_of = 'districts' or by_district.area_code is null)
),
as_rates as (
    select r.area_code, r.indicator, r.counted_at, r.period_start, r.period_end, r.value, r.status, r.vintage as edition, [r.obs_key] as keys
    from rates as r
    left join from_counts as c
        on c.area_code = r.area_code and c.indicator = r.indicator and c.period_start = r.period_start and c.period_end = r.period_end
    where c.area_code is null
),
never_averaged as (
    -- a rate of every piece and none of the area: the numerators are not published, so there is nothing to add up
    select
        p.area_code, r.indicator, r.counted_at, r.period_start, r.period_end, p.made_of, max(r.vintage) as edition,
        array_agg(distinct r.obs_key) as keys
    from rates as r
    join pieces as p on p.piece = r.area_code
    join whole as w on w.area_code = p.area_code and w.made_of = p.made_of
    left join as_rates as own
        on own.area_code = p.area_code and own.indicator = r.indicator and own.period_start = r.period_start and own.period_end = r.period_end
    left join from_counts as c
        on c.area_code = p.area_code and c.indicator = r.indicator and c.period_start = r.period_start and c.period_end = r.period_end
    where own.area_code is null and c.area_code is null
    group by p.area_code, r.indicator, r.counted_at, r.period_start, r.period_end, p.made_of, w.pieces
    having count(*) = w.pieces
),
figures as (
    select
        area_code, indicator, counted_at, period_start, period_end,
        case when indicator = 'claimants_16_24' then numerator else numerator / nullif(denominator, 0) * 100 end as value,
        numerator, denominator, made_from, reason, edition, keys
    from from_counts
    union all
    select
        area_code, indicator, counted_at, period_start, period_end, value, cast(null as double) as numerator,
        cast(null as double) as denominator, 'published rate' as made_from, case when status <> 'ok' then status end as reason, edition, keys
    from as_rates
    union all
    select
        area_code, indicator, counted_at, period_start, period_end, cast(null as double) as value,
        cast(null as double) as numerator, cast(null as double) as denominator, 'not made: rates of its ' || made_of || ' without their numerators' as made_from,
        'not_available' as reason, edition, keys
    from never_averaged
)
select
    cast(f.area_code as varchar) as area_code, -- gss | area, a county of several districts among them: what stops at the county is told for it
    cast(f.indicator as varchar) as indicator, -- id | what young people do or reach
    cast(f.period_start as date) as period_start, -- date | first day of the period; the academic year of a destination is the year after the study
    cast(f.period_end as date) as period_end, -- date | last day of the period
    cast(case when f.indicator = 'claimants_16_24' then 'people' else 'per cent' end as varchar) as unit, -- unit | of the value
    cast(f.value as double) as value, -- see unit | unrounded; null when status says why
    cast(f.numerator as double) as numerator, -- people | those who do or reach it; null where only a rate is published
    cast(f.denominator as double) as denominator, -- people | the year group; null where only a rate is published, and for a count
    cast(f.counted_at as varchar) as counted_at, -- kind | home, school at 14, or school or college: a district with a large college holds its neighbours' students
    cast(f.made_from as varchar) as made_from, -- rule | published counts, sum of pieces, published rate, or why there is none; rates are never averaged
    cast(f.edition as varchar) as edition, -- label | the publisher's edition, the newest of its counts: a difference between areas of two editions may be one of counting
    cast(case when f.value is null then coalesce(f.reason, 'not_applicable') else coalesce(f.reason, 'ok') end as varchar) as status, -- reason | ok, or why the value is missing or weak
    cast(case
        when f.value is null then 'C'
        when f.reason is not null or f.made_from = 'published rate' then 'B'
        else 'A'
    end as varchar) as quality_class, -- class | A from counts, B when only a rate is published or marked weak, C when there is none
    list_sort(list_distinct(f.keys)) as inputs -- obs_key[] | counts or rates behind this row
from figures as f
join areas as a on a.area_code = f.area_code and (a.kind <> 'part' or a.parent is not null)
