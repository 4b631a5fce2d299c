"""Delimited text: one record a row, one or more value columns.

Owns: CSV in, records out, by DuckDB from disk to disk, so that 10^7 records fit in little memory. Never: codes, arithmetic.
Options: `values` (columns that hold figures; none makes one cell a record), `encoding`, `delimiter`, `exact_header`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.engine import DatabaseError, connect, fetch, replacing
from lmi.errors import ParseError


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the records of a delimited file to `out`, in order and all as text; return the number of cells."""
    arguments = (
        "header = true, all_varchar = true, null_padding = false, strict_mode = true, quote = '\"', escape = '\"'"
    )
    arguments += f", delim = {literal(options.get('delimiter', ','))}"
    if "encoding" in options:  # naming one, even the default, makes DuckDB read with one thread
        arguments += f", encoding = {literal(options['encoding'])}"
    return write_records(f"read_csv({literal(str(path))}, {arguments})", path, options, source, out)


def write_records(relation: str, path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the rows of `relation` to `out`, in order and all as text; return the number of cells. Raises ParseError."""
    with connect() as con, replacing(out, durable=False) as part:
        try:
            header = fetch(con, f"select * from {relation} limit 0").column_names
            values = list(options.get("values", ()))
            _check_header(header, values, options, source, path)
            columns = ", ".join(
                f"cast({quoted(n)} as varchar) as {quoted(n.strip().lstrip(chr(0xFEFF)))}" for n in header
            )
            con.execute(
                f"copy (select {columns} from {relation}) to {literal(str(part))} (format parquet, compression zstd)"
            )
        except DatabaseError as error:
            raise ParseError(
                "the file cannot be read as delimited text.",
                source=source,
                place=path.name,
                found=str(error).split("\n\n")[0],
                do="check that the download is complete and that the encoding is the declared one.",
            ) from error
        return int(pq.read_metadata(part).num_rows) * max(len(values), 1)


def _check_header(header: list[str], values: list[str], options: Mapping[str, Any], source: str, path: Path) -> None:
    found = [name.strip().lstrip("\ufeff") for name in header]
    wanted = options.get("exact_header")
    if set(values) - set(found) or (wanted is not None and list(wanted) != found) or len(set(found)) != len(found):
        raise ParseError(
            "the header is not the declared one.",
            source=source,
            place=f"{path.name}, record 1",
            expected=", ".join(wanted or values),
            found=", ".join(found),
            do="see what the publisher renamed, added or dropped, then change the declaration.",
        )
