"""Rolling-origin forecasts over many areas at once.

Owns: histories of many areas, the rules that are compared, and the fit of their weights. Never: scores a forecast, makes
an interval, opens a file. Method: METHODOLOGY sections 4 (D2), 8 and 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats, texts, whole
from lmi.project.inputs import figures as figures_of

RULES = (
    "no_change", "own_drift", "half_own_drift", "england_growth", "mean_no_change_england", "current", "fitted", "guarded",
    "reconciled",
)  # fmt: skip
#: Weights on the area's own past growth and on the comparator's; what is left of one goes to no change.
Pair = tuple[float, float]
NOTHING: Pair = (0.0, 0.0)
STEPS = 20  # weights are fitted to a twentieth: the errors do not tell finer ones apart


@dataclass(frozen=True)
class Panel:
    """Histories of one breakdown: `values` (area, code, year) and `comparator` (code, year), all above zero."""

    breakdown: str
    areas: tuple[str, ...]
    codes: tuple[str, ...]
    years: NDArray[np.int64]
    values: Floats
    comparator: Floats

    def __post_init__(self) -> None:
        shape = (len(self.areas), len(self.codes), len(self.years))
        if self.values.shape != shape or self.comparator.shape != shape[1:] or min(shape) == 0:
            raise CoverageError("a panel has holes.", expected=str(shape), found=str(self.values.shape))
        if not (np.isfinite(self.values).all() and np.isfinite(self.comparator).all()) or self.comparator.min() <= 0:
            raise CoverageError(
                "a history to be tested has a missing year, or the comparator has no jobs in one.",
                place=self.breakdown,
                do="leave out the area or the code, and say so.",
            )

    def total(self) -> Panel:
        """Return the panel of the sum over codes, as one code."""
        return Panel(
            self.breakdown, self.areas, ("_T",), self.years, self.values.sum(axis=1, keepdims=True),
            self.comparator.sum(axis=0, keepdims=True),
        )  # fmt: skip

    def only(self, areas: Sequence[str]) -> Panel:
        """Return the panel of some of the areas."""
        at = [self.areas.index(a) for a in areas]
        return Panel(self.breakdown, tuple(areas), self.codes, self.years, self.values[at], self.comparator)


@dataclass(frozen=True)
class Origin:
    """What is known at one origin: growth a year on the log scale, from figures of that year and before only."""

    year: int
    now: Floats  # (area, code)
    own: Floats  # (area, code), compound growth of the area
    own_step: Floats  # (area, code), mean yearly change in jobs
    wide: Floats  # (code,), compound growth of the comparator


def stand_at(panel: Panel, year: int, trend_years: int) -> Origin:
    """Return what is known in `year`; a trend runs over `trend_years`, or over the whole history when that is shorter.

    Raises CoverageError for a year with no year before it.
    """
    at = int(year - panel.years[0])
    back = min(at, trend_years)
    if back < 1:
        raise CoverageError("an origin needs a year before it.", found=str(year))
    now, then = panel.values[:, :, at], panel.values[:, :, at - back]
    wide = np.log(panel.comparator[:, at] / panel.comparator[:, at - back]) / back
    return Origin(int(year), now, _log_ratio(now, then) / back, (now - then) / back, wide)


def _log_ratio(now: Floats, then: Floats) -> Floats:
    """Return ln(now / then), 0 where either is zero: such a history has no growth to carry on."""
    safe = (now > 0) & (then > 0)
    made: Floats = np.log(np.divide(now, then, out=np.ones_like(now), where=safe))
    return made


def apply_weights(origin: Origin, horizon: int, weights: Pair | Floats) -> Floats:
    """Return `ln E[t0+h] = ln E[t0] + h * (w_own * own + w_wide * wide)`, in jobs, by (area, code).

    `weights` is one pair, or one pair for each area, (area, 2), or for each area and code, (area, code, 2).
    """
    pairs = np.asarray(weights, dtype=np.float64)
    pairs = pairs.reshape((-1, 1, 2) if pairs.ndim == 2 else (1, 1, 2) if pairs.ndim == 1 else pairs.shape)
    growth = pairs[..., 0] * origin.own + pairs[..., 1] * origin.wide
    made: Floats = origin.now * np.exp(horizon * growth)
    return made


def forecast(origin: Origin, horizon: int, rule: str, weights: Pair | Floats) -> Floats:
    """Return one rule's jobs by (area, code). `weights` are used by the rules `current`, `fitted` and `guarded` only.

    Own drift is a straight line, as the method note tests it: it may fall below zero, which is one more reason against it.
    """
    wide = apply_weights(origin, horizon, (0.0, 1.0))
    simple: dict[str, Callable[[], Floats]] = {
        "no_change": lambda: origin.now,
        "own_drift": lambda: origin.now + horizon * origin.own_step,
        "half_own_drift": lambda: origin.now + horizon * origin.own_step / 2,
        "england_growth": lambda: wide,
        "mean_no_change_england": lambda: (origin.now + wide) / 2,
    }
    return simple[rule]() if rule in simple else apply_weights(origin, horizon, weights)


@dataclass(frozen=True)
class Moments:
    """Sums of squares and products behind a fit, one entry per pair of origin and target, by area and code."""

    known_in: NDArray[np.int64]  # (pair,), the target year: the year in which the pair's error is known
    square: Floats  # (pair, area, code, 2, 2), jobs-weighted
    product: Floats  # (pair, area, code, 2)


def measure_moments(
    panel: Panel, first_origin: int, longest: int, trend_years: int, leave_out: Sequence[int]
) -> Moments:
    """Return what any fit needs: each (origin, horizon) up to `longest`, without targets in the years `leave_out`."""
    known, square, product = [], [], []
    last = int(panel.years[-1])
    for year in range(first_origin, last):
        origin = stand_at(panel, year, trend_years)
        weight = origin.now / origin.now.sum(axis=1, keepdims=True)
        for horizon in range(1, min(longest, last - year) + 1):
            if year + horizon in leave_out:
                continue
            target = panel.values[:, :, int(year + horizon - panel.years[0])]
            x = horizon * np.stack([origin.own, np.broadcast_to(origin.wide, origin.own.shape)], axis=-1)
            use = weight * ((origin.now > 0) & (target > 0))
            known.append(year + horizon)
            square.append(use[..., None, None] * x[..., :, None] * x[..., None, :])
            product.append(use[..., None] * x * _log_ratio(target, origin.now)[..., None])
    if not known:
        shape = (0, *panel.values.shape[:2], 2)
        return Moments(np.empty(0, np.int64), np.zeros((*shape, 2)), np.zeros(shape))
    return Moments(np.array(known), np.stack(square), np.stack(product))


def fit_weights(moments: Moments, until: int, areas: NDArray[np.bool_]) -> Pair:
    """Return the pair of weights with the least weighted squared log error, none negative, their sum at most one.

    Only `areas` and only errors known by the year `until` count. With none, NOTHING is returned: no change.
    """
    seen = moments.known_in <= until
    if not seen.any() or not areas.any():
        return NOTHING
    square = moments.square[seen][:, areas].sum(axis=(0, 1, 2))
    product = moments.product[seen][:, areas].sum(axis=(0, 1, 2))
    share = np.arange(STEPS + 1) / STEPS
    pairs = np.array([(a, b) for a in share for b in share if a + b <= 1 + 1 / (10 * STEPS)])
    loss = np.einsum("ni,ij,nj->n", pairs, square, pairs) - 2 * pairs @ product
    best = pairs[int(np.argmin(loss))]
    return float(best[0]), float(best[1])


def folds_of(count: int, folds: int) -> NDArray[np.int64]:
    """Return the fold of each area, in turn."""
    return np.arange(count) % folds


def make_panel(breakdown: str, figures: pa.Table, comparator: str | None) -> tuple[Panel, tuple[str, ...]]:
    """Return the panel of a table (area_code, code, year, value), and the areas left out because a figure is missing.

    `comparator` is the code of the wider area in the table; None takes the sum of all areas that are kept.
    Raises CoverageError when no area has every figure.
    """
    areas, codes = texts(figures, "area_code"), texts(figures, "code")
    names, area_at = np.unique(areas, return_inverse=True)
    listed, code_at = np.unique(codes, return_inverse=True)
    years, year_at = np.unique(whole(figures, "year"), return_inverse=True)
    values = np.full((len(names), len(listed), len(years)), np.nan)
    values[area_at, code_at, year_at] = figures_of(figures)
    full = np.asarray(np.isfinite(values).all(axis=(1, 2)))
    is_wide = names == (comparator or "")
    kept = full & ~is_wide
    lost = tuple(str(n) for n in names[~full & ~is_wide])
    if not kept.any() or (comparator and not (is_wide & full).any()):
        raise CoverageError(
            "no area, or not the wider area, has a figure for every code and year.",
            place=breakdown, found=f"{int(kept.sum())} whole areas of {len(names)}",
            do="land the file that prints all areas, or shorten the trial.",
        )  # fmt: skip
    wide = values[is_wide][0] if comparator else values[kept].sum(axis=0)
    by = tuple(str(n) for n in names[kept])
    return Panel(breakdown, by, tuple(str(c) for c in listed), years.astype(np.int64), values[kept], wide), lost
