"""Delimited text: one record a row, one or more value columns.

Owns: CSV in, cells out, by DuckDB from disk to disk, so that 10^7 records fit in little memory. Never: codes, arithmetic.
Options: `values` (columns that hold figures; none makes one cell a record), `encoding`, `delimiter`, `exact_header`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lmi.contract import literal, quoted
from lmi.engine import DatabaseError, connect, fetch, replacing
from lmi.errors import ParseError

#: Names that a label column may not have, since the cells table uses them.
_TAKEN = ("ordinal", "sheet", "row", "column", "text", "conf_text", "flag_text")


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the cells of a delimited file to `out` and return their number. Raises ParseError."""
    arguments = "header = true, all_varchar = true, null_padding = false, strict_mode = true, quote = '\"', escape = '\"'"
    arguments += f", delim = {literal(options.get('delimiter', ','))}"
    arguments += f", encoding = {literal(options.get('encoding', 'utf-8'))}"
    return write_records(f"read_csv({literal(str(path))}, {arguments})", path, options, source, out)


def write_records(relation: str, path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write one cell a record and value column of `relation` to `out`. Records count from 2: the header is 1."""
    with connect() as con, replacing(out) as part:
        try:
            header = [name for name in fetch(con, f"select * from {relation} limit 0").column_names]
            values = list(options.get("values", ()))
            _check_header(header, values, options, source, path)
            labels = [name for name in header if name not in values]
            sql = cells_sql(relation, labels, values)
            con.execute(f"copy ({sql}) to {literal(str(part))} (format parquet, compression zstd)")
            return int(fetch(con, f"select count(*) as n from read_parquet({literal(str(part))})")["n"][0].as_py())
        except DatabaseError as error:
            raise ParseError(
                "the file cannot be read as delimited text.",
                source=source,
                place=path.name,
                found=str(error).split("\n\n")[0],
                do="check that the download is complete and that the encoding is the declared one.",
            ) from error


def cells_sql(relation: str, labels: Sequence[str], values: Sequence[str]) -> str:
    """Return SQL for the cells: `ordinal` counts cells in file order, `row` the record, `column` the value column."""
    kept = ", ".join(f"{quoted(clean(name))}" for name in labels)
    named = ", ".join(f"cast({quoted(name)} as varchar) as {quoted(clean(name))}" for name in labels)
    companions = "cast(null as varchar) as conf_text, cast(null as varchar) as flag_text"
    numbered = f"select row_number() over () - 1 as record, {named}" + "".join(
        f", cast({quoted(v)} as varchar) as value_{i}" for i, v in enumerate(values)
    )
    base = f"with records as ({numbered} from {relation})"
    if not values:
        first = quoted(clean(labels[0]))
        return (
            f"{base} select record as ordinal, cast(null as varchar) as sheet, cast(record + 2 as integer) as row, "
            f"{literal(labels[0])} as column, {first} as text, {companions}, {kept} from records"
        )
    count, several = len(values), len(values) > 1
    parts = [
        f"select record * {count} + {i} as ordinal, cast(null as varchar) as sheet, cast(record + 2 as integer) as row, "
        f"{literal(v)} as column, value_{i} as text, {companions}"
        + (f", {literal(v)} as measure" if several else "")
        + (f", {kept}" if kept else "")
        + " from records"
        for i, v in enumerate(values)
    ]
    return f"{base} " + " union all ".join(parts)


def clean(name: str) -> str:
    """Return a header name as a label column: no byte order mark, and no name that the cells table uses."""
    bare = name.strip().lstrip("\ufeff")
    return f"{bare}_label" if bare in _TAKEN else bare


def _check_header(header: list[str], values: list[str], options: Mapping[str, Any], source: str, path: Path) -> None:
    found = [name.strip().lstrip("\ufeff") for name in header]
    missing = [name for name in values if name not in header]
    wanted = options.get("exact_header")
    if missing or (wanted is not None and list(wanted) != found):
        raise ParseError(
            "the header is not the declared one.",
            source=source,
            place=f"{path.name}, record 1",
            expected=", ".join(wanted or values),
            found=", ".join(found),
            do="see what the publisher renamed, added or dropped, then change the declaration.",
        )
