"""Names and keys of what the model makes, and the record of what each was made from.

Owns: series keys, the qualification bands, the ledger of series and derivations. Never: arithmetic on figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from lmi import tables
from lmi.errors import TraceError
from lmi.project.inputs import NO_KEY, Keys

MODEL_ID = "annual_account_1"
OFFICIAL = "official"
REBASED = "rebased"
TOTAL = tables.TOTAL
NOT_ASSIGNED = "not_assigned"
BANDS = ("below_2", "2", "3", "4-5", "6", "7+")
#: Reporting band of each qualification code of the official projections (their own grouping of RQF levels).
BAND_OF: Mapping[str, str] = {
    "RQF0": "below_2", "RQF1": "below_2", "RQF2": "2", "RQF3": "3", "RQF4": "4-5",
    "RQF5": "4-5", "RQF6": "6", "RQF7": "7+", "RQF8": "7+",
}  # fmt: skip


def series_key(*ids: str) -> int:
    """Return the key of the series that these ids name: negative, 63 bits of blake2b, stable between runs."""
    digest = blake2b("\x1f".join((MODEL_ID, *ids)).encode(), digest_size=8).digest()
    return -(int.from_bytes(digest, "big") >> 1) - 1


class Ledger:
    """Series made so far and the keys each was made from. A series may only be made from what exists: no cycle."""

    def __init__(self, area: str) -> None:
        self.area = area
        self._series: dict[int, tuple[str, str, str]] = {}
        self._inputs: dict[int, Keys] = {}

    def add(
        self, scenario: str, measure: str, breakdown: str, code: str, level: str, step: str, formula: str,
        inputs: Iterable[Keys | Iterable[int] | int], area: str | None = None,
    ) -> int:  # fmt: skip
        """Record a series and return its key. Raises TraceError when it has no input, or an input not yet made."""
        place = area or self.area
        key = series_key(scenario, measure, breakdown, place, code, level)
        label = f"{measure}, {scenario}, {breakdown} {code}, level {level}, area {place}"
        used = _distinct(inputs)
        unknown = [k for k in used[used < 0].tolist() if k not in self._series]
        if not used.size or unknown or key in self._series:
            raise TraceError(
                f"the series {label} cannot be recorded.",
                expected="at least one input, each a cell or a series made before, and a new name",
                found=f"{used.size} inputs, {len(unknown)} unknown, name {'taken' if key in self._series else 'new'}",
            )
        self._series[key] = (step, formula, label)
        self._inputs[key] = used
        return key

    def series(self) -> pa.Table:
        """Return the series, sorted by key."""
        order = sorted(self._series)
        columns = zip(*((k, *self._series[k]) for k in order), strict=True)
        return tables.SERIES.conform(pa.table(dict(zip(tables.SERIES.names, map(list, columns), strict=True))))

    def derivations(self) -> pa.Table:
        """Return the pairs of series and input, sorted."""
        order = sorted(self._inputs)
        made = np.repeat(np.array(order, np.int64), [len(self._inputs[k]) for k in order])
        used = np.concatenate([self._inputs[k] for k in order])
        return tables.DERIVATIONS.conform(pa.table({"series_key": pa.array(made), "input_key": pa.array(used)}))


def _distinct(inputs: Iterable[Keys | Iterable[int] | int]) -> Keys:
    """Return the keys of all parts, sorted, each once; most series are made of one to five, for which sets are faster."""
    few: set[int] = set()
    many: list[Keys] = []
    for part in inputs:
        if isinstance(part, np.ndarray) and part.size > 1:
            many.append(part.ravel())
        elif isinstance(part, int | np.integer):
            few.add(int(part))
        else:
            few.update(np.ravel(part).tolist() if isinstance(part, np.ndarray) else map(int, part))
    few.discard(NO_KEY)
    if not many:
        return np.array(sorted(few), dtype=np.int64)
    made = np.sort(np.concatenate([*many, np.fromiter(few, np.int64, len(few))]))
    first = np.append(True, made[1:] != made[:-1])  # faster than asking for distinct ones
    return made[first & (made != NO_KEY)]
