"""Errors seen in the back-test, turned into draws.

Owns: conformal widths by size band and horizon, whole-vector resampling, beta rates, quantiles. Never: a figure of
its own. Method: METHODOLOGY section 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.project.inputs import Floats

Draws = NDArray[np.floating]  # single precision: percentiles of draws need no more, and it halves time and memory
_ENDS = (1 / 10, 1 - 1 / 10)
_SHORT, _PIECES, _NEAR = 512, 8, 32  # draws of a piece, pieces of a row, draws on either side of a place
METHOD = "mean_no_change_england"  # the rule nearest in form to the combination of D2


@dataclass(frozen=True)
class Widths:
    """Half widths of the interval on the log scale: `top` per size band at the longest horizon that was tested.

    A part of the width is there from the first year, an error of the level, and the rest grows with the horizon, an
    error of growth: `half(h)^2 = top^2 * ((1 - grown) + grown * (h / longest)^2)`. One share `grown` for all bands.
    """

    edges: Floats
    top: Floats
    longest: int
    grown: float
    coverage: float  # share of the area's own past errors inside the widths, which all areas together gave
    checked: int  # number of forecasts that the coverage is measured on

    def level(self, sizes: Floats) -> Floats:
        """Return half widths of the level error (size,)."""
        made: Floats = self.top[np.searchsorted(self.edges, sizes, side="right")] * np.sqrt(1 - self.grown)
        return made

    def growth(self, sizes: Floats, horizons: NDArray[np.int64], exponent: float) -> Floats:
        """Return half widths of the growth error (size, horizon): linear, beyond the longest tested as h**exponent."""
        ratio = horizons / self.longest
        shape = np.where(ratio > 1, np.maximum(ratio, 1.0) ** exponent, ratio)
        wide: Floats = self.top[np.searchsorted(self.edges, sizes, side="right")]
        return wide[..., None] * shape * np.sqrt(self.grown)

    def half(self, sizes: Floats, horizons: NDArray[np.int64], exponent: float) -> Floats:
        """Return half widths of the whole error (size, horizon)."""
        made: Floats = np.hypot(self.level(sizes)[..., None], self.growth(sizes, horizons, exponent))
        return made


def conformal_quantile(errors: Floats, share: float) -> float:
    """Return the ceil((n + 1) * share)-th smallest of |errors|, or the largest when n is too small."""
    ordered = np.sort(np.abs(errors[~np.isnan(errors)]))
    if not ordered.size:
        return float("nan")
    return float(ordered[min(int(np.ceil((len(ordered) + 1) * share)), len(ordered)) - 1])


def read_widths(half: Floats, edges: Floats, errors: Floats, sizes: Floats) -> Widths:
    """Return widths from half widths (band, horizon) that the errors of many areas gave.

    The coverage reported is the share of the area's own past `errors` (origin, horizon, code) inside them, with
    `sizes` (origin, code).
    """
    first, top, longest = half[:, 0], half[:, -1], half.shape[1]
    ratio = np.divide(first, top, out=np.ones_like(top), where=top > 0)
    made = Widths(edges, top, longest, float(1 - np.median(ratio) ** 2), float("nan"), 0)
    allowed = np.moveaxis(made.half(sizes, np.arange(1, longest + 1), 1.0), 2, 1)
    own = np.abs(errors[:, :longest])
    known = ~np.isnan(own)
    inside = float((own[known] <= allowed[known]).mean()) if known.any() else float("nan")
    return Widths(edges, top, longest, made.grown, inside, int(known.sum()))


@dataclass(frozen=True)
class Picks:
    """Which past forecast each draw repeats: origin and horizon, the same for every breakdown, and its sign."""

    origin: NDArray[np.int64]
    horizon: NDArray[np.int64]
    sign: Floats


def pick_errors(rng: np.random.Generator, reach: NDArray[np.bool_], draws: int) -> Picks:
    """Return `draws` past forecasts, each (origin, horizon) that was reached equally likely, either sign."""
    origin, horizon = np.nonzero(reach)
    at = rng.integers(0, len(origin), draws)
    return Picks(origin[at], horizon[at], rng.choice(np.array([-1.0, 1.0]), draws))


def standardise(errors: Floats, sizes: Floats, widths: Widths) -> Floats:
    """Return errors (origin, horizon, code) over the half width that each had; 0 where nothing was forecast."""
    horizons = np.arange(1, widths.longest + 1)
    then = np.moveaxis(widths.half(sizes, horizons, 1.0), 2, 1)
    unit = errors[:, : widths.longest] / np.where(then > 0, then, np.nan)
    return np.where(np.isnan(unit), 0.0, unit)


def calibrate(units: Floats, share: float) -> Floats:
    """Return units scaled so that the conformal quantile of their size is one: drawn intervals then have the half width.

    The widths come from all areas; what this area's own errors lend is how codes err together, not how much.
    """
    scale = conformal_quantile(np.where(units == 0, np.nan, units), share)
    return units / scale if scale > 0 else units


def draw_factors(units: Floats, level: Picks, growth: Picks, level_half: Floats, growth_half: Floats) -> Draws:
    """Return factors on paths, shape (code, year, draw), with mean one over draws.

    Two past error vectors are taken whole (all codes of one origin and horizon), so that correlation between codes is
    kept: one stands for the error of the level, the same in all years, one for the error of growth. A draw is thus a
    smooth path: the error of the trend, not of one year's noise. Mean one, because central figures are added up.
    """
    at_level = (units[level.origin, level.horizon] * level.sign[:, None]).T
    at_growth = (units[growth.origin, growth.horizon] * growth.sign[:, None]).T
    at_level, at_growth = at_level.astype(np.float32), at_growth.astype(np.float32)
    logs = level_half.astype(np.float32)[:, None, None] * at_level[:, None, :]
    logs = logs + growth_half.astype(np.float32)[:, :, None] * at_growth[:, None, :]
    factors = np.exp(logs, out=logs)
    factors /= factors.mean(axis=2, keepdims=True)
    return factors


def draw_beta(rng: np.random.Generator, mean: float, spread: float, draws: int) -> Draws:
    """Return shares with this mean and standard deviation. A spread of 0, or a mean of 0 or 1, gives the mean.

    Whatever the mean, `rng` is moved on by as much, and the draws stand in one order: under a scenario that changes the
    mean each draw is the same draw of a moved distribution, and all that is drawn later is unmoved.
    """
    order, seed = np.argsort(rng.random(draws)), rng.integers(np.iinfo(np.int64).max)
    room = mean * (1 - mean)
    if spread <= 0 or room <= 0:
        return np.full(draws, mean, dtype=np.float32)
    size = max(room / spread**2 - 1, 1.0)
    made = np.empty(draws, dtype=np.float32)
    made[order] = np.sort(np.random.default_rng(seed).beta(mean * size, (1 - mean) * size, draws))
    return made


def limits(draws: Draws, centre: Floats) -> tuple[Floats, Floats]:
    """Return the 10th and 90th percentiles over the last axis, never on the wrong side of the central figure."""
    last = draws.shape[-1] - 1
    ends = [int(np.floor(last * share)) for share in _ENDS]
    ordered = _in_order(draws, [rank for low in ends for rank in (low, min(low + 1, last))])
    found = []
    for n, (share, low) in enumerate(zip(_ENDS, ends, strict=True)):
        below, above = ordered[2 * n].astype(np.float64), ordered[2 * n + 1].astype(np.float64)
        with np.errstate(invalid="ignore"):  # infinite cover where a draw has no openings
            found.append(below + (last * share - low) * (above - below))
    return np.minimum(found[0], centre), np.maximum(found[1], centre)


def _in_order(draws: Draws, ranks: list[int]) -> list[Floats]:
    """Return the draws of these ranks, counted from nothing, over the last axis: pairs of neighbours.

    Putting short rows in order is many times faster than long ones, so a row is ordered in pieces, and each pair is looked
    for near its place in the pieces. Where it could lie outside, which the pieces' next draws tell, the whole row is ordered.
    """
    count = draws.shape[-1]
    pieces = next((n for n in range(1, _PIECES + 1) if count % n == 0 and count // n <= _SHORT), 1)
    if pieces == 1 or count // pieces <= 2 * _NEAR:
        ordered = np.sort(draws, axis=-1)
        return [ordered[..., rank] for rank in ranks]
    rows = draws.reshape(-1, count)
    size = count // pieces
    parts = np.sort(rows.reshape(-1, pieces, size), axis=-1)
    made = []
    for rank in ranks[::2]:
        first = min(max(rank // pieces - _NEAR, 0), size - 2 * _NEAR)
        after = first + 2 * _NEAR
        near = np.sort(parts[:, :, first:after].reshape(len(rows), -1), axis=-1)
        pair = near[:, rank - pieces * first : rank - pieces * first + 2].copy()
        sure = np.ones(len(rows), dtype=bool)
        if first:
            sure &= parts[:, :, first - 1].max(axis=1) <= pair[:, 0]
        if after < size:
            sure &= parts[:, :, after].min(axis=1) >= pair[:, 1]
        pair[~sure] = np.sort(rows[~sure], axis=-1)[:, rank : rank + 2]
        made += [pair[:, n].reshape(draws.shape[:-1]) for n in (0, 1)]
    return made


def probability_above_zero(draws: Draws) -> Floats:
    """Return the share of draws above zero, over the last axis."""
    share: Floats = (draws > 0).mean(axis=-1)
    return share
