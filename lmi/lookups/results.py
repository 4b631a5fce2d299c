"""Our own tables of figures, committed with the project: results of the back-test, and dated overrides.

Owns: reading declared/backtest/scores.csv, widths.csv and declared/overrides.csv. Never: runs a back-test, publishers' data.
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
from lmi.tables import BACKTEST_SCORES, BACKTEST_WIDTHS, CELL_FIELDS, OVERRIDES, obs_key, snapshot_id_of

FOLDER = Path("lmi") / "declared"


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
    """The committed results of the back-test, and the overrides."""

    scores: CommittedTable
    widths: CommittedTable
    overrides: CommittedTable

    def tables(self) -> tuple[CommittedTable, ...]:
        """Return all of them."""
        return (self.scores, self.widths, self.overrides)


@cache
def read_results(root: Path | None = None) -> Committed:
    """Return the committed tables under `root` (default: this repository).

    Raises DeclarationError when a file is missing or has other columns than its contract.
    """
    folder = (root or repository_root()) / FOLDER
    return Committed(
        _read(folder, "backtest/scores.csv", BACKTEST_SCORES, "wmape"),
        _read(folder, "backtest/widths.csv", BACKTEST_WIDTHS, "half_width"),
        _read(folder, "overrides.csv", OVERRIDES, "jobs"),
    )


def _read(folder: Path, name: str, contract: Contract, shown: str) -> CommittedTable:
    place, path = f"declared/{name}", folder / name
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
            "a table of ours cannot be read.", place=place, found=str(error),
            do="restore the file; results of the back-test are made again with lmi accuracy --refit.",
        ) from error  # fmt: skip
    if table.column_names != names:
        raise DeclarationError(
            "a table of ours has other columns than it must.", place=place, expected=",".join(names),
            found=",".join(table.column_names), do="mend the first line of the file.",
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
