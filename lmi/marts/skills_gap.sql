/* mart: skills_gap
   purpose: yearly openings against the yearly inflow from provision, in people, by technical route and level, with prospects and what recent conditions say
   grain: area_code, route, level, year, scenario */
with gaps as (
    -- one row holds all measures; a cell without a gap, or with jobs and openings only, is no row
    select
        area_code,
        code as route,
        level,
        year,
        scenario,
        max(case when measure = 'openings_people' then p10 end) as openings_p10,
        max(case when measure = 'openings_people' then p50 end) as openings_p50,
        max(case when measure = 'openings_people' then p90 end) as openings_p90,
        max(case when measure = 'inflow' then p10 end) as inflow_p10,
        max(case when measure = 'inflow' then p50 end) as inflow_p50,
        max(case when measure = 'inflow' then p90 end) as inflow_p90,
        max(case when measure = 'gap' then p10 end) as gap_p10,
        max(case when measure = 'gap' then p50 end) as gap_p50,
        max(case when measure = 'gap' then p90 end) as gap_p90,
        max(case when measure = 'gap' then probability end) as probability_of_shortfall,
        max(case when measure = 'cover' then p10 end) as cover_p10,
        max(case when measure = 'cover' then p50 end) as cover_p50,
        max(case when measure = 'cover' then p90 end) as cover_p90,
        max(case when measure = 'gap_strict' then p50 end) as gap_strict_p50,
        max(case when measure = 'gap_strict' then probability end) as probability_of_shortfall_strict,
        max(case when measure = 'gap_wide' then p50 end) as gap_wide_p50,
        max(case when measure = 'gap_wide' then probability end) as probability_of_shortfall_wide,
        max(case when measure = 'prospects' then p10 end) as prospects_p10,
        max(case when measure = 'prospects' then p50 end) as prospects_p50,
        max(case when measure = 'prospects' then p90 end) as prospects_p90,
        max(case when measure = 'gap' then base_people end) as base_people,
        max(case when measure = 'gap' then quality_class end) as quality_class,
        max(case when measure = 'gap' then quality_reason end) as quality_reason,
        max(case when measure = 'openings_people' then quality_class end) as openings_class,
        max(case when measure = 'gap' then model_id end) as model_id,
        max(case when measure = 'gap' then origin end) as origin,
        array_agg(distinct series_key) as series_keys
    from projections
    where breakdown = 'route' and measure in ('openings_people', 'inflow', 'gap', 'gap_strict', 'gap_wide', 'cover', 'prospects')
    group by area_code, code, level, year, scenario
    having count(case when measure = 'gap' then 1 end) = 1
),
thresholds as (
    -- without both declared thresholds the sum is null, the verdict is null, and the mart is refused
    select
        sum(case when assumption_id = 'shortfall_probability' then value end) as shortfall,
        sum(case when assumption_id = 'surplus_probability' then value end) as surplus,
        array_agg(obs_key) as keys
    from assumptions
    where assumption_id in ('shortfall_probability', 'surplus_probability')
),
bounds as (
    -- what is declared of prospects and of recent conditions; without it neither is told
    select
        max(case when assumption_id = 'prospects_very_good' then value end) as very_good,
        max(case when assumption_id = 'prospects_good' then value end) as good,
        max(case when assumption_id = 'prospects_fair' then value end) as fair,
        max(case when assumption_id = 'prospects_moderate' then value end) as moderate,
        max(case when assumption_id = 'conditions_adverts_tight' then value end) as adverts_tight,
        max(case when assumption_id = 'conditions_adverts_slack' then value end) as adverts_slack,
        max(case when assumption_id = 'conditions_pay_tight' then value end) as pay_tight,
        max(case when assumption_id = 'conditions_pay_slack' then value end) as pay_slack,
        max(case when assumption_id = 'conditions_claimants_tight' then value end) as claimants_tight,
        max(case when assumption_id = 'conditions_claimants_slack' then value end) as claimants_slack,
        max(case when assumption_id = 'conditions_signals' then value end) as least_signals,
        array_agg(obs_key) as keys
    from assumptions
    where assumption_id in (
        'prospects_very_good', 'prospects_good', 'prospects_fair', 'prospects_moderate', 'conditions_adverts_tight',
        'conditions_adverts_slack', 'conditions_pay_tight', 'conditions_pay_slack', 'conditions_claimants_tight',
        'conditions_claimants_slack', 'conditions_signals'
    )
),
claimants as (
    select area_code, max(p50) as claimants_change, array_agg(series_key) as keys
    from projections
    where breakdown = 'route_conditions' and measure = 'claimants_change'
    group by area_code
),
by_route as (
    select
        area_code,
        code as route,
        max(case when measure = 'adverts_against_country' then p50 end) as adverts_against_country,
        max(case when measure = 'pay_growth_against_all' then p50 end) as pay_growth_against_all,
        array_agg(series_key) as keys
    from projections
    where breakdown = 'route_conditions' and measure in ('adverts_against_country', 'pay_growth_against_all')
    group by area_code, code
),
signals as (
    -- one for a sign of a tight market, less one for a slack one, nothing between; null without the figure
    select
        r.area_code,
        r.route,
        r.adverts_against_country,
        r.pay_growth_against_all,
        c.claimants_change,
        case when r.adverts_against_country >= b.adverts_tight then 1 when r.adverts_against_country <= b.adverts_slack then -1 when r.adverts_against_country is not null then 0 end as adverts_sign,
        case when r.pay_growth_against_all >= b.pay_tight then 1 when r.pay_growth_against_all <= b.pay_slack then -1 when r.pay_growth_against_all is not null then 0 end as pay_sign,
        case when c.claimants_change <= b.claimants_tight then 1 when c.claimants_change >= b.claimants_slack then -1 when c.claimants_change is not null then 0 end as claimants_sign,
        b.least_signals,
        list_concat(list_concat(r.keys, coalesce(c.keys, cast([] as bigint[]))), coalesce(b.keys, cast([] as bigint[]))) as keys
    from by_route as r
    cross join bounds as b
    left join claimants as c on c.area_code = r.area_code
),
conditions as (
    select
        area_code, route, adverts_against_country, pay_growth_against_all, claimants_change, keys,
        case
            when (case when adverts_sign is null then 0 else 1 end) + (case when pay_sign is null then 0 else 1 end)
                + (case when claimants_sign is null then 0 else 1 end) < least_signals then 'not known'
            when coalesce(adverts_sign, 0) + coalesce(pay_sign, 0) + coalesce(claimants_sign, 0) >= least_signals then 'tight'
            when coalesce(adverts_sign, 0) + coalesce(pay_sign, 0) + coalesce(claimants_sign, 0) <= -least_signals then 'slack'
            when least_signals is null then 'not known'
            else 'balanced'
        end as recent_conditions
    from signals
),
judged as (
    select
        g.area_code, g.route, g.level, g.year, g.scenario,
        case
            when t.shortfall is null or t.surplus is null then null
            when g.quality_class = 'C' or g.probability_of_shortfall is null then 'not assessed'
            when g.probability_of_shortfall >= t.shortfall then 'shortfall likely'
            when g.probability_of_shortfall <= t.surplus then 'surplus likely'
            else 'too close to call'
        end as verdict
    from gaps as g
    cross join thresholds as t
),
rolled_up as (
    -- where a cell may not be published: all levels of the route, else all routes of the level, else everything
    select
        g.area_code,
        g.route,
        g.level,
        g.year,
        g.scenario,
        case
            when g.quality_class <> 'C' then g.route
            when r.quality_class <> 'C' then r.route
            when l.quality_class <> 'C' then l.route
            when t.quality_class <> 'C' then t.route
        end as publishable_route,
        case
            when g.quality_class <> 'C' then g.level
            when r.quality_class <> 'C' then r.level
            when l.quality_class <> 'C' then l.level
            when t.quality_class <> 'C' then t.level
        end as publishable_level,
        case
            when g.openings_class <> 'C' then g.route
            when r.openings_class <> 'C' then r.route
            when l.openings_class <> 'C' then l.route
        end as openings_route,
        case
            when g.openings_class <> 'C' then g.level
            when r.openings_class <> 'C' then r.level
            when l.openings_class <> 'C' then l.level
        end as openings_level
    from gaps as g
    left join gaps as r
        on r.area_code = g.area_code and r.year = g.year and r.scenario = g.scenario
        and r.route = g.route and r.level = '_T'
    left join gaps as l
        on l.area_code = g.area_code and l.year = g.year and l.scenario = g.scenario
        and l.route = '_T' and l.level = g.level
    left join gaps as t
        on t.area_code = g.area_code and t.year = g.year and t.scenario = g.scenario
        and t.route = '_T' and t.level = '_T'
)
select
    cast(g.area_code as varchar) as area_code, -- gss | area in which the jobs are located
    cast(g.route as varchar) as route, -- id | technical route, not_assigned, or `_T` for all
    cast(g.level as varchar) as level, -- band | qualification band, `_T` for all
    cast(g.year as integer) as year, -- year | calendar year; provision counts in the year in which its academic year ends
    cast(g.scenario as varchar) as scenario, -- id | official (the publisher's path) or ours
    cast(g.openings_p10 as double) as openings_p10, -- people a year | 10th percentile of openings; null where no interval is claimed
    cast(g.openings_p50 as double) as openings_p50, -- people a year | openings from growth and leavers, jobs turned into people; null when not projected
    cast(g.openings_p90 as double) as openings_p90, -- people a year | 90th percentile of openings; null where no interval is claimed
    cast(g.inflow_p10 as double) as inflow_p10, -- people a year | 10th percentile of inflow; null where no interval is claimed
    cast(g.inflow_p50 as double) as inflow_p50, -- people a year | people who leave the provision at hand able to fill such openings; null when not projected
    cast(g.inflow_p90 as double) as inflow_p90, -- people a year | 90th percentile of inflow; null where no interval is claimed
    cast(g.gap_p10 as double) as gap_p10, -- people a year | 10th percentile of the gap; null where no interval is claimed
    cast(g.gap_p50 as double) as gap_p50, -- people a year | openings less inflow, drawn together; above zero is a shortfall
    cast(g.gap_p90 as double) as gap_p90, -- people a year | 90th percentile of the gap; null where no interval is claimed
    cast(g.cover_p10 as double) as cover_p10, -- ratio | 10th percentile of cover; null where no interval is claimed
    cast(g.cover_p50 as double) as cover_p50, -- ratio | inflow over openings; null without openings
    cast(g.cover_p90 as double) as cover_p90, -- ratio | 90th percentile of cover; null where no interval is claimed
    cast(g.probability_of_shortfall as double) as probability_of_shortfall, -- share | probability that the gap is above zero; null where no interval is claimed
    cast(g.gap_strict_p50 as double) as gap_strict_p50, -- people a year | the gap with an allowance for provision not in the data, which a shortfall must survive; null when not projected
    cast(g.probability_of_shortfall_strict as double) as probability_of_shortfall_strict, -- share | probability that the strict gap is above zero; null where no interval is claimed
    cast(g.gap_wide_p50 as double) as gap_wide_p50, -- people a year | the gap if jobs without a route followed those of their group and only newcomers to a job counted, which a surplus must survive; null when not projected
    cast(g.probability_of_shortfall_wide as double) as probability_of_shortfall_wide, -- share | probability that the wide gap is above zero; null where no interval is claimed
    cast(v.verdict as varchar) as verdict, -- words | shortfall likely, surplus likely, too close to call, or not assessed where quality or a missing interval withholds it
    cast(c.adverts_against_country as double) as adverts_against_country, -- ratio | online adverts a job of the route over the country's, newest month; null without adverts of both
    cast(c.pay_growth_against_all as double) as pay_growth_against_all, -- share a year | growth of national hourly pay in the route's occupations less that of all jobs; null without pay
    cast(c.claimants_change as double) as claimants_change, -- share a year | change in the area's claimants, the same for every route; null without a month and the same month before it
    cast(coalesce(c.recent_conditions, 'not known') as varchar) as recent_conditions, -- words | tight or slack where enough signs point one way, balanced where they do not, not known where too few are at hand
    cast(case
        when v.verdict is null then null
        when v.verdict = 'not assessed' then 'not assessed'
        when v.verdict = 'shortfall likely' and c.recent_conditions = 'tight' then 'shortfall likely, and tight now'
        when v.verdict = 'shortfall likely' and c.recent_conditions = 'slack' then 'too close to call: a shortfall ahead, slack now'
        when v.verdict = 'surplus likely' and c.recent_conditions = 'slack' then 'surplus likely, and slack now'
        when v.verdict = 'surplus likely' and c.recent_conditions = 'tight' then 'too close to call: a surplus ahead, tight now'
        when v.verdict = 'too close to call' and c.recent_conditions = 'tight' then 'too close to call, tight now'
        when v.verdict = 'too close to call' and c.recent_conditions = 'slack' then 'too close to call, slack now'
        else v.verdict
    end as varchar) as verdict_with_conditions, -- words | the verdict, tempered where recent conditions speak against it
    cast(g.prospects_p10 as double) as prospects_p10, -- ratio | 10th percentile of prospects; null past the last whole window, and where there are no openings
    cast(g.prospects_p50 as double) as prospects_p50, -- ratio | inflow and short-term unemployed over openings, of the declared years from this one on together; null past the last whole window, and where there are no openings
    cast(g.prospects_p90 as double) as prospects_p90, -- ratio | 90th percentile of prospects; null past the last whole window, and where there are no openings
    cast(case
        when g.prospects_p50 is null or b.moderate is null then null
        when g.quality_class = 'C' then 'not assessed'
        when g.prospects_p50 <= b.very_good then 'very good'
        when g.prospects_p50 <= b.good then 'good'
        when g.prospects_p50 <= b.fair then 'fair'
        when g.prospects_p50 <= b.moderate then 'moderate'
        else 'poor'
    end as varchar) as prospects, -- words | for those trained: very good, good, fair, moderate or poor, or not assessed where quality withholds it; null where there is no figure
    cast(g.base_people as double) as base_people, -- people | base that the quality class is judged on
    cast(g.quality_class as varchar) as quality_class, -- class | A: publish; B: indicative; C: not for publication
    cast(g.quality_reason as varchar) as quality_reason, -- text | why the class
    cast(u.publishable_route as varchar) as publishable_route, -- id | route of the smallest cell around this one whose gap may be published; null when there is none
    cast(u.publishable_level as varchar) as publishable_level, -- band | level of that cell; null when there is none
    cast(g.openings_class as varchar) as openings_class, -- class | class of the openings alone, by the jobs behind them; null when not projected
    cast(u.openings_route as varchar) as openings_route, -- id | route of the smallest cell around this one whose openings may be published: its own, all levels of the route, then all routes; null when there is none
    cast(u.openings_level as varchar) as openings_level, -- band | level of that cell; null when there is none
    cast(g.model_id as varchar) as model_id, -- id | model that made the row
    cast(g.origin as integer) as origin, -- year | latest year with actual figures
    list_sort(list_distinct(list_concat(list_concat(g.series_keys, t.keys), list_concat(
        coalesce(c.keys, cast([] as bigint[])), coalesce(b.keys, cast([] as bigint[]))
    )))) as inputs -- key[] | series behind this row and what is declared of verdict, prospects and conditions
from gaps as g
cross join thresholds as t
cross join bounds as b
join judged as v
    on v.area_code = g.area_code and v.route = g.route and v.level = g.level and v.year = g.year
    and v.scenario = g.scenario
left join conditions as c on c.area_code = g.area_code and c.route = g.route
join rolled_up as u
    on u.area_code = g.area_code and u.route = g.route and u.level = g.level and u.year = g.year
    and u.scenario = g.scenario
