"""Delimited text: one record a row, one or more value columns.

Owns: CSV in, records out, by DuckDB from disk to disk, so that 10^7 records fit in little memory. Never: codes, arithmetic.
Options: `values` and `values_like` (columns that hold figures, by name or pattern; none makes one cell a record),
`readings` (see `cells.figures`), `encoding`, `delimiter`, `skip` (lines of prose before the header), `exact_header`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.engine import DatabaseError, connect, fetch, replacing, write_query
from lmi.errors import ParseError
from lmi.sources.cells import figures

#: Encodings that DuckDB reads itself.
_DEFAULT = "utf-8"
_ENCODINGS = (_DEFAULT, "utf-16", "latin-1")
#: What DuckDB may hold: it keeps the order of records by waiting with those that were read too early.
_MEMORY_MB = 300
#: Up to so many columns DuckDB writes records itself, on all processors; it holds groups of records of each column, which
#: for wider tables is more than it may hold. Those are written record group by record group, of so many cells each.
_NARROW, _GROUP_CELLS = 40, 10**6


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the records of a delimited file to `out`, in order and all as text; return the number of cells."""
    arguments = (
        "header = true, all_varchar = true, null_padding = false, strict_mode = true, quote = '\"', escape = '\"'"
    )
    arguments += f", delim = {literal(options.get('delimiter', ','))}"
    if options.get("skip"):
        arguments += f", skip = {int(options['skip'])}"
    encoding = str(options.get("encoding", _DEFAULT))
    with _readable(path, encoding, source) as (readable, known):
        if known != _DEFAULT:  # naming even the default makes DuckDB read with one thread
            arguments += f", encoding = {literal(known)}"
        return write_records(f"read_csv({literal(str(readable))}, {arguments})", path, options, source, out)


@contextmanager
def _readable(path: Path, encoding: str, source: str) -> Iterator[tuple[Path, str]]:
    """Yield the file, and an encoding that DuckDB reads; text in any other encoding is copied to UTF-8 first."""
    if encoding in _ENCODINGS:
        yield path, encoding
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        try:
            with path.open(encoding=encoding, newline="") as text, copy.open("w", encoding="utf-8", newline="") as out:
                shutil.copyfileobj(text, out)
        except UnicodeDecodeError as error:
            raise ParseError(
                "the file is not in the declared encoding.",
                source=source,
                place=path.name,
                expected=encoding,
                found=str(error),
                do="check that the download is complete, then declare the encoding that the publisher uses.",
            ) from error
        yield copy, _DEFAULT


def write_records(relation: str, path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the rows of `relation` to `out`, in order and all as text; return the number of cells. Raises ParseError."""
    with connect(memory_limit_mb=_MEMORY_MB) as con, replacing(out, durable=False) as part:
        try:
            header = fetch(con, f"select * from {relation} limit 0").column_names
            values, readings = figures([n.strip().lstrip(chr(0xFEFF)) for n in header], options)
            _check_header(header, values, options, source, path)
            columns = ", ".join(
                f"cast({quoted(n)} as varchar) as {quoted(n.strip().lstrip(chr(0xFEFF)))}" for n in header
            )
            select = f"select {columns} from {relation}"
            if len(header) > _NARROW:
                write_query(con, select, part, max(1, _GROUP_CELLS // len(header)))
            else:
                con.execute(f"copy ({select}) to {literal(str(part))} (format parquet, compression zstd)")
        except DatabaseError as error:
            raise ParseError(
                "the file cannot be read as delimited text.",
                source=source,
                place=path.name,
                found=str(error).split("\n\n")[0],
                do="check that the download is complete and that the encoding is the declared one.",
            ) from error
        return int(pq.read_metadata(part).num_rows) * max(len(values), 1) * max(len(readings), 1)


def _check_header(header: list[str], values: list[str], options: Mapping[str, Any], source: str, path: Path) -> None:
    found = [name.strip().lstrip("\ufeff") for name in header]
    wanted = options.get("exact_header")
    unlike = "values_like" in options and not set(values) - set(options.get("values", ()))
    if (
        set(values) - set(found)
        or unlike
        or (wanted is not None and list(wanted) != found)
        or len(set(found)) != len(found)
    ):
        raise ParseError(
            "the header is not the declared one.",
            source=source,
            place=f"{path.name}, record 1",
            expected=", ".join(wanted or values) or f"columns like {options.get('values_like')!r}",
            found=", ".join(found),
            do="see what the publisher renamed, added or dropped, then change the declaration.",
        )
