"""Records of the Nomis API: one figure a record, its reason beside it when it is missing, its confidence in another record.

Owns: which record is a cell, and which stands beside it. Never: codes, arithmetic.
Options: `conf`, the MEASURES_NAME of the confidence records (when absent, every record is a cell).

A cell's text is OBS_VALUE; where that is empty, it is OBS_STATUS_NAME, the publisher's reason in words. The status of a
figure that is there is its flag. Labels are the other columns; offsets and counts of records are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.engine import connect, fetch, replacing
from lmi.errors import ParseError
from lmi.sources.parsers import delimited

_VALUE, _STATUS, _MEASURE = "OBS_VALUE", "OBS_STATUS_NAME", "MEASURES_NAME"
_PAGING = ("RECORD_OFFSET", "RECORD_COUNT")
#: Columns that differ between a value and its confidence.
_OWN = (_VALUE, _STATUS, _MEASURE, "MEASURES", *_PAGING)


def write_cells(path: Path, options: Mapping[str, Any], source: str, out: Path) -> int:
    """Write the cells of an answer to `out` and return their number. Raises ParseError naming what is wrong.

    A confidence record without its value, or two for one value, is an error: it would stand beside nothing.
    """
    records = out.with_suffix(".records")
    try:
        delimited.write_cells(path, {"values": [_VALUE]}, source, records)
        return _pair(records, options.get("conf"), path, source, out)
    finally:
        records.unlink(missing_ok=True)


def _pair(records: Path, conf: str | None, path: Path, source: str, out: Path) -> int:
    names = pq.read_schema(records).names
    missing = {_VALUE, _STATUS, _MEASURE} - set(names)
    if missing:
        raise ParseError(
            "the answer lacks columns.",
            source=source,
            place=f"{path.name}, record 1",
            expected=", ".join(sorted(missing)),
            found=", ".join(names),
            do="ask for them in the query's select.",
        )
    labels = [n for n in names if n not in (_VALUE, _STATUS, *_PAGING)]
    same = " and ".join(f"v.{quoted(n)} is not distinct from c.{quoted(n)}" for n in labels if n not in _OWN)
    is_conf = "false" if conf is None else f"{_MEASURE} = {literal(conf)}"
    said = f"case when {{0}}.{_VALUE} <> '' then {{0}}.{_VALUE} else {{0}}.{_STATUS} end"
    with connect() as con, replacing(out, durable=False) as part:
        con.execute(
            "create view records as select *, file_row_number as n "
            f"from read_parquet({literal(str(records))}, file_row_number = true)"
        )
        con.execute(f"create view figures as select * from records where not ({is_conf})")
        con.execute(f"create view beside as select * from records where {is_conf}")
        paired = fetch(
            con, f"select count(*) as pairs, count(distinct c.n) as confs from figures as v join beside as c on {same}"
        ).to_pylist()[0]
        confs = fetch(con, "select count(*) as n from beside")["n"][0].as_py()
        if paired["pairs"] != confs or paired["confs"] != confs:
            raise ParseError(
                "confidence records do not each stand beside one value.",
                source=source,
                place=path.name,
                expected=f"{confs} pairs",
                found=f"{paired['pairs']} pairs of {paired['confs']} confidence records",
                do="ask for value and confidence of the same cells.",
            )
        columns = ", ".join(f"v.{quoted(n)}" for n in labels)
        con.execute(
            f"copy (select cast(v.n as bigint) as ordinal, cast(null as varchar) as sheet, cast(v.n + 2 as integer) as row, "
            f'{literal(_VALUE)} as "column", {said.format("v")} as text, {said.format("c")} as conf_text, '
            f"case when v.{_VALUE} <> '' then v.{_STATUS} end as flag_text, {columns} "
            f"from figures as v left join beside as c on {same} order by v.n) "
            f"to {literal(str(part))} (format parquet, compression zstd)"
        )
        return int(pq.read_metadata(part).num_rows)
