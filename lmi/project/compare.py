"""A scenario beside the baseline, draw by draw.

Owns: differences and their intervals. Never: runs a projection.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lmi.errors import ContractError
from lmi.project.run import Drawn, ProjectionResult
from lmi.project.uncertainty import limits

DIFFERENCES: pa.Schema = pa.schema(
    [
        ("measure", pa.string()), ("breakdown", pa.string()), ("code", pa.string()), ("level", pa.string()),
        ("year", pa.int32()), ("baseline", pa.float64()), ("scenario", pa.float64()), ("difference", pa.float64()),
        ("difference_p10", pa.float64()), ("difference_p90", pa.float64()),
    ]
)  # fmt: skip


def compare(baseline: ProjectionResult, scenario: ProjectionResult) -> pa.Table:
    """Return every compared figure of both and their difference, with the 80% interval of the difference.

    Both were drawn from one seed, so a draw of the one is set against the same draw of the other: what both share
    falls out, and the interval is that of the change alone. Raises ContractError where the two are not alike.
    """
    if set(baseline.drawn) != set(scenario.drawn) or not baseline.drawn:
        raise ContractError("two runs cannot be compared.", do="run both with keep_draws, on the same inputs.")
    parts = [_one(*key, baseline.drawn[key], scenario.drawn[key]) for key in sorted(baseline.drawn)]
    return pa.concat_tables(parts)


def _one(measure: str, breakdown: str, before: Drawn, after: Drawn) -> pa.Table:
    if before.codes != after.codes or before.draws.shape != after.draws.shape:
        raise ContractError(
            "two runs cannot be compared.", place=f"{measure} by {breakdown}", do="use the same inputs."
        )
    change = after.central - before.central
    low, high = limits(after.draws - before.draws, change)
    cells, years = change.shape
    cell = np.repeat(np.arange(cells), years)
    same = np.zeros(cells * years, np.int64)
    return pa.table(
        {
            "measure": pa.array([measure], pa.string()).take(same),
            "breakdown": pa.array([breakdown], pa.string()).take(same),
            "code": pa.array(before.codes, pa.string()).take(cell),
            "level": pa.array(before.levels, pa.string()).take(cell),
            "year": pa.array(np.tile(before.years, cells).astype(np.int32)),
            "baseline": pa.array(before.central.ravel()),
            "scenario": pa.array(after.central.ravel()),
            "difference": pa.array(change.ravel() + 0.0),
            "difference_p10": pa.array(low.ravel() + 0.0),
            "difference_p90": pa.array(high.ravel() + 0.0),
        },
        schema=DIFFERENCES,
    )
