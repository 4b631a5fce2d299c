"""Declared corrections: errors in published figures, each kept as a record with a guard.

Owns: applying a correction and checking its guard. Never: corrects anything that is not declared.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import CorrectionExpired
from lmi.registry import Correction
from lmi.tables import OBSERVATIONS


def apply_corrections(
    observations: pa.Table, corrections: Sequence[Correction], place: str
) -> tuple[pa.Table, dict[str, pa.Table]]:
    """Return the corrected observations, and the rows that each `quarantine` correction took out, by correction id.

    A correction whose cells are not in this file does nothing. One whose cells are there but no longer look as its
    guard says raises CorrectionExpired: the publisher has repaired the error, so the correction must go.
    """
    refused: dict[str, pa.Table] = {}
    for correction in corrections:
        meant = _mask(observations, correction.where)
        if not pc.any(meant).as_py():
            continue
        _check_guard(observations, correction, meant, place)
        if correction.action == "quarantine":
            refused[correction.id] = observations.filter(meant)
            observations = observations.filter(pc.invert(meant))
        else:
            observations = _rewrite(observations, correction, meant)
    return OBSERVATIONS.conform(observations), refused


def _mask(observations: pa.Table, where: dict[str, str]) -> pa.Array:
    mask = pa.repeat(True, observations.num_rows)
    for column, code in where.items():
        mask = pc.and_(mask, pc.equal(observations[column], code))
    return mask


def _check_guard(observations: pa.Table, correction: Correction, meant: pa.Array, place: str) -> None:
    guard = correction.guard
    there = observations.filter(pc.and_(meant, pc.equal(observations["area_code"], guard.area)))
    values = there["value"].drop_null()
    wrong = pa.repeat(True, len(values))
    if guard.value_above is not None:
        wrong = pc.and_(wrong, pc.greater(values, guard.value_above))
    if guard.value_below is not None:
        wrong = pc.and_(wrong, pc.less(values, guard.value_below))
    if len(values) and not pc.all(wrong).as_py():
        raise CorrectionExpired(
            f"the correction {correction.id} no longer meets the error that it was written for.",
            source=correction.source,
            place=place,
            expected=f"values of {guard.area} above {guard.value_above} / below {guard.value_below}",
            found=", ".join(f"{v:g}" for v in values.to_pylist()[:5]),
            do="the publisher has probably repaired it: look at the file, then delete or narrow the correction.",
        )


def _rewrite(observations: pa.Table, correction: Correction, meant: pa.Array) -> pa.Table:
    old = observations["value"]
    new = (
        pc.multiply(old, correction.value)
        if correction.action == "scale"
        else pa.repeat(float(correction.value or 0), observations.num_rows)
    )
    changed = {
        "value": pc.if_else(meant, new, old),
        "correction_id": pc.if_else(meant, correction.id, observations["correction_id"]),
    }
    for name, column in changed.items():
        observations = observations.set_column(observations.schema.get_field_index(name), name, column)
    return observations
