"""Our own tables, committed as CSV: results of the back-test, dated overrides, and the series behind the core indicators.

Owns: reading declared/backtest/scores.csv and widths.csv, declared/overrides.csv and declared/core_indicators.csv.
Never: runs a back-test, publishers' data.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from lmi.contract import Contract
from lmi.errors import DeclarationError
from lmi.registry import repository_root
from lmi.tables import (
    BACKTEST_SCORES,
    BACKTEST_WIDTHS,
    CELL_FIELDS,
    CORE_MEASURES,
    OVERRIDES,
    obs_key,
    snapshot_id_of,
)

DECLARED = Path("lmi") / "declared"


@dataclass(frozen=True)
class CommittedTable:
    """One committed table with its keys, the `cells` (CELL_FIELDS) it stands in, and its file."""

    table: pa.Table
    cells: pa.Table
    file: tuple[str, str, int]  # name, sha256, bytes

    @property
    def snapshot_id(self) -> int:
        """Return the snapshot that the keys belong to."""
        return snapshot_id_of(self.file[1])


@dataclass(frozen=True)
class Committed:
    """The committed results of the back-test, the overrides, and the measures of the core indicators."""

    scores: CommittedTable
    widths: CommittedTable
    overrides: CommittedTable
    core: CommittedTable

    def tables(self) -> tuple[CommittedTable, ...]:
        """Return all of them."""
        return self.scores, self.widths, self.overrides, self.core


@cache
def read_results(root: Path | None = None) -> Committed:
    """Return the committed tables under `root` (default: this repository).

    Raises DeclarationError when a file is missing or has other columns than its contract.
    """
    folder = (root or repository_root()) / DECLARED
    again = "restore the file, or make it again with lmi accuracy --refit."
    return Committed(
        _read(folder, "backtest/scores.csv", BACKTEST_SCORES, "wmape", again),
        _read(folder, "backtest/widths.csv", BACKTEST_WIDTHS, "half_width", again),
        _read(folder, "overrides.csv", OVERRIDES, "jobs", "mend the record, or restore the file."),
        _read(folder, "core_indicators.csv", CORE_MEASURES, "relation", "mend the record, or restore the file."),
    )


def _read(folder: Path, name: str, contract: Contract, shown: str, remedy: str) -> CommittedTable:
    """Return a committed table; `shown` is the column whose text a record is quoted by."""
    path, place = folder / name, f"declared/{name}"
    schema = contract.arrow_schema()
    names = [n for n in schema.names if n != "obs_key"]
    try:
        raw = path.read_bytes()
        options = pyarrow.csv.ConvertOptions(
            column_types={n: pa.string() if n == shown else schema.field(n).type for n in names},
            strings_can_be_null=False,
        )
        table = pyarrow.csv.read_csv(pa.BufferReader(raw), convert_options=options)
    except (OSError, pa.ArrowInvalid) as error:
        raise DeclarationError(
            "a committed table cannot be read.", place=place, found=str(error), do=remedy,
        ) from error  # fmt: skip
    if table.column_names != names:
        raise DeclarationError(
            "a committed table has other columns than it must.", place=place,
            expected=",".join(names), found=",".join(table.column_names), do=remedy,
        )  # fmt: skip
    digest = hashlib.sha256(raw).hexdigest()
    snapshot, count = snapshot_id_of(digest), table.num_rows
    text = table[shown]
    numbers = table.set_column(names.index(shown), shown, text.cast(schema.field(shown).type))
    keyed = numbers.append_column("obs_key", pa.array([obs_key(snapshot, i) for i in range(count)], pa.int64()))
    cells = {
        "ordinal": range(count), "row": [i + 2 for i in range(count)], "column": [shown] * count,
        "text": text,
    }  # fmt: skip
    empty = pa.nulls(count, pa.string())
    made = pa.table({f.name: _column(cells[f.name], f.type) if f.name in cells else empty for f in CELL_FIELDS})
    return CommittedTable(contract.conform(keyed), made, (place, digest, len(raw)))


def _column(values: object, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.array(values, kind)
