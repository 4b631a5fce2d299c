"""Business demography: a workbook whose sheets keep their names while their years move on.

Owns: finding each sheet's rows, years and figures. Never: codes, arithmetic.

Options:
    tables   {"1.1" = {title = "Count Of Births", labels = 2, year = "column" or "first"}}: what the sheets `Table 1.1`,
             `Table 1.1a` and so on hold. `labels` are the columns before the figures; the year stands above each column,
             or above the first one only when the columns are years after it
    ignored  {"8" = reason}: tables that are not read
Labels: `table` (`1.1`), `area` and `name` (or `industry`, when there is one label column), `year`, `heading` as printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.raw.readers import Grid, Workbook, text_of
from lmi.sources.parsers.cells import CellsBuilder

_SHEET = re.compile(r"Table (\d(?:\.\d)?)[a-z]?")
_HEAD = 3  # the row of the header, counted from 0
_LABELS = ("table", "area", "name", "industry", "year", "heading")


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of all declared tables: CELL_FIELDS, then the labels; one that a table lacks is an empty text.

    Raises ParseError naming the sheet that no declaration knows, or whose title or header is not the declared one.
    """
    book = Workbook.open(path, source)
    cells = CellsBuilder(_LABELS)
    seen = set()
    for name in book.sheet_names:
        match = _SHEET.fullmatch(name)
        if match is None:
            continue
        seen.add(match[1])
        if match[1] in options["tables"]:
            _read(book.grid(name), match[1], options["tables"][match[1]], cells, source)
        elif match[1] not in options["ignored"]:
            raise _wrong("nothing declares this sheet.", source, name, "a declared table", name)
    missing = set(options["tables"]) - seen
    if missing:
        raise _wrong("tables are not there.", source, path.name, ", ".join(sorted(missing)), ", ".join(sorted(seen)))
    return cells.table()


def _read(grid: Grid, table: str, wanted: Mapping[str, Any], cells: CellsBuilder, source: str) -> None:
    title = text_of(grid.value(0, 0))
    if wanted["title"].casefold() not in title.casefold():
        raise _wrong("the sheet holds another table.", source, f"{grid.sheet}!A1", wanted["title"], title)
    first = int(wanted["labels"])
    head = [" ".join(text_of(value).split()) for value in grid.rows[_HEAD]]
    columns = list(range(first, grid.width))
    if any(head[:first]) or not all(head[first:]) or not re.match(r"\d{4}", head[first]):
        found = " | ".join(head)
        expected = f"{first} empty cells, then a heading above each column, the first of them a year"
        raise _wrong("the header is not the declared one.", source, f"{grid.sheet}!A4", expected, found)
    rows = [n for n in range(_HEAD + 1, grid.height) if any(text_of(v).strip() for v in grid.rows[n])]
    texts = [[text_of(grid.rows[n][at]) for n in rows] for at in range(first)]
    by_row = {"area": texts[0], "name": texts[1]} if first > 1 else {"industry": texts[0]}
    constant = {"table": table, "area": "", "name": "", "industry": ""}
    by_column = {"heading": head[first:], "year": head[first:]}
    if wanted["year"] == "first":
        by_column["year"] = [head[first]] * len(columns)
    cells.add(grid, rows, columns, constant, by_row, by_column)


def _wrong(what: str, source: str, place: str, expected: str, found: str) -> ParseError:
    do = "see what the publisher changed, then change the declaration."
    return ParseError(what, source=source, place=place, expected=expected, found=found, do=do)
