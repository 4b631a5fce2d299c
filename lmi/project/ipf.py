"""Fitting a table to its margins.

Owns: iterative proportional fitting with a report of how close it came. Never: invents margins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Floats

TOLERANCE = 1e-6
PASSES = 1000


@dataclass(frozen=True)
class Fit:
    """The fitted table, the passes it took and the largest relative margin error left."""

    table: Floats
    passes: int
    margin_error: float


def fit_margins(seed: Floats, rows: Floats, columns: Floats) -> Fit:
    """Return `seed` scaled in turn to row and column sums until every margin is within 1e-6.

    `columns` is first scaled to the sum of `rows`. Raises CoverageError when the margins cannot be met by the seed.
    """
    columns = columns * (rows.sum() / columns.sum())
    table = seed.astype(np.float64)
    error = np.inf
    for passes in range(1, PASSES + 1):
        table = table * _ratio(rows, table.sum(axis=1))[:, None]
        table = table * _ratio(columns, table.sum(axis=0))[None, :]
        error = float(np.max(np.abs(table.sum(axis=1) - rows) / np.maximum(rows, 1.0)))
        if error < TOLERANCE:
            return Fit(table, passes, error)
    raise CoverageError(
        "the margins of a table cannot both be met.",
        expected=f"a largest relative error below {TOLERANCE:g}",
        found=f"{error:.3g} after {PASSES} passes",
        do="look for a margin that is published on another base than the other.",
    )


def _ratio(target: Floats, found: Floats) -> Floats:
    return np.divide(target, found, out=np.zeros_like(target), where=found > 0)
