"""Nomis records: a CSV with one record for each figure and one for the interval beside it.

Owns: putting an interval beside its figure, from disk to disk by DuckDB. Never: codes, arithmetic.

Options:
    labels   the columns that say what a figure is; together they name it
    other    columns that are left out, each with its reason: `{OBS_STATUS_NAME = "words of the status"}`
    value, status, kind     OBS_VALUE, OBS_STATUS and MEASURES_NAME when absent; a record's kind is Value or Confidence
Labels: `labels`. A cell is a record of kind Value: its text is the value, or the status where no value is printed; the
flag is the status beside a value; the confidence is the other record's value or status. Its row is the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.engine import connect, fetch, replacing
from lmi.errors import ParseError
from lmi.sources.parsers.delimited import write_cells as write_records

_FIGURE, _INTERVAL = "Value", "Confidence"


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the cells (CELL_FIELDS, then the labels) to `out`, in the file's order; return their number.

    Raises ParseError when the header is another, or when a figure stands twice or has no interval record, or the reverse.
    """
    labels, other = list(options["labels"]), dict(options.get("other", {}))
    value, status, kind = (options.get(k, d) for k, d in _COLUMNS.items())
    with TemporaryDirectory(dir=out.parent, prefix=".records-") as folder, connect() as con:
        records = Path(folder) / "records.parquet"
        write_records(path, {"values": [value]}, source, records)
        _check_header(pq.read_schema(records).names, [*labels, *other, value, status, kind], source, path)
        con.execute(
            f"create view records as select *, file_row_number as n, nullif({quoted(value)}, '') as printed "
            f"from read_parquet({literal(str(records))}, file_row_number = true)"
        )
        named = ", ".join(map(quoted, labels))
        _check_pairs(con, named, kind, source, path)
        shown = f"coalesce({{0}}.printed, {{0}}.{quoted(status)})"
        with replacing(out, durable=False) as part:
            con.execute(
                f"copy (select v.n as ordinal, cast(null as varchar) as sheet, cast(v.n + 2 as integer) as row, "
                f'case when v.printed is null then {literal(status)} else {literal(value)} end as "column", '
                f"{shown.format('v')} as text, {shown.format('c')} as conf_text, "
                f"case when v.printed is not null then v.{quoted(status)} end as flag_text, "
                f"{', '.join(f'v.{quoted(name)}' for name in labels)} "
                f"from records as v join records as c using ({named}) where v.{quoted(kind)} = {literal(_FIGURE)} "
                f"and c.{quoted(kind)} = {literal(_INTERVAL)} order by v.n) "
                f"to {literal(str(part))} (format parquet, compression zstd)"
            )
        return int(pq.read_metadata(out).num_rows)


_COLUMNS = {"value": "OBS_VALUE", "status": "OBS_STATUS", "kind": "MEASURES_NAME"}


def _check_header(found: list[str], wanted: list[str], source: str, path: Path) -> None:
    if set(found) != set(wanted):
        raise ParseError(
            "the header is not the declared one.",
            source=source,
            place=f"{path.name}, record 1",
            expected=", ".join(wanted),
            found=", ".join(found),
            do="see what was renamed, added or dropped, then change the declaration.",
        )


def _check_pairs(con: Any, named: str, kind: str, source: str, path: Path) -> None:
    """Raise ParseError unless each figure has one record of each kind and no other."""
    wrong = fetch(
        con,
        f"select min(n) + 2 as record, string_agg({quoted(kind)}, ', ' order by n) as kinds from records "
        f"group by {named} having count(*) <> 2 or count(*) filter ({quoted(kind)} = {literal(_FIGURE)}) <> 1 "
        f"or count(*) filter ({quoted(kind)} = {literal(_INTERVAL)}) <> 1 order by record limit 1",
    ).to_pylist()
    if wrong:
        raise ParseError(
            "a figure does not stand with its interval.",
            source=source,
            place=f"{path.name}, record {wrong[0]['record']}",
            expected=f"one record of kind {_FIGURE} and one of kind {_INTERVAL}",
            found=str(wrong[0]["kinds"]),
            do="ask Nomis for the same query again, or declare the column that tells these records apart.",
        )
