/* mart: accuracy
   purpose: how wrong each rule of projection was in the past, by area and over all areas, against no change
   grain: area_code, outturn, breakdown, horizon, rule */
with base as (
    select outturn, breakdown, area_code, horizon, wmape, obs_key
    from backtest_scores
    where rule = 'no_change'
)
select
    cast(s.area_code as varchar) as area_code, -- gss | area of the build, or `_T` for all areas that were tried
    cast(s.outturn as varchar) as outturn, -- id | what forecasts were held to: official_history (modelled by its publisher), register (counted) or survey
    cast(s.breakdown as varchar) as breakdown, -- id | industry22, occupation_submajor, occupation_major or qualification
    cast(s.horizon as integer) as horizon, -- years | years from the origin to the target
    cast(s.rule as varchar) as rule, -- id | rule of projection, as docs/method.md describes them
    cast(s.areas as integer) as areas, -- areas | number of areas behind the row
    cast(s.first_origin as integer) as first_origin, -- year | first year forecast from
    cast(s.last_origin as integer) as last_origin, -- year | last year forecast from
    cast(s.forecasts as integer) as forecasts, -- forecasts | number of forecasts with an outturn
    cast(s.wmape as double) as wmape, -- per cent | sum of absolute errors over sum of actual figures, mean over origins and areas
    cast(b.wmape as double) as wmape_no_change, -- per cent | the same for no change at the same origins
    cast(s.wmape < b.wmape as boolean) as beats_no_change, -- flag | whether the error is smaller than that of no change
    cast(s.mase as double) as mase, -- ratio | absolute error over that of no change; null when that has none
    cast(s.pinball_10 as double) as pinball_10, -- per cent | pinball loss of the 10th percentile; null without an interval
    cast(s.pinball_50 as double) as pinball_50, -- per cent | pinball loss of the central figure; null without an interval
    cast(s.pinball_90 as double) as pinball_90, -- per cent | pinball loss of the 90th percentile; null without an interval
    cast(s.coverage as double) as coverage, -- share | share of outturns inside the interval that is meant to hold four in five; null without an interval
    cast(s.direction as double) as direction, -- share | share of forecast changes whose sign was right; null for a rule without change
    cast(s.rank_correlation as double) as rank_correlation, -- rho | Spearman's correlation of forecast and actual growth over codes; null for a rule without change
    list_sort(list_distinct([s.obs_key, b.obs_key])) as inputs -- key[] | records of the committed back-test results
from backtest_scores as s
join base as b
    on b.outturn = s.outturn and b.breakdown = s.breakdown and b.area_code = s.area_code and b.horizon = s.horizon
