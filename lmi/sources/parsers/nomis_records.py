"""Records of Nomis, from its API or as its CSV: one figure a record, the interval beside it in a record of its own.

Owns: which record is a cell, which stands beside it, from disk to disk by DuckDB. Never: codes, arithmetic.

Options:
    conf     MEASURES_NAME of the interval records; absent: every record is a cell
    figure   MEASURES_NAME of the figures; absent: every record that is no interval
    status   the column that says why a figure is missing, or how good it is: OBS_STATUS_NAME when absent
    labels   the columns that say what a figure is; absent: all columns but the figure's own and the paging
    other    with `labels`: the columns left out, each with its reason; the header must be just these
A cell's text is OBS_VALUE, or the status where that is empty; its flag is the status beside a value; its confidence is the
interval's value or status. Its row is the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.engine import Connection, connect, fetch, replacing
from lmi.errors import ParseError
from lmi.sources.parsers import delimited

_VALUE, _STATUS, _KIND = "OBS_VALUE", "OBS_STATUS_NAME", "MEASURES_NAME"
_PAGING = ("RECORD_OFFSET", "RECORD_COUNT")
#: Columns in which a figure and its interval differ.
_KINDS = (_KIND, "MEASURES")


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the cells (CELL_FIELDS, then the labels) to `out`, in the file's order; return their number.

    Raises ParseError when the header is another, a record is of a kind that nobody declared, or a figure and its interval
    do not stand together once.
    """
    status, conf = str(options.get("status", _STATUS)), options.get("conf")
    with TemporaryDirectory(dir=out.parent, prefix=".records-") as folder, connect() as con:
        records = Path(folder) / "records.parquet"
        delimited.write_cells(path, {"values": [_VALUE]}, source, records)
        labels = _labels(pq.read_schema(records).names, options, status, source, path)
        con.execute(
            f"create view records as select *, file_row_number as n, nullif({_VALUE}, '') as printed, "
            f"{'false' if conf is None else f'{_KIND} = {literal(conf)}'} as is_interval "
            f"from read_parquet({literal(str(records))}, file_row_number = true)"
        )
        naming = [name for name in labels if name not in _KINDS]
        if conf is not None:
            _check_pairs(con, naming, options.get("figure"), str(conf), source, path)
        same = " and ".join(f"v.{quoted(name)} is not distinct from c.{quoted(name)}" for name in naming)
        shown = f"coalesce({{0}}.printed, {{0}}.{quoted(status)})"
        with replacing(out, durable=False) as part:
            con.execute(
                f"copy (select cast(v.n as bigint) as ordinal, cast(null as varchar) as sheet, "
                f"cast(v.n + 2 as integer) as row, "
                f'case when v.printed is null then {literal(status)} else {literal(_VALUE)} end as "column", '
                f"{shown.format('v')} as text, {shown.format('c') if conf else 'cast(null as varchar)'} as conf_text, "
                f"case when v.printed is not null then v.{quoted(status)} end as flag_text, "
                f"{', '.join(f'v.{quoted(name)}' for name in labels)} from records as v "
                f"{f'join records as c on c.is_interval and {same}' if conf else ''} where not v.is_interval order by v.n) "
                f"to {literal(str(part))} (format parquet, compression zstd)"
            )
        return int(pq.read_metadata(out).num_rows)


def _labels(found: Sequence[str], options: Mapping[str, Any], status: str, source: str, path: Path) -> list[str]:
    """Return the label columns. Raises ParseError when the header lacks a column or has one that nobody declared."""
    own = {_VALUE, status, _KIND}
    stated = {*options.get("labels", ()), *options.get("other", {}), *own}
    if own - set(found) or ("labels" in options and set(found) != stated):
        raise ParseError(
            "the header is not the declared one.",
            source=source,
            place=f"{path.name}, record 1",
            expected=", ".join(sorted(stated)),
            found=", ".join(found),
            do="see what was renamed, added or dropped, then change the query's select or the declaration.",
        )
    return list(options.get("labels", ())) or [name for name in found if name not in (_VALUE, status, *_PAGING)]


def _check_pairs(
    con: Connection, naming: Sequence[str], figure: str | None, conf: str, source: str, path: Path
) -> None:
    """Raise ParseError unless each figure has one interval, and no record is of another kind."""
    kind = f"{_KIND} = {literal(figure)}" if figure else "not is_interval"
    wrong = fetch(
        con,
        f"select min(n) + 2 as record, string_agg({_KIND}, ', ' order by n) as kinds from records "
        f"group by {', '.join(map(quoted, naming))} having count(*) <> 2 or count(*) filter ({kind}) <> 1 "
        "or count(*) filter (is_interval) <> 1 order by record limit 1",
    ).to_pylist()
    if wrong:
        raise ParseError(
            "a figure does not stand with its interval.",
            source=source,
            place=f"{path.name}, record {wrong[0]['record']}",
            expected=f"one record of kind {figure or 'Value'} and one of kind {conf}",
            found=str(wrong[0]["kinds"]),
            do="ask Nomis for the same query again, or declare the column that tells these records apart.",
        )
