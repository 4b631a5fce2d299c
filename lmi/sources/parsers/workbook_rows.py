"""A sheet that is one list: a header row, then one record a row.

Owns: such a sheet in, cells out. Never: codes, arithmetic.
Options: `sheet`, `header_row` (1 when absent), `values` (columns that hold figures; none makes one cell a record).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import ParseError
from lmi.raw.readers import Grid, Workbook, column_letters, number_texts, text_of
from lmi.tables import CELL_FIELDS


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of one sheet: CELL_FIELDS, `measure` where `values` are named, then the other columns as labels.

    Records count from 0 below the header, empty rows too, so that an ordinal is a place in the sheet; empty rows give
    no cell. Labels are named by the header's texts with single spaces; one that is named as a field of cells gets
    `_label` after it, and a column without a name is left out.
    Raises ParseError when the sheet or a named column is not there, or a name stands twice.
    """
    grid = Workbook.open(path, source).grid(str(options["sheet"]))
    top = int(options.get("header_row", 1))
    values = [str(name) for name in options.get("values", ())]
    where = _columns(grid, top, values, source)
    texts = {name: number_texts([row[at] for row in grid.rows[top:]]) for name, at in where.items()}
    labels = [name for name in where if name not in values]
    records = pa.array(range(grid.height - top), pa.int64())
    used = pc.is_valid(pc.coalesce(*texts.values()))
    parts = []
    for i, name in enumerate(values or labels[:1]):
        count = len(records)
        fields: dict[str, Any] = {
            "ordinal": pc.add(pc.multiply(records, max(len(values), 1)), i),
            "sheet": pa.array([grid.sheet] * count, pa.string()),
            "row": pc.add(records, top + 1).cast(pa.int32()),
            "column": pa.array([column_letters(where[name])] * count, pa.string()),
            "text": texts[name],
            "conf_text": pa.nulls(count, pa.string()),
            "flag_text": pa.nulls(count, pa.string()),
        }
        measure = {"measure": pa.array([name] * count, pa.string())} if values else {}
        named = {f"{n}_label" if n in CELL_FIELDS.names else n: texts[n] for n in labels}
        parts.append(pa.table({**{f.name: fields[f.name] for f in CELL_FIELDS}, **measure, **named}).filter(used))
    return pa.concat_tables(parts).sort_by("ordinal")


def _columns(grid: Grid, top: int, values: Sequence[str], source: str) -> dict[str, int]:
    """Return column name -> position, in the sheet's order."""
    header = grid.rows[top - 1] if 0 < top <= grid.height else []
    names = [" ".join(text_of(value).replace("\ufeff", "").split()) for value in header]
    named = [name for name in names if name]
    missing = [name for name in values if name not in named]
    if not named or missing or len(set(named)) != len(named):
        raise ParseError(
            "the header is not the declared one.",
            source=source,
            place=f"sheet {grid.sheet}, row {top}",
            expected=", ".join(values) or "a name for each column, none of them twice",
            found=", ".join(named) or "no name at all",
            do="see what the publisher renamed, added or dropped, then change the declaration.",
        )
    return {name: at for at, name in enumerate(names) if name}
