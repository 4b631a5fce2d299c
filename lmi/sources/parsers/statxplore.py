"""Stat-Xplore tables, as Excel downloads and as answers of its Open Data API.

Owns: the two layouts of one table: fields across and down, or cubes of nested lists. Never: codes, or sums of parts.
The publisher's marks at an item, such as `May 2025 (p)`, are taken off the label and given as the cells' flags.

Options of `parse` (Excel): counting, what the table counts; fields {name of a field = label column}.
Options of `parse_json`: database, its uri; fields {uri of a field, `*` stands for anything = label column};
    measures, the uris of the measures (when absent, any).
Labels: `measure`, then one for each field. From JSON each has a twin with the code (`measure_code`, `area_code`): the
last part of the uri, several joined by `+`, or `Total`.
"""

from __future__ import annotations

import fnmatch
import json
import re
from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import DeclarationError, ParseError
from lmi.raw.readers import Grid, Workbook, cell_address, text_of
from lmi.sources.parsers.cells import CellsBuilder
from lmi.tables import CELL_FIELDS

_SHEET, _TEMPLATES = "Data Sheet 0", ("template_rse", "format")
_COUNTING, _SYMBOLS, _FOOTING = "Counting: ", ("Symbol", "Description"), "Source: "
_MARKED = re.compile(r"(?P<label>.*\S)\s*\((?P<marks>[^()]+)\)", re.DOTALL)
_MEASURE = "measure"
_TOP = ("database", "measures", "fields", "cubes")
_AGAIN = "fetch the table again; if Stat-Xplore changed its layout, change the declaration."


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of a Stat-Xplore Excel table: CELL_FIELDS, `measure`, one label for each declared field.

    Raises ParseError naming the cell where the table counts something else, has another field or lacks its footing.
    """
    _check_options(options, {"counting", "fields"}, set(), source)
    book = Workbook.open(path, source)
    others = [name for name in book.sheet_names if name not in (_SHEET, *_TEMPLATES)]
    grid = book.grid(_SHEET)
    if others:
        raise ParseError(
            "the workbook has sheets that a Stat-Xplore table does not have.",
            source=source,
            place=f"sheet {others[0]}",
            expected=", ".join((_SHEET, *_TEMPLATES)),
            found=", ".join(book.sheet_names),
            do="download one table at a time.",
        )
    return _ExcelTable(grid, options["counting"], options["fields"], source).cells()


def parse_json(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of a recorded `/table` answer: CELL_FIELDS, `measure`, one label for each field, their codes.

    `column` is the JSON path of the cell and `row` its position, from 1. Raises ParseError naming the JSON path.
    """
    _check_options(options, {"database", "fields"}, {"measures"}, source)
    try:
        body = json.loads(path.read_text("utf-8-sig"), parse_float=str, parse_int=str)
    except (ValueError, OSError) as error:
        raise _wrong_json("the answer is no JSON, or cut short.", source, path.name, "JSON", str(error)) from error
    if not isinstance(body, dict) or not set(_TOP) <= set(body):
        found = ", ".join(body) if isinstance(body, dict) else type(body).__name__
        raise _wrong_json("the answer is not a table.", source, "$", ", ".join(_TOP), found)
    try:
        return _Answer(body, options, source).cells()
    except (KeyError, TypeError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise _wrong_json(
            "the answer lacks a part that tables have.", source, "$", "uri, label, items", found
        ) from error


class _ExcelTable:
    """The sheet of an Excel download: heading, fields across, fields down, figures, notes."""

    def __init__(self, grid: Grid, counting: str, fields: Mapping[str, str], source: str) -> None:
        self.grid, self.counting, self.fields, self.source = grid, counting, fields, source
        self.texts = [[text_of(value) for value in row] for row in grid.rows]

    def cells(self) -> pa.Table:
        symbols = self.read_symbols()
        head = self.find_counting() + 1
        across, names_row = self.read_across(head)
        down = self.read_down(names_row)
        first = max(down.values()) + 1
        rows = self.read_rows(names_row + 1, first - 1)
        columns = [c for c in range(first, self.grid.width) if any(self.texts[r][c] for r in across.values())]
        self.check_names({**across, **down}, names_row)
        self.check_around(rows, columns, first, head, names_row)
        by_column, column_marks = self.items_across(across, columns, symbols)
        by_row, row_marks = self.items_down(down, rows, symbols)
        marks = [",".join(filter(None, (r, c))) for r in row_marks for c in column_marks]
        builder = CellsBuilder((_MEASURE, *self.fields.values()))
        builder.add(self.grid, rows, columns, {_MEASURE: self.counting}, by_row, by_column, flag_texts=marks)
        return builder.table()

    def find_counting(self) -> int:
        """Return the row that says what is counted."""
        for row, texts in enumerate(self.texts):
            if texts[0].startswith(_COUNTING):
                if texts[0] != _COUNTING + self.counting:
                    raise self.wrong("the table counts something else.", row, 0, _COUNTING + self.counting, texts[0])
                return row
        raise self.wrong("the sheet is not a Stat-Xplore table.", 0, 0, f"a row {_COUNTING}{self.counting}", "none")

    def read_symbols(self) -> frozenset[str]:
        """Return the marks that the notes explain. Raises ParseError when the table's footing is missing."""
        if not any(texts[0].startswith(_FOOTING) for texts in self.texts):
            last = self.grid.height - 1
            raise self.wrong("the table is cut short.", max(last, 0), 0, f"a last row {_FOOTING}...", "none")
        for row, texts in enumerate(self.texts):
            if tuple(texts[:2]) == _SYMBOLS:
                return frozenset(t[0] for t in self.texts[row + 1 :] if t[0] and t[1])
        return frozenset()

    def read_across(self, head: int) -> tuple[dict[str, int], int]:
        """Return {field across: its row} and the row that names the fields down."""
        across: dict[str, int] = {}
        for row in range(head, self.grid.height):
            texts = self.texts[row]
            if texts[0]:
                across[texts[0]] = row
            elif across:
                return across, row
            elif any(texts):
                break
        raise self.wrong("the table names no field across.", row, 0, "the name of a field in column A", repr(texts[0]))

    def read_down(self, row: int) -> dict[str, int]:
        """Return {field down: its column}, from column B on without a gap."""
        down = {text: column for column, text in enumerate(self.texts[row]) if text}
        if not down or sorted(down.values()) != list(range(1, len(down) + 1)):
            raise self.wrong("the table names no field down.", row, 1, "names from column B on", repr(self.texts[row]))
        return down

    def read_rows(self, first: int, inner: int) -> list[int]:
        rows: list[int] = []
        for row in range(first, self.grid.height):
            if not any(self.texts[row]):
                break
            if self.texts[row][0] or not self.texts[row][inner]:
                found = repr(self.texts[row][0] or "an empty cell")
                at = 0 if self.texts[row][0] else inner
                raise self.wrong("the row has no item.", row, at, "column A empty and an item in the next", found)
            rows.append(row)
        if not rows:
            raise self.wrong("the table has no rows.", first, inner, "an item", "an empty cell")
        return rows

    def check_names(self, found: Mapping[str, int], row: int) -> None:
        names = set(found) - {self.counting}
        if names != set(self.fields):
            expected, shown = ", ".join(sorted(self.fields)), ", ".join(sorted(names))
            raise self.wrong("the table has other fields than declared.", row, 1, expected, shown)

    def check_around(self, rows: Sequence[int], columns: Sequence[int], first: int, head: int, names: int) -> None:
        """Raise ParseError where a figure has no item above it, or a text stands where the layout has none."""
        for row in (*range(head, names + 1), *rows):
            for column, text in enumerate(self.texts[row]):
                stray = row < names and 0 < column < first
                if text and (stray or (column >= first and column not in columns)):
                    raise self.wrong("a cell has no place in the table.", row, column, "an empty cell", repr(text))
        if not columns or columns[0] != first or columns[-1] - first + 1 != len(columns):
            raise self.wrong("the items across do not stand side by side.", names - 1, first, "an item", "a gap")

    def items_across(
        self, across: Mapping[str, int], columns: Sequence[int], symbols: frozenset[str]
    ) -> tuple[dict[str, list[str]], list[str]]:
        """Return each field's item and the joined marks, one a column; an outer item holds until the next."""
        labels: dict[str, list[str]] = {}
        marks: list[list[str]] = [[] for _ in columns]
        for field, row in across.items():
            items = _filled([self.texts[row][c] for c in columns])
            labels[self.label(field)] = self.unmarked(items, symbols, marks)
        return labels, [",".join(m) for m in marks]

    def items_down(
        self, down: Mapping[str, int], rows: Sequence[int], symbols: frozenset[str]
    ) -> tuple[dict[str, list[str]], list[str]]:
        labels: dict[str, list[str]] = {}
        marks: list[list[str]] = [[] for _ in rows]
        for field, column in down.items():
            items = _filled([self.texts[r][column] for r in rows])
            labels[self.label(field)] = self.unmarked(items, symbols, marks)
        return labels, [",".join(m) for m in marks]

    def unmarked(self, items: list[str], symbols: frozenset[str], marks: list[list[str]]) -> list[str]:
        """Return the items without the publisher's marks, which are added to `marks`."""
        labels = []
        for item, found in zip(items, marks, strict=True):
            match = _MARKED.fullmatch(item)
            parts = re.split(r"[\s,]+", match["marks"]) if match else []
            if match and set(parts) <= symbols:
                found.extend(parts)
                item = match["label"]
            labels.append(item)
        return labels

    def label(self, field: str) -> str:
        return _MEASURE if field == self.counting else self.fields[field]

    def wrong(self, what: str, row: int, column: int, expected: str, found: str) -> ParseError:
        place = f"{self.grid.sheet}!{cell_address(row, column)}"
        return ParseError(what, source=self.source, place=place, expected=expected, found=found, do=_AGAIN)


class _Answer:
    """A `/table` answer: one cube for each measure, nested in the order of the fields."""

    def __init__(self, body: Mapping[str, Any], options: Mapping[str, Any], source: str) -> None:
        self.body, self.options, self.source = body, options, source

    def cells(self) -> pa.Table:
        self.check_subject()
        fields = self.body["fields"]
        names = [self.label(field, at) for at, field in enumerate(fields)]
        missing = set(self.options["fields"].values()) - set(names)
        if missing or len(set(names)) != len(names):
            raise self.wrong(
                "the answer has other fields than declared.", "$.fields", self.declared(), ", ".join(names)
            )
        sizes = [len(field["items"]) for field in fields]
        positions = _positions(sizes)
        parts = [self.cube(m, names, sizes, positions) for m in self.body["measures"]]
        cells = pa.concat_tables(parts).combine_chunks()
        count = pa.array(range(cells.num_rows), pa.int64())
        cells = cells.set_column(0, CELL_FIELDS.field("ordinal"), count)
        cells = cells.set_column(2, CELL_FIELDS.field("row"), pc.add(count, 1).cast(pa.int32()))
        labels = [pa.field(name, pa.string(), False) for name in cells.column_names[len(CELL_FIELDS) :]]
        return cells.cast(pa.schema([*CELL_FIELDS, *labels]))

    def check_subject(self) -> None:
        uri = self.body["database"].get("uri")
        if uri != self.options["database"]:
            raise self.wrong("the answer is of another database.", "$.database.uri", self.options["database"], str(uri))
        measures = [m["uri"] for m in self.body["measures"]]
        wanted = self.options.get("measures", measures)
        if sorted(measures) != sorted(wanted) or sorted(measures) != sorted(self.body["cubes"]):
            found = f"measures {', '.join(measures)}; cubes {', '.join(self.body['cubes'])}"
            raise self.wrong("the answer has other measures than declared.", "$.cubes", ", ".join(wanted), found)

    def label(self, field: Mapping[str, Any], at: int) -> str:
        for pattern, name in self.options["fields"].items():
            if fnmatch.fnmatchcase(field["uri"], pattern):
                return str(name)
        raise self.wrong(
            "the answer has a field that nothing declares.", f"$.fields[{at}]", self.declared(), field["uri"]
        )

    def cube(
        self, measure: Mapping[str, Any], names: Sequence[str], sizes: Sequence[int], positions: Sequence[pa.Array]
    ) -> pa.Table:
        place = f"$.cubes['{measure['uri']}']"
        cube = self.body["cubes"][measure["uri"]]
        texts = self.flattened(cube.get("values"), sizes, f"{place}.values")
        count = len(texts)
        columns: dict[str, Any] = {
            "ordinal": pa.nulls(count, pa.int64()),
            "sheet": pa.nulls(count, pa.string()),
            "row": pa.nulls(count, pa.int32()),
            "column": _paths(f"{place}.values", positions, count),
            "text": pa.array(texts, pa.string()),
            "conf_text": pa.nulls(count, pa.string()),
            "flag_text": self.flags(cube.get("annotations"), sizes, positions, f"{place}.annotations", count),
            _MEASURE: _constant(measure["label"], count),
        }
        columns |= {
            name: pa.array([", ".join(item["labels"]) for item in field["items"]], pa.string()).take(position)
            for name, field, position in zip(names, self.body["fields"], positions, strict=True)
        }
        columns[f"{_MEASURE}_code"] = _constant(measure["uri"], count)
        columns |= {
            f"{name}_code": pa.array([_code(item) for item in field["items"]], pa.string()).take(position)
            for name, field, position in zip(names, self.body["fields"], positions, strict=True)
        }
        return pa.table(columns)

    def flattened(self, values: Any, sizes: Sequence[int], place: str) -> list[Any]:
        """Return the values of a nested list in order. Raises ParseError unless it has exactly the fields' sizes."""
        level = [values]
        for depth, size in enumerate(sizes):
            if not all(type(part) is list and len(part) == size for part in level):
                found = sorted({str(len(part)) if type(part) is list else repr(part) for part in level})
                expected = f"lists of {size} at depth {depth + 1}, as the field has items"
                raise self.wrong("the cube has another shape than its fields.", place, expected, ", ".join(found))
            level = list(chain.from_iterable(level))
        return level

    def flags(
        self, annotations: Any, sizes: Sequence[int], positions: Sequence[pa.Array], place: str, count: int
    ) -> pa.Array:
        """Return the marks at each cell: those of its items, then its own; null when there are none."""
        marks: Any = pa.nulls(count, pa.string())
        parts: list[Any] = [
            pa.array([",".join(item.get("annotationKeys", [])) or None for item in field["items"]], pa.string()).take(
                at
            )
            for field, at in zip(self.body["fields"], positions, strict=True)
        ]
        if annotations is not None:
            own = self.flattened(annotations, sizes, place)
            parts.append(pa.array([",".join(a) if type(a) is list else a or None for a in own], pa.string()))
        for part in parts:
            both: Any = pc.binary_join_element_wise(marks, part, ",")
            marks = pc.coalesce(both, marks, part)
        return marks

    def declared(self) -> str:
        return ", ".join(f"{name}: {pattern}" for pattern, name in self.options["fields"].items())

    def wrong(self, what: str, place: str, expected: str, found: str) -> ParseError:
        return _wrong_json(what, self.source, place, expected, found)


def _check_options(options: Mapping[str, Any], needed: set[str], allowed: set[str], source: str) -> None:
    if not needed <= set(options) or set(options) - needed - allowed:
        raise DeclarationError(
            "the parser options are not those of a Stat-Xplore table.",
            source=source,
            place="parser options",
            expected=", ".join(sorted(needed | allowed)),
            found=", ".join(options),
            do="mend the keys.",
        )


def _wrong_json(what: str, source: str, place: str, expected: str, found: str) -> ParseError:
    return ParseError(what, source=source, place=place, expected=expected, found=found, do=_AGAIN)


def _filled(items: Sequence[str]) -> list[str]:
    """Return the items with each empty one replaced by the one before it."""
    filled: list[str] = []
    for item in items:
        filled.append(item or (filled[-1] if filled else ""))
    return filled


def _positions(sizes: Sequence[int]) -> list[pa.Array]:
    """Return, for each field, the position of its item at every cell."""
    made: list[pa.Array] = []
    outer = total = 1
    for size in sizes:
        total *= size
    for size in sizes:
        inner = total // (outer * size) if size else 0
        one = array("i")
        for item in range(size):
            one.extend(array("i", [item]) * inner)
        made.append(pa.array(one * outer, pa.int32()))
        outer *= size
    return made


def _paths(prefix: str, positions: Sequence[pa.Array], count: int) -> pa.Array:
    path: Any = _constant(prefix, count)
    for position in positions:
        index: list[Any] = [path, _constant("[", count), position.cast(pa.string()), _constant("]", count), ""]
        path = pc.binary_join_element_wise(*index)
    return path


def _constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _code(item: Mapping[str, Any]) -> str:
    return "+".join(uri.rpartition(":")[2] for uri in item.get("uris", [])) or str(item["type"])
