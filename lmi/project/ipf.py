"""Fitting tables to their margins.

Owns: iterative proportional fitting of one table, of many at once and to margins of groups, each with a report of how
close it came. Never: invents margins, hides a fit that failed. Method: METHODOLOGY sections 4 (D4) and 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats

TOLERANCE = 1e-6
PASSES = 1000


@dataclass(frozen=True)
class Fit:
    """The fitted table, the passes it took and the largest relative margin error left.

    `distance` is the cross-entropy of the fitted table from the seed, sum of p * ln(p / s) over shares: how much of
    the answer is the margins' and not the seed's.
    """

    table: Floats
    passes: int
    margin_error: float
    distance: float = float("nan")


@dataclass(frozen=True)
class Margin:
    """Totals that a table must meet: `target` (row group, column group), with the group of each row and column."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    target: Floats


def fit_margins(seed: Floats, rows: Floats, columns: Floats) -> Fit:
    """Return `seed` scaled in turn to row and column sums until every margin is within 1e-6.

    `columns` is first scaled to the sum of `rows`. Raises CoverageError when the margins cannot be met by the seed.
    """
    columns = columns * (rows.sum() / columns.sum())
    one = np.zeros(len(rows), np.int64), np.zeros(len(columns), np.int64)
    return fit_groups(
        seed,
        [
            Margin(np.arange(len(rows)), one[1], rows[:, None]),
            Margin(one[0], np.arange(len(columns)), columns[None, :]),
        ],
    )


def fit_groups(seed: Floats, margins: Sequence[Margin]) -> Fit:
    """Return `seed` scaled in turn to each of the `margins` until all are within 1e-6, at most 1,000 times.

    A structural zero of the seed stays zero. Raises CoverageError when a target is negative or not a number, when one
    above zero falls on nothing but zeros of the seed, or when the margins contradict each other.
    """
    table = seed.astype(np.float64)
    for n, margin in enumerate(margins):
        found = _sums(table, margin)
        if not (np.isfinite(margin.target).all() and margin.target.min() >= 0):
            raise CoverageError("a margin is negative or missing.", place=f"margin {n + 1}", do="mend its source.")
        empty = (found <= 0) & (margin.target > 0)
        if empty.any():
            raise CoverageError(
                "a margin falls on nothing but zeros of the seed.", place=f"margin {n + 1}, group {_first(empty)}",
                expected="at least one cell of the seed above zero", found=f"a target of {margin.target[empty][0]:,.0f}",
                do="give the sampled zeros of that group a small seed, or drop the group from both.",
            )  # fmt: skip
    error = np.inf
    for passes in range(1, PASSES + 1):
        for margin in margins:
            table = table * _ratio(margin.target, _sums(table, margin))[np.ix_(margin.rows, margin.columns)]
        error = max(_error(table, m) for m in margins)
        if error < TOLERANCE:
            return Fit(table, passes, error, measure_distance(table, seed))
    raise CoverageError(
        "the margins of a table cannot all be met.",
        expected=f"a largest relative error below {TOLERANCE:g}",
        found=f"{error:.3g} after {PASSES} passes",
        do="look for a margin that is published on another base than the others.",
    )


@dataclass(frozen=True)
class Fits:
    """Many tables as factors on one seed: table n is `seed * down[:, n] * up[:, n]`. Columns are met exactly."""

    seed: Floats  # (row, column)
    down: Floats  # (row, table)
    up: Floats  # (column, table)
    passes: int
    margin_error: float

    def column(self, column: int) -> Floats:
        """Return one column of every table, (row, table)."""
        made: Floats = self.seed[:, column, None].astype(self.down.dtype) * self.down * self.up[column]
        return made


def fit_many(seed: Floats, rows: Floats, columns: Floats, tolerance: float = TOLERANCE) -> Fits:
    """Return tables fitted to `rows` (row, table) and `columns` (column, table), all at once from one `seed`.

    Rows are met within `tolerance`. Raises CoverageError when a table cannot be met, as where its rows and columns do
    not add to the same sum, or a margin falls on nothing but zeros of the seed.
    """
    if not (np.isfinite(rows).all() and np.isfinite(columns).all() and rows.min() >= 0 and columns.min() >= 0):
        raise CoverageError("a margin is negative or missing.", do="mend its source.")
    off = float(np.max(np.abs(rows.sum(axis=0) - columns.sum(axis=0)) / np.maximum(rows.sum(axis=0), 1.0)))
    if off > tolerance:
        raise CoverageError(
            "rows and columns of a table do not add to one sum.", expected=f"a difference below {tolerance:g}",
            found=f"{off:.3g}", do="scale one to the other, or look for a margin on another base.",
        )  # fmt: skip
    base = seed.astype(rows.dtype)
    up, down = np.ones_like(columns), np.ones_like(rows)
    error = np.inf
    for passes in range(1, PASSES + 1):
        found = base @ up
        if passes > 1:
            error = float(np.max(np.abs(found * down - rows) / np.maximum(rows, 1.0)))
            if error < tolerance:
                return Fits(seed, down, up, passes - 1, error)
        down = _ratio(rows, found)
        up = _ratio(columns, base.T @ down)
    raise CoverageError(
        "tables cannot be met by their margins.", expected=f"a largest relative error below {tolerance:g}",
        found=f"{error:.3g} after {PASSES} passes", do="look for a margin that falls on zeros of the seed.",
    )  # fmt: skip


def measure_distance(table: Floats, seed: Floats) -> float:
    """Return the cross-entropy of the shares of `table` from those of `seed`, 0 when they are the same."""
    p, s = table / table.sum(), seed / seed.sum()
    inside = p > 0
    return float((p[inside] * np.log(p[inside] / s[inside])).sum())


def _sums(table: Floats, margin: Margin) -> Floats:
    groups = margin.target.shape
    flat = margin.rows[:, None] * groups[1] + margin.columns[None, :]
    made: Floats = np.bincount(flat.ravel(), table.ravel(), groups[0] * groups[1]).astype(np.float64)
    return made.reshape(groups)


def _error(table: Floats, margin: Margin) -> float:
    return float(np.max(np.abs(_sums(table, margin) - margin.target) / np.maximum(margin.target, 1.0)))


def _ratio(target: Floats, found: Floats) -> Floats:
    return np.divide(target, found, out=np.zeros_like(target), where=found > 0)


def _first(where: NDArray[np.bool_]) -> str:
    return ", ".join(str(int(i[0])) for i in np.nonzero(where))
