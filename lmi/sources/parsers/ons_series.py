"""One time series of the ONS website: eight lines of papers, then years, quarters and months in one column.

Owns: telling papers from figures. Never: which of the periods are wanted, codes of ours, arithmetic.
Options: none. Labels: `cdid`, `dataset`, `title`, `unit` and `released` of the papers, the same for every cell, and `period`
as it stands. `row` is the line of the file, from 1, and `column` is B.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.tables import CELL_FIELDS

#: Label -> what the publisher calls it.
_PAPERS = {
    "cdid": "CDID",
    "dataset": "Source dataset ID",
    "title": "Title",
    "unit": "Unit",
    "released": "Release date",
}
_PERIOD = re.compile(r"\d{4}\b")


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of the series: CELL_FIELDS, then the labels.

    Raises ParseError when a paper is missing, or a line among the periods is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(source, path.name, "a table in UTF-8", str(error)) from error
    first = next((n for n, line in enumerate(lines) if line and _PERIOD.match(line[0])), len(lines))
    papers = {line[0]: line[1] if len(line) > 1 else "" for line in lines[:first] if line}
    missing = [name for name in _PAPERS.values() if name not in papers]
    if missing or not papers["CDID"]:
        raise _wrong(source, path.name, ", ".join(_PAPERS.values()), ", ".join(papers) or "nothing")
    body = [(n + 1, line) for n, line in enumerate(lines) if n >= first and line]
    odd = next((n for n, line in body if len(line) != 2 or not _PERIOD.match(line[0])), None)
    if odd is not None:
        raise _wrong(source, f"{path.name}, line {odd}", "a period and a figure", repr(lines[odd - 1]))
    size = len(body)
    cells = {
        "ordinal": pa.array(range(size), pa.int64()),
        "sheet": pa.nulls(size, pa.string()),
        "row": pa.array([n for n, _ in body], pa.int32()),
        "column": pa.repeat(pa.scalar("B"), size),
        "text": pa.array([line[1] for _, line in body], pa.string()),
        "conf_text": pa.nulls(size, pa.string()),
        "flag_text": pa.nulls(size, pa.string()),
    }
    labels = {label: pa.repeat(pa.scalar(papers[name]), size) for label, name in _PAPERS.items()}
    labels["period"] = pa.array([line[0] for _, line in body], pa.string())
    kinds = [pa.field(name, pa.string(), False) for name in labels]
    return pa.table([*cells.values(), *labels.values()], schema=pa.schema([*CELL_FIELDS, *kinds]))


def _wrong(source: str, place: str, expected: str, found: str) -> ParseError:
    return ParseError(
        "the table is not that of a time series.",
        source=source,
        place=place,
        expected=expected,
        found=found,
        do="download it again from the page of the series, as CSV; if the publisher changed it, change the parser.",
    )
