"""How good rolling-origin forecasts were: errors, intervals, directions and ranks, by area and over all areas.

Owns: the trial over a panel, held-out conformal intervals, the scores. Never: chooses a rule, opens a file.
Method: METHODOLOGY sections 8 and 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi import tables
from lmi.project.inputs import Assumptions, Floats
from lmi.project.panel import (
    RULES,
    Pair,
    Panel,
    fit_weights,
    folds_of,
    forecast,
    measure_moments,
    stand_at,
)  # fmt: skip
from lmi.project.reconcile import reconcile_with_total
from lmi.project.uncertainty import conformal_quantile

SCORED = (1, 3, 5)  # horizons that the protocol asks for
QUANTILES = (1 / 10, 1 / 2, 9 / 10)
ALL = tables.TOTAL
SCORES: pa.Schema = pa.schema(
    [
        ("outturn", pa.string()), ("breakdown", pa.string()), ("area_code", pa.string()), ("horizon", pa.int32()),
        ("rule", pa.string()), ("areas", pa.int32()), ("first_origin", pa.int32()), ("last_origin", pa.int32()),
        ("forecasts", pa.int32()), ("wmape", pa.float64()), ("mase", pa.float64()), ("pinball_10", pa.float64()),
        ("pinball_50", pa.float64()), ("pinball_90", pa.float64()), ("coverage", pa.float64()),
        ("direction", pa.float64()), ("rank_correlation", pa.float64()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """How a panel is tried: declared numbers, so that a re-run is the same."""

    first_origin: int
    longest: int
    trend_years: int
    folds: int
    edges: Floats
    share: float
    leave_out: tuple[int, ...]  # target years that no weight is fitted to
    current: Pair


def trial_of(declared: Assumptions, first_year: int) -> Trial:
    """Return the declared trial; a history that begins later than the declared first origin starts a year after its own.

    The current rule is the one that the weights were first declared as, before any was fitted (METHODOLOGY 4, D2).
    """
    pandemic = range(declared.integer("pandemic_first_year"), declared.integer("pandemic_last_year") + 1)
    edges = np.array([declared[name] for name in declared.names("size_band_")])
    first = max(declared.integer("backtest_first_origin"), first_year + 1)
    return Trial(
        first, declared.integer("backtest_longest_horizon"), declared.integer("backtest_trend_years"),
        declared.integer("backtest_folds"), edges, declared["interval_share"], tuple(pandemic),
        (declared["first_weight_area"], declared["first_weight_comparator"]),
    )  # fmt: skip


@dataclass(frozen=True)
class Rolled:
    """Every forecast of every rule, NaN where the history ends before the target."""

    panel: Panel
    trial: Trial
    origins: NDArray[np.int64]
    now: Floats  # (origin, area, code)
    actual: Floats  # (origin, horizon, area, code)
    predicted: Mapping[str, Floats]  # rule -> (origin, horizon, area, code)
    folds: NDArray[np.int64]
    fitted: Floats  # (origin, fold, 2), the weights that the scored areas of a fold were given

    def log_error(self, rule: str) -> Floats:
        """Return ln(actual / predicted), NaN where either is zero or absent."""
        with np.errstate(divide="ignore", invalid="ignore"):
            error: Floats = np.log(self.actual / self.predicted[rule])
        return np.where(np.isfinite(error), error, np.nan)

    def count(self, band: int, horizon: int) -> int:
        """Return the number of forecasts with an outturn in a size band at the horizon of that index."""
        return int((~np.isnan(self.actual[:, horizon]) & (self.bands() == band)).sum())

    def bands(self) -> NDArray[np.int64]:
        """Return the size band of each (origin, area, code)."""
        return np.searchsorted(self.trial.edges, self.now, side="right")


def roll(panel: Panel, trial: Trial) -> Rolled:
    """Return the forecasts of every rule from every origin.

    The weights of `fitted` for an area and origin come from the areas of the other folds, and only from errors that
    were known by the origin. Before any error was known the rule is no change. `guarded` is `fitted`, but no change for
    each code in which `fitted` had not yet beaten it, judged on the same areas and errors. `reconciled` is
    `fitted` made to agree with a forecast of the total that is fitted in the same way (MinT).
    """
    last = int(panel.years[-1])
    origins = np.arange(trial.first_origin, last)
    targets = origins[:, None] + np.arange(1, trial.longest + 1)
    shape = (len(origins), trial.longest, *panel.values.shape[:2])
    actual, predicted = np.full(shape, np.nan), {rule: np.full(shape, np.nan) for rule in RULES}
    folds = folds_of(len(panel.areas), trial.folds)
    moments = measure_moments(panel, trial.first_origin, trial.longest, trial.trend_years, trial.leave_out)
    fitted = np.zeros((len(origins), trial.folds, 2))
    now = np.empty((len(origins), *panel.values.shape[:2]))
    for n, year in enumerate(origins.tolist()):
        origin = stand_at(panel, year, trial.trend_years)
        now[n] = origin.now
        for fold in range(trial.folds):
            fitted[n, fold] = fit_weights(moments, year, folds != fold)
        for h in range(1, min(trial.longest, last - year) + 1):
            actual[n, h - 1] = panel.values[:, :, int(year + h - panel.years[0])]
            for rule in (r for r in RULES if r not in ("guarded", "reconciled")):
                weights = fitted[n][folds] if rule == "fitted" else trial.current
                predicted[rule][n, h - 1] = forecast(origin, h, rule, weights)
        known = targets <= year
        for fold in range(trial.folds):
            ours = folds == fold
            beaten = _beaten(predicted, actual, known, ~ours)
            guarded = np.where(beaten, predicted["fitted"][n][:, ours], predicted["no_change"][n][:, ours])
            predicted["guarded"][n][:, ours] = guarded
    _reconcile(panel, trial, targets, now, actual, predicted, folds)
    return Rolled(panel, trial, origins, now, actual, predicted, folds, fitted)


def _reconcile(
    panel: Panel, trial: Trial, targets: NDArray[np.int64], now: Floats, actual: Floats, predicted: dict[str, Floats],
    folds: NDArray[np.int64],
) -> None:  # fmt: skip
    """Fill in the rule `reconciled`, weighed by errors of other areas that were known by the origin."""
    whole = panel.total()
    moments = measure_moments(whole, trial.first_origin, trial.longest, trial.trend_years, trial.leave_out)
    made = np.full((*actual.shape[:3], 1), np.nan)
    origins = (targets[:, 0] - 1).tolist()
    for n, year in enumerate(origins):
        origin = stand_at(whole, year, trial.trend_years)
        weights = np.array([fit_weights(moments, year, folds != fold) for fold in range(trial.folds)])[folds]
        for h in range(1, min(trial.longest, int(panel.years[-1]) - year) + 1):
            made[n, h - 1] = forecast(origin, h, "fitted", weights)
    size = now.sum(axis=2)[:, None, :, None]
    error = np.concatenate([actual.sum(axis=3, keepdims=True) - made, actual - predicted["fitted"]], axis=3) / size
    for n, year in enumerate(origins):
        known = targets <= year
        for fold in range(trial.folds):
            ours = folds == fold
            past = error[known][:, ~ours].reshape(-1, error.shape[3])
            for h in range(min(trial.longest, int(panel.years[-1]) - year)):
                predicted["reconciled"][n, h, ours] = reconcile_with_total(
                    predicted["fitted"][n, h, ours], made[n, h, ours, 0], past
                )


def _beaten(
    predicted: Mapping[str, Floats], actual: Floats, known: NDArray[np.bool_], areas: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return by code whether `fitted` had less absolute error than no change in all errors `known` (origin, horizon)."""
    ours, base = (np.abs(predicted[r] - actual)[known][:, areas] for r in ("fitted", "no_change"))
    made: NDArray[np.bool_] = np.nansum(ours, axis=(0, 1)) < np.nansum(base, axis=(0, 1))
    return made


def fit_for_publication(panel: Panel, trial: Trial) -> Pair:
    """Return the weights fitted to all areas and all errors of the history: those that a next origin would use."""
    moments = measure_moments(panel, trial.first_origin, trial.longest, trial.trend_years, trial.leave_out)
    return fit_weights(moments, int(panel.years[-1]), np.ones(len(panel.areas), dtype=bool))


def find_unbeaten(rolled: Rolled, rule: str, horizons: Sequence[int]) -> tuple[str, ...]:
    """Return the codes whose absolute error, over all areas and origins, is not below that of no change at every horizon.

    For these no change is published.
    """
    ours, base = (np.abs(rolled.predicted[r] - rolled.actual) for r in (rule, "no_change"))
    at = [h - 1 for h in horizons]
    beaten = np.nansum(ours[:, at], axis=(0, 2)) < np.nansum(base[:, at], axis=(0, 2))  # (horizon, code)
    return tuple(c for c, b in zip(rolled.panel.codes, beaten.all(axis=0).tolist(), strict=True) if not b)


def hold_out_widths(rolled: Rolled, rule: str) -> Floats:
    """Return the conformal half width (origin, horizon, area, code) of each forecast.

    It is taken from forecasts of the same size band and horizon in areas of the other folds and from other origins.
    """
    error, bands = np.abs(rolled.log_error(rule)), rolled.bands()
    made = np.full_like(error, np.nan)
    edges = len(rolled.trial.edges) + 1
    for fold in range(rolled.trial.folds):
        ours = rolled.folds == fold
        for n in range(len(rolled.origins)):
            rows = np.arange(len(rolled.origins)) != n
            for h in range(error.shape[1]):
                pool, of = error[rows][:, h][:, ~ours], bands[rows][:, ~ours]
                half = np.array([conformal_quantile(pool[of == b], rolled.trial.share) for b in range(edges)])
                made[n, h, ours] = _fill(half)[bands[n, ours]]
    return made


def fit_half_widths(rolled: Rolled, rule: str) -> Floats:
    """Return conformal half widths (band, horizon) from all forecasts, for publication; never less at a longer horizon."""
    error, bands = rolled.log_error(rule), rolled.bands()
    found = np.array([
        _fill(np.array([
            conformal_quantile(error[:, h][bands == b], rolled.trial.share) for b in range(len(rolled.trial.edges) + 1)
        ]))
        for h in range(error.shape[1])
    ]).T  # fmt: skip
    made: Floats = np.maximum.accumulate(found, axis=1)
    return made


def _fill(half: Floats) -> Floats:
    """Give a band without errors the next smaller band's width, else the next larger one's."""
    for step in (range(1, len(half)), range(len(half) - 2, -1, -1)):
        for b in step:
            if np.isnan(half[b]):
                half[b] = half[b - 1 if step.step > 0 else b + 1]
    return half


def score(rolled: Rolled, outturn: str) -> pa.Table:
    """Return the scores of every rule at horizons 1, 3 and 5, for each area and over all of them (`_T`).

    Errors are in per cent of actual jobs, mean over origins; `mase` is the error over that of no change at the same
    origins and horizon; `coverage`, `direction` and `rank_correlation` are shares and Spearman's rho. A rule without
    growth has no direction and no rank.
    """
    rows: list[dict[str, object]] = []
    for rule in RULES:
        half = hold_out_widths(rolled, rule)
        for horizon in (h for h in SCORED if h <= rolled.trial.longest):
            rows += _score_one(rolled, outturn, rule, horizon, half)
    return pa.Table.from_pylist(rows, schema=SCORES)


@dataclass(frozen=True)
class Sample:
    """Forecasts of one rule and horizon, each (origin, area, code); `half` is the interval's half width, if it has one."""

    now: Floats
    actual: Floats
    made: Floats
    flat: Floats  # no change
    half: Floats | None


def _score_one(rolled: Rolled, outturn: str, rule: str, horizon: int, half: Floats) -> list[dict[str, object]]:
    reached = ~np.isnan(rolled.actual[:, horizon - 1]).any(axis=(1, 2))
    if not reached.any():
        return []
    sample = Sample(
        rolled.now[reached], rolled.actual[reached, horizon - 1], rolled.predicted[rule][reached, horizon - 1],
        rolled.predicted["no_change"][reached, horizon - 1], half[reached, horizon - 1],
    )  # fmt: skip
    origins = rolled.origins[reached]
    same = {
        "outturn": outturn, "breakdown": rolled.panel.breakdown, "horizon": horizon, "rule": rule,
        "first_origin": int(origins[0]), "last_origin": int(origins[-1]),
    }  # fmt: skip
    return summarise(sample, rolled.panel.areas, same)


def summarise(sample: Sample, areas: Sequence[str], same: Mapping[str, object]) -> list[dict[str, object]]:
    """Return one row of scores for each area and one for all, with the columns of `same` in each."""
    actual = sample.actual
    size = actual.sum(axis=2)
    error, base = (np.abs(x - actual).sum(axis=2) for x in (sample.made, sample.flat))
    by_area: dict[str, Floats] = {
        "wmape": 100 * (error / size).mean(axis=0),
        "mase": np.divide(error.sum(axis=0), base.sum(axis=0), out=np.full(len(areas), np.nan), where=base.sum(axis=0) > 0),
        "direction": _direction(sample.now, sample.made, actual),
        "rank_correlation": _rank(sample.now, sample.made, actual),
    }  # fmt: skip
    if sample.half is not None:
        limits = [sample.made * np.exp(-sample.half), sample.made, sample.made * np.exp(sample.half)]
        for name, limit, quantile in zip(("pinball_10", "pinball_50", "pinball_90"), limits, QUANTILES, strict=True):
            by_area[name] = 100 * (_pinball(actual, limit, quantile).sum(axis=2) / size).mean(axis=0)
        inside = ((actual >= limits[0]) & (actual <= limits[2])).mean(axis=(0, 2))
        by_area["coverage"] = np.where(np.isnan(sample.half).any(axis=(0, 2)), np.nan, inside)
    rows: list[dict[str, object]] = [
        {**same, "area_code": a, "areas": 1, "forecasts": int(actual[:, 0].size),
         **{k: _number(v[n]) for k, v in by_area.items()}}
        for n, a in enumerate(areas)
    ]  # fmt: skip
    pooled = {k: _number(_mean(v)) for k, v in by_area.items()}
    pooled["mase"] = _number(error.sum() / base.sum()) if base.sum() > 0 else None
    rows.append({**same, "area_code": ALL, "areas": len(areas), "forecasts": int(actual.size), **pooled})
    return rows


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _pinball(actual: Floats, limit: Floats, quantile: float) -> Floats:
    short = actual - limit
    made: Floats = np.maximum(quantile * short, (quantile - 1) * short)
    return made


def _direction(now: Floats, made: Floats, actual: Floats) -> Floats:
    """Return by area the share of forecasts that said rightly whether jobs would rise or fall; NaN if none said."""
    told = np.sign(made - now)
    said = told != 0
    right = (said & (told == np.sign(actual - now))).sum(axis=(0, 2))
    count = said.sum(axis=(0, 2))
    return np.divide(right, count, out=np.full(len(right), np.nan), where=count > 0)


def _rank(now: Floats, made: Floats, actual: Floats) -> Floats:
    """Return by area Spearman's correlation over codes of forecast and actual growth, mean over origins."""
    safe = np.where(now > 0, now, np.nan)
    a, b = _ranks(made / safe), _ranks(actual / safe)
    a, b = a - a.mean(axis=2, keepdims=True), b - b.mean(axis=2, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=2) * (b**2).sum(axis=2))
    rho = np.divide((a * b).sum(axis=2), scale, out=np.full(scale.shape, np.nan), where=scale > 0)
    return np.array([_mean(column) for column in rho.T])


def _ranks(values: Floats) -> Floats:
    """Return ranks along the last axis, equal values sharing their mean rank."""
    below = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    same = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    made: Floats = below + (same - 1) / 2
    return made
