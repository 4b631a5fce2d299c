"""Small workbooks made by hand: rows of values in, a file out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter

from lmi.errors import ParseError
from lmi.raw.readers import cell_index

Rows = list[list[Any]]
Sheets = dict[str, Rows]
Parse = Callable[[Path, Mapping[str, Any], str], pa.Table]


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write a workbook; None and "" leave a cell empty."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if value not in (None, ""):
                        sheet.write(r, c, value)
    return path


def changed(sheets: Sheets, sheet: str, cells: Mapping[str, Any]) -> Sheets:
    """Return a copy with some cells replaced, by address."""
    made = copy.deepcopy(sheets)
    for address, value in cells.items():
        row, column = cell_index(address)
        rows = made[sheet]
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend("" for _ in range(column + 1 - len(rows[row])))
        rows[row][column] = value
    return made


def with_row(sheets: Sheets, sheet: str, number: int, row: Sequence[Any]) -> Sheets:
    """Return a copy with a row put in, so that it is row `number`, counted from 1."""
    made = copy.deepcopy(sheets)
    made[sheet].insert(number - 1, list(row))
    return made


def without_row(sheets: Sheets, sheet: str, number: int) -> Sheets:
    """Return a copy without a row, counted from 1."""
    made = copy.deepcopy(sheets)
    del made[sheet][number - 1]
    return made


def without_column(sheets: Sheets, sheet: str, letter: str) -> Sheets:
    """Return a copy without a column, the rest moved to the left."""
    made = copy.deepcopy(sheets)
    _, column = cell_index(f"{letter}1")
    for row in made[sheet]:
        if len(row) > column:
            del row[column]
    return made


def refusal(parse: Parse, path: Path, options: Mapping[str, Any]) -> ParseError:
    """Return the error that ends the parsing of `path`; it must say where, what was expected and what to do."""
    with pytest.raises(ParseError) as caught:
        parse(path, options, "test/source")
    error = caught.value
    assert error.source == "test/source"
    assert error.place and error.found and error.do and error.do.endswith(".")
    return error
