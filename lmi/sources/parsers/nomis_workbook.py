"""Nomis Excel exports: a stack of blocks on one sheet, each with its own title, keys and header.

Owns: finding blocks, their keys, their columns (value, flag and confidence side by side) and their areas. Never: codes.

Options:
    title   the dataset's name as it stands at the head of every block
    keys    {key of a block = label column}, such as {date = "date", "legal status" = "legal_status"}
    expect  {key of a block = the only text it may have}, such as {confidence = "95% confidence interval (+/-)"}
    columns patterns (`*` stands for anything), one of which every column name must match; when absent, any name
    sheet   the sheet (`Data`);  cell: what the label column of column names is called (`cell`)
    head    what stands above the areas (`Area`): in the newer layout the kind of area, and then areas are bare names
    code    the label column of the codes that the newer layout has beside the names
    also    kinds of companion that are figures of their own, such as `conf %`: their cell is `Median | conf %`
Labels: `area` as printed (`ladu:Name`), `code` if declared, one for each key, then `cell` (`T09b:7 (All people - ...)`).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import DeclarationError, ParseError
from lmi.raw.readers import Grid, Workbook, cell_address, text_of
from lmi.sources.parsers.cells import CellsBuilder

_COPYRIGHT = "ONS Crown Copyright Reserved"
_HEAD = "Area"
_VALUE, _FLAG, _CONF = "number", "Flags", "conf"
_AREA = re.compile(r"[A-Za-z][A-Za-z0-9 ]*:\S.*")
_NAME = re.compile(r"\S.*")
_KEYS = {"title", "keys", "expect", "columns", "sheet", "cell", "head", "code", "also"}


@dataclass(frozen=True)
class NomisOptions:
    """The options, checked."""

    title: str
    keys: Mapping[str, str]
    expect: Mapping[str, str]
    columns: tuple[str, ...]
    sheet: str
    cell: str
    head: str = _HEAD
    code: str = ""
    also: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns in order."""
        return ("area", *([self.code] if self.code else []), *self.keys.values(), self.cell)


@dataclass(frozen=True)
class Column:
    """A value column and the companions that stand to its right."""

    name: str
    value: int
    flag: int | None = None
    conf: int | None = None


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of a Nomis workbook: CELL_FIELDS, `area`, one label for each key, the column's name.

    Raises ParseError naming the cell where a block has another title, key, header or footing than declared.
    """
    wanted = read_options(options, source)
    book = Workbook.open(path, source)
    others = [name for name in book.sheet_names if name != wanted.sheet]
    grid = book.grid(wanted.sheet)
    if others:
        raise ParseError(
            "the workbook has sheets that a Nomis export does not have.",
            source=source,
            place=f"sheet {others[0]}",
            expected=f"only the sheet {wanted.sheet}",
            found=", ".join(book.sheet_names),
            do="use the file as Nomis gave it.",
        )
    cells = CellsBuilder(wanted.labels)
    for top, bottom in _find_blocks(grid, source):
        _Block(grid, top, bottom, wanted, source).read(cells)
    return cells.table()


def read_options(options: Mapping[str, Any], source: str) -> NomisOptions:
    """Return the options of a Nomis layout. Raises DeclarationError when a key is unknown, or title or keys lacks."""
    if set(options) - _KEYS or not {"title", "keys"} <= set(options):
        raise DeclarationError(
            "the parser options are not those of a Nomis export.",
            source=source,
            place="parser options",
            expected="title and keys, and no key but " + ", ".join(sorted(_KEYS)),
            found=", ".join(options),
            do="mend the keys.",
        )
    return NomisOptions(
        options["title"],
        options["keys"],
        options.get("expect", {}),
        tuple(options.get("columns", ())),
        options.get("sheet", "Data"),
        options.get("cell", "cell"),
        options.get("head", _HEAD),
        options.get("code", ""),
        tuple(options.get("also", ())),
    )


def check_keys(found: Mapping[str, str], options: NomisOptions, source: str, place: str) -> None:
    """Raise ParseError unless a block has exactly the declared keys and the expected texts."""
    declared = {*options.keys, *options.expect}
    wrong = {key: text for key, text in options.expect.items() if key in found and found[key] != text}
    if set(found) != declared or wrong:
        raise ParseError(
            "the block is not of the declared kind.",
            source=source,
            place=place,
            expected="the keys " + ", ".join(f"{key} = {options.expect.get(key, '...')}" for key in sorted(declared)),
            found=", ".join(f"{key} = {text}" for key, text in sorted(found.items())),
            do="ask Nomis for the same query again, or declare the new keys.",
        )


def check_name(name: str, options: NomisOptions, source: str, place: str) -> None:
    """Raise ParseError unless a column's name matches one of the declared patterns."""
    if options.columns and not any(fnmatch.fnmatchcase(name, pattern) for pattern in options.columns):
        raise ParseError(
            "a column is not one of the declared kind.",
            source=source,
            place=place,
            expected=" or ".join(options.columns),
            found=repr(name),
            do="see whether Nomis renamed or added a column, then change the declaration.",
        )


def _find_blocks(grid: Grid, source: str) -> Iterator[tuple[int, int]]:
    """Yield the first row of each block and the row after its last."""
    starts = [
        number - 1
        for number, row in enumerate(grid.rows)
        if number and type(row[0]) is str and row[0].startswith(_COPYRIGHT)
    ]
    if not starts or starts[0] != 0:
        raise ParseError(
            "the sheet does not begin as a Nomis export does.",
            source=source,
            place=f"{grid.sheet}!A2",
            expected=f"{_COPYRIGHT!r} below the title in A1",
            found=repr(text_of(grid.at("A2"))),
            do="use the file as Nomis gave it.",
        )
    yield from zip(starts, [*starts[1:], grid.height], strict=True)


class _Block:
    """One block: title, copyright, keys, header, areas, footnotes."""

    def __init__(self, grid: Grid, top: int, bottom: int, options: NomisOptions, source: str) -> None:
        self.grid, self.top, self.bottom, self.options, self.source = grid, top, bottom, options, source

    def read(self, cells: CellsBuilder) -> None:
        """Add the block's cells."""
        title = text_of(self.grid.value(self.top, 0))
        if title != self.options.title:
            raise self.wrong("the block is of another dataset.", self.top, 0, repr(self.options.title), repr(title))
        keys, head = self.read_keys()
        check_keys(keys, self.options, self.source, self.place(self.top, 0))
        columns, first = self.read_header(head)
        rows = self.read_rows(first, max((*_span(columns[-1]),)))
        constant = {label: keys[key] for key, label in self.options.keys.items()}
        areas = {"area": [self.grid.rows[row][0] for row in rows]}
        if self.options.code:
            areas[self.options.code] = [text_of(self.grid.rows[row][1]) for row in rows]
        for flagged in (True, False):
            for confident in (True, False):
                group = [c for c in columns if (c.flag is not None) is flagged and (c.conf is not None) is confident]
                if group:
                    names = {self.options.cell: [c.name for c in group]}
                    flag = [c.flag for c in group if c.flag is not None]
                    conf = [c.conf for c in group if c.conf is not None]
                    cells.add(self.grid, rows, [c.value for c in group], constant, areas, names, conf, flag)

    def read_keys(self) -> tuple[dict[str, str], int]:
        """Return the block's keys and the row of its header."""
        keys: dict[str, str] = {}
        for row in range(self.top + 2, self.bottom):
            values = self.grid.rows[row]
            if values[0] == self.options.head:
                return keys, row
            if values.count("") == self.grid.width:
                continue
            if type(values[0]) is not str or values.count("") != self.grid.width - 2 or values[1] == "":
                break
            keys[values[0]] = text_of(values[1])
        raise self.wrong(
            "the block has no header.",
            row,
            0,
            f"keys with a text each, then {self.options.head!r}",
            repr(text_of(values[0])),
        )

    def read_header(self, head: int) -> tuple[list[Column], int]:
        """Return the block's columns and the row of its first area."""
        names = self.grid.rows[head]
        below = self.grid.rows[head + 1] if head + 1 < self.bottom else []
        has_kinds = bool(below) and below[0] == "" and below.count("") < self.grid.width
        kinds = below if has_kinds else ["" if n == "" else _FLAG if n == _FLAG else _VALUE for n in names]
        columns: list[Column] = []
        for column in range(1, self.grid.width):
            columns = self.with_column(columns, head, column, names[column], kinds[column])
        if not columns:
            raise self.wrong("the header names no column.", head, 1, "the name of a column", "an empty header")
        twice = [c for n, c in enumerate(columns) if c.name in {d.name for d in columns[:n]}]
        if twice:
            raise self.wrong("two columns have one name.", head, twice[0].value, "different names", repr(twice[0].name))
        return columns, head + 1 + has_kinds

    def with_column(self, columns: list[Column], head: int, at: int, name: Any, kind: Any) -> list[Column]:
        """Return the columns with the one at `at`, which is a value, a companion of the last one, or empty."""
        last = columns[-1] if columns else None
        if kind == _VALUE and name not in ("", _FLAG, _CONF):
            check_name(text_of(name), self.options, self.source, self.place(head, at))
            return [*columns, Column(text_of(name), at)]
        beside = f" | {kind}"
        if (
            last
            and kind in self.options.also
            and name == ""
            and at == last.value + 1
            and not last.name.endswith(beside)
        ):
            return [*columns, Column(last.name + beside, at)]
        if last and name in ("", kind) and at == max(_span(last)) + 1:
            if kind == _FLAG and last.flag is None:
                return [*columns[:-1], Column(last.name, last.value, at, last.conf)]
            if kind == _CONF and last.conf is None:
                return [*columns[:-1], Column(last.name, last.value, last.flag, at)]
        if kind == "" and name == "":
            return columns
        expected = f"a name above {_VALUE!r}, or {_FLAG!r} or {_CONF!r} beside their number"
        raise self.wrong("the header is not that of a Nomis export.", head, at, expected, f"{name!r} above {kind!r}")

    def read_rows(self, first: int, last_column: int) -> list[int]:
        """Return the rows with an area; below them only notes in the first columns may stand."""
        width = self.grid.width
        area = _AREA if self.options.head == _HEAD else _NAME
        rows: list[int] = []
        for row in range(first, self.bottom):
            values = self.grid.rows[row]
            if values.count("") == width:
                break
            if type(values[0]) is not str or not area.fullmatch(values[0]):
                raise self.wrong(
                    "the row is no area.", row, 0, "an area such as ladu:Name, or an empty row", repr(values[0])
                )
            for column in range(last_column + 1, width):
                if values[column] != "":
                    found = repr(text_of(values[column]))
                    raise self.wrong("a figure has no header.", row, column, "an empty cell", found)
            rows.append(row)
        if not rows:
            raise self.wrong("the block has no areas.", first, 0, "a row with an area", "none")
        for row in range(rows[-1] + 1, self.bottom):
            for column in range(1, width):
                if self.grid.rows[row][column] != "":
                    found = repr(text_of(self.grid.rows[row][column]))
                    raise self.wrong("a figure stands below the table.", row, column, "notes only", found)
        return rows

    def place(self, row: int, column: int) -> str:
        return f"{self.grid.sheet}!{cell_address(row, column)}"

    def wrong(self, what: str, row: int, column: int, expected: str, found: str) -> ParseError:
        return ParseError(
            what,
            source=self.source,
            place=self.place(row, column),
            expected=expected,
            found=found,
            do="use the file as Nomis gave it; if Nomis changed its layout, the parser needs a change.",
        )


def _span(column: Column) -> Sequence[int]:
    return [at for at in (column.value, column.flag, column.conf) if at is not None]
