"""How wrong simple rules would have been on the history inside the official projections.

Owns: the rolling-origin forecasts and their errors. Never: chooses a model, makes an interval.
Method: METHODOLOGY sections 1, 8 and 9. The history is itself modelled by its publisher: the errors are a floor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi.project.inputs import Floats, Grid

METHODS = ("no_change", "own_drift", "half_own_drift", "england_growth", "mean_no_change_england")
SCHEMA: pa.Schema = pa.schema(
    [
        ("breakdown", pa.string()), ("code", pa.string()), ("origin", pa.int32()), ("horizon", pa.int32()),
        ("method", pa.string()), ("actual", pa.float64()), ("predicted", pa.float64()), ("log_error", pa.float64()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Backtest:
    """Errors of one breakdown, shape (method, origin, horizon, code): ln(actual / predicted), NaN where no actual."""

    breakdown: str
    codes: tuple[str, ...]
    origins: NDArray[np.int64]
    horizons: NDArray[np.int64]
    size: Floats  # (origin, code): the figure in the origin year
    actual: Floats  # (origin, horizon, code)
    predicted: Floats  # (method, origin, horizon, code)
    log_error: Floats  # (method, origin, horizon, code)

    def errors_of(self, method: str) -> Floats:
        """Return the log errors of one rule, shape (origin, horizon, code)."""
        return self.log_error[METHODS.index(method)]


def run_backtest(breakdown: str, history: Grid, comparator: Grid, first_origin: int, trend_years: int) -> Backtest:
    """Return the errors of each rule from each origin to the end of the history.

    `history` and `comparator` hold the same codes and years. A trend is taken over `trend_years`, or from the first
    year when the history is shorter. Own drift is linear, the comparator's growth compound.
    """
    years, local, wide = history.years, history.values, comparator.values
    origins = years[(years >= first_origin) & (years < years[-1])]
    horizons = np.arange(1, years[-1] - origins[0] + 1)
    shape = (len(METHODS), len(origins), len(horizons), len(history.codes))
    predicted, actual = np.full(shape, np.nan), np.full(shape[1:], np.nan)
    size = np.empty((len(origins), len(history.codes)))
    for n, origin in enumerate(origins):
        at = int(origin - years[0])
        back = min(at, trend_years)
        reach = horizons[horizons <= years[-1] - origin]
        now = local[:, at]
        drift = (now - local[:, at - back]) / back
        growth = (wide[:, at] / wide[:, at - back]) ** (1 / back)
        flat = np.broadcast_to(now, (len(reach), len(now)))
        step = reach[:, None] * drift
        grown = now * growth ** reach[:, None]
        predicted[:, n, : len(reach)] = (flat, flat + step, flat + step / 2, grown, (flat + grown) / 2)
        actual[n, : len(reach)] = local[:, at + 1 : at + 1 + len(reach)].T
        size[n] = now
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.log(actual / np.where(predicted > 0, predicted, np.nan))
    return Backtest(breakdown, history.codes, origins, horizons, size, actual, predicted, error)


def wmape(test: Backtest, method: str, horizon: int, origins: tuple[int, ...]) -> float:
    """Return the weighted mean absolute percentage error at one horizon, per cent, mean over `origins`."""
    rows = np.isin(test.origins, origins)
    actual = test.actual[rows, horizon - 1]
    error = np.abs(test.predicted[METHODS.index(method)][rows, horizon - 1] - actual)
    return float(np.mean(100 * error.sum(axis=1) / actual.sum(axis=1)))


def summarise_wmape(test: Backtest) -> Mapping[str, Mapping[int, float]]:
    """Return wMAPE by rule and horizon over all origins that reach the horizon."""
    made: dict[str, dict[int, float]] = {}
    for method in METHODS:
        made[method] = {}
        for horizon in test.horizons.tolist():
            reach = tuple(test.origins[test.origins + horizon <= test.origins[-1] + 1].tolist())
            made[method][horizon] = round(wmape(test, method, horizon, reach), 10)
    return made


def tabulate(tests: tuple[Backtest, ...]) -> pa.Table:
    """Return every forecast of every rule as one table, sorted."""
    return pa.concat_tables([_table(t) for t in tests]).sort_by(
        [(name, "ascending") for name in ("breakdown", "code", "origin", "horizon", "method")]
    )


def _table(test: Backtest) -> pa.Table:
    known = ~np.isnan(test.predicted)
    method, origin, horizon, code = np.nonzero(known)
    error = test.log_error[known]
    return pa.table(
        {
            "breakdown": pa.array([test.breakdown]).take(np.zeros(len(code), np.int64)),
            "code": pa.array(test.codes).take(code),
            "origin": pa.array(test.origins[origin].astype(np.int32)),
            "horizon": pa.array(test.horizons[horizon].astype(np.int32)),
            "method": pa.array(METHODS).take(method),
            "actual": pa.array(test.actual[origin, horizon, code]),
            "predicted": pa.array(test.predicted[known]),
            "log_error": pa.array(error, mask=np.isnan(error)),
        },
        schema=SCHEMA,
    )
