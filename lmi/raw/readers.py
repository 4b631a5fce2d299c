"""Workbooks as grids of values, read and never run.

Owns: the workbook library (calamine), which sees cells only: macros, links and charts are not loaded; cell addresses;
turning values into the text that the publisher printed. Never: knows a layout, keeps a changed value.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from lmi.errors import ParseError

#: What calamine gives for a cell. An empty cell is "".
Value = str | float | int | bool | date | datetime | time | timedelta

#: A sheet above this size is refused: cells are numbered below it, and a stray cell in a far corner would fill memory.
SHEET_CELLS: Final = 10**7
_ADDRESS = re.compile(r"([A-Z]+)([1-9][0-9]*)")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOMENTS = (datetime, date, time, timedelta)


@cache
def column_letters(index: int) -> str:
    """Return the letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, len(_ALPHABET))
        letters = _ALPHABET[rest] + letters
    return letters


@cache
def column_index(letters: str) -> int:
    """Return the position of a column counted from 0: A is 0, AA is 26. Raises ValueError for anything else."""
    index = 0
    for letter in letters:
        index = index * len(_ALPHABET) + _ALPHABET.index(letter) + 1
    if not letters:
        raise ValueError("a column needs a letter")
    return index - 1


@cache
def cell_index(address: str) -> tuple[int, int]:
    """Return (row, column) of an address, both counted from 0: B3 is (2, 1). Raises ValueError for anything else."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"{address!r} is not the address of a cell")
    return int(match[2]) - 1, column_index(match[1])


def cell_address(row: int, column: int) -> str:
    """Return the address of a cell whose row and column are counted from 0."""
    return f"{column_letters(column)}{row + 1}"


@dataclass(frozen=True)
class Grid:
    """One sheet. `rows` all have the same width and begin at A1, so that an address finds its cell."""

    sheet: str
    index: int  # position of the sheet in its workbook
    rows: list[list[Any]]

    @property
    def height(self) -> int:
        """The number of rows, to the last that is used."""
        return len(self.rows)

    @cached_property
    def width(self) -> int:
        """The number of columns, to the last that is used."""
        return len(self.rows[0]) if self.rows else 0

    def at(self, address: str) -> Value:
        """Return the value at an address such as B3; "" where the sheet has no such cell. Raises ValueError."""
        return self.value(*cell_index(address))

    def value(self, row: int, column: int) -> Value:
        """Return the value at a row and column counted from 0; "" where the sheet has no such cell."""
        rows = self.rows
        if 0 <= row < len(rows) and 0 <= column < len(rows[row]):
            value: Value = rows[row][column]
            return value
        return ""


class Workbook:
    """An open workbook. Sheets are read when they are asked for, and once."""

    def __init__(self, book: CalamineWorkbook, source_name: str) -> None:
        self._book, self._source = book, source_name
        self._grids: dict[str, Grid] = {}
        self._ahead: dict[str, Future[Grid]] = {}
        self.sheet_names: tuple[str, ...] = tuple(book.sheet_names)
        self.hidden: frozenset[str] = frozenset(
            m.name for m in book.sheets_metadata if m.visible is not SheetVisibleEnum.Visible
        )
        self._charts = {m.name for m in book.sheets_metadata if m.typ is not SheetTypeEnum.WorkSheet}

    @classmethod
    def open(cls, path: Path, source_name: str) -> Workbook:
        """Return the workbook at `path`; `source_name` is what errors call it.

        Raises ParseError when the file is empty, cut short, encrypted, or not a workbook.
        """

        def refuse(what: str, found: str, do: str) -> ParseError:
            return ParseError(what, source=source_name, place=path.name, expected="a workbook", found=found, do=do)

        try:
            content = path.read_bytes()
        except OSError as error:
            raise refuse("the file cannot be read.", error.strerror or str(error), "check the path.") from error
        again = "download it again; if that does not help, ask the publisher."
        if not content:
            raise refuse("the file is empty.", "0 bytes", again)
        locked = refuse(
            "the workbook is encrypted.",
            "a file that asks for a password",
            "save it without a password, or ask for an open copy.",
        )
        if content.startswith(_OLE) and _ENCRYPTED in content:
            raise locked
        if not content.startswith((_OLE, _ZIP)):
            raise refuse("the file is not a workbook.", f"a file that begins {content[:8]!r}", again)
        try:
            return cls(CalamineWorkbook.from_filelike(io.BytesIO(content)), source_name)
        except PasswordError as error:
            raise locked from error
        except (CalamineError, OSError) as error:
            raise refuse("the workbook is cut short or damaged.", str(error), again) from error

    def grid(self, sheet: str) -> Grid:
        """Return a sheet from A1 to its last used cell. Raises ParseError when it is absent, damaged or too large."""
        if sheet not in self._grids:
            self._grids[sheet] = self._ahead[sheet].result() if sheet in self._ahead else self._read(sheet)
        return self._grids[sheet]

    @contextmanager
    def read_ahead(self, sheets: Sequence[str]) -> Iterator[None]:
        """Unpack `sheets` in this order while earlier ones are worked on; inside, ask for no other sheet.

        The library sets Python free while it unpacks. What is wrong with a sheet is raised when it is asked for.
        """
        with ThreadPoolExecutor(1) as beside:  # one, since a workbook can be asked for one sheet at a time
            self._ahead = {name: beside.submit(self._read, name) for name in sheets if name not in self._grids}
            try:
                yield
            finally:
                beside.shutdown(wait=True, cancel_futures=True)
                self._ahead = {}

    def _read(self, sheet: str) -> Grid:
        def refuse(what: str, expected: str, found: str, do: str) -> ParseError:
            return ParseError(what, source=self._source, place=f"sheet {sheet}", expected=expected, found=found, do=do)

        if sheet not in self.sheet_names or sheet in self._charts:
            found = ", ".join(name for name in self.sheet_names if name not in self._charts) or "no sheet with cells"
            do = "see whether the publisher renamed the sheet, then change the declaration."
            raise refuse("the workbook has no such sheet.", f"a sheet named {sheet!r}", found, do)
        try:
            read = self._book.get_sheet_by_name(sheet)
            last_row, last_column = read.end or (0, 0)
            if (last_row + 1) * (last_column + 1) >= SHEET_CELLS:
                size = f"{last_row + 1} rows by {last_column + 1} columns"
                do = "look for a stray cell far from the tables, and ask the publisher to remove it."
                raise refuse("the sheet is too large.", f"fewer than {SHEET_CELLS} cells", size, do)
            rows = read.to_python(skip_empty_area=False)
        except (CalamineError, OSError) as error:
            raise refuse(
                "the sheet is damaged.", "a sheet of cells", str(error), "download the workbook again."
            ) from error
        return Grid(sheet, self.sheet_names.index(sheet), rows)


def number_texts(values: list[Value]) -> pa.Array:
    """Return the published text of workbook values, one string each; null for an empty cell.

    Numbers are written with the fewest digits that read back as the same number (15.732999999999993, 5000), text is
    kept as it stands, a truth value is TRUE or FALSE and a date is in ISO form.
    """
    if values.count("") == len(values):
        return pa.nulls(len(values), pa.string())
    kinds = set(map(type, values))
    if kinds <= {float}:
        return pa.array(values, pa.float64()).cast(pa.string())
    parts = []
    if float in kinds:
        parts.append(pa.array([v if type(v) is float else None for v in values], pa.float64()).cast(pa.string()))
    if str in kinds:
        parts.append(pa.array([v or None if type(v) is str else None for v in values], pa.string()))
    if kinds - {float, str}:
        rare = [text_of(v) if type(v) is not float and type(v) is not str else None for v in values]
        parts.append(pa.array(rare, pa.string()))
    return pc.coalesce(*parts)


def text_of(value: Value) -> str:
    """Return the published text of one value, as `number_texts` does; "" for an empty cell."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value and abs(value) < 10**9 and value.is_integer():
            return str(int(value))
        text: str = pa.scalar(value).cast(pa.string()).as_py()
        return text
    if isinstance(value, _MOMENTS):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
    return str(value)
