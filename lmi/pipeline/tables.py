"""Tables for people: as text, CSV or JSON.

Owns: how a list is printed. Never: rounds a figure that goes into a document; `evidence` does that.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pyarrow as pa

_WIDTH = 180  # of a table that goes to a file or a pipe, where the terminal has no width


def table_of(rows: Sequence[Any]) -> pa.Table:
    """Return one row for each frozen dataclass of `rows`."""
    return pa.Table.from_pylist([asdict(row) for row in rows]) if rows else pa.table({})


def render(table: pa.Table, form: str) -> str:
    """Return `table` as text in `form`: table, csv or json. CSV and JSON keep every digit."""
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows([_flat(row[name]) for name in table.column_names] for row in table.to_pylist())
        return out.getvalue().rstrip("\n")
    if form == "json":
        return json.dumps(table.to_pylist(), indent=1, default=str, ensure_ascii=False)
    return _drawn(table)


def _drawn(table: pa.Table) -> str:
    from rich.console import Console
    from rich.table import Table

    out = io.StringIO()
    width = None if os.isatty(1) else _WIDTH
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False, no_color=True)
    drawn = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    kinds = {f.name: f.type for f in table.schema}
    for name in table.column_names:
        number = pa.types.is_floating(kinds[name]) or pa.types.is_integer(kinds[name])
        drawn.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in table.to_pylist():
        drawn.add_row(*(_shown(row[name]) for name in table.column_names))
    console.print(drawn)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return "not a number"
        return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.3g}"
    if isinstance(value, list):
        return f"{len(value)} keys" if len(value) > 3 else ", ".join(map(str, value))
    return str(value)


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, date):
        return value.isoformat()
    return value
