"""Parquet as a publisher puts it out: one record a row, one or more value columns.

Owns: Parquet in, records out, by DuckDB. Never: codes, arithmetic. Options: `values`, `exact_header`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lmi.contract import literal
from lmi.sources.parsers.delimited import write_records


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the records of a Parquet file to `out`, in order and all as text; return the number of cells."""
    return write_records(f"read_parquet({literal(str(path))})", path, options, source, out)
