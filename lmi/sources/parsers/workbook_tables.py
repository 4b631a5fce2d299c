"""Tables that stand below and beside each other in a workbook, each where its declaration says.

Owns: checking a workbook against its declaration, cell by cell, and reading the figures. Never: codes, arithmetic.
Options: see `workbook_layout`. Every cell of a declared sheet is a declared text, a header, a row label, a figure or in
a range declared as ignored; any other cell that is not empty is an error, so that nothing moves or appears unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import DeclarationError, ParseError
from lmi.raw.readers import Grid, Value, Workbook, cell_address, column_letters, text_of
from lmi.sources.parsers.cells import CellsBuilder
from lmi.sources.parsers.workbook_layout import Columns, Expected, Sheet, Table, read_sheets

_KEYS = {"labels", "editions", "facts", "expect", "gives", "ignored", "refused", "sheets"}
_CHANGED = "see what the publisher changed, then change the declaration."


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of all declared tables of the workbook at `path`: CELL_FIELDS, then the declared labels.

    Raises ParseError naming sheet and cell where the workbook is not as declared: a sheet unknown or absent, a text or
    header that moved, was renamed, added or dropped, a table without its last row, a cell that nothing declares.
    """
    unknown = set(options) - _KEYS
    if unknown or not options.get("labels") or not options.get("sheets"):
        raise DeclarationError(
            "the parser options are not complete.",
            source=source,
            place="parser options",
            expected="labels and sheets, and no key but " + ", ".join(sorted(_KEYS)),
            found=", ".join(options),
            do="mend the keys.",
        )
    book = Workbook.open(path, source)
    edition = _select_edition(book, options.get("editions", {}), source)
    facts = {label: text_of(_named_cell(book, at, source)) for label, at in options.get("facts", {}).items()}
    sheets = read_sheets(options, facts, edition, source)
    _check_sheets(book, sheets, options, source)
    _check_facts(book, facts, options, source)
    cells = CellsBuilder(options["labels"])
    with book.read_ahead([sheet.name for sheet in sheets]):
        for sheet in sheets:
            _SheetReader(book.grid(sheet.name), sheet, source, cells).read()
    return cells.table()


def _select_edition(book: Workbook, editions: Mapping[str, Any], source: str) -> str | None:
    if not editions:
        return None
    found = {at: text_of(_named_cell(book, at, source)) for at in {e["cell"] for e in editions.values()}}
    matching = [name for name, e in editions.items() if found[e["cell"]] in e["is"]]
    if len(matching) == 1:
        return matching[0]
    raise ParseError(
        "the workbook is of no declared edition." if not matching else "the workbook is of two declared editions.",
        source=source,
        place=", ".join(found),
        expected="; ".join(f"{name}: {', '.join(e['is'])} in {e['cell']}" for name, e in editions.items()),
        found=", ".join(repr(text) for text in found.values()),
        do="declare the edition, or check that this is a file of this source.",
    )


def _named_cell(book: Workbook, at: str, source: str) -> Value:
    sheet, _, address = at.rpartition("!")
    try:
        return book.grid(sheet).at(address)
    except ValueError as error:
        raise DeclarationError(
            f"{at!r} is not a cell.",
            source=source,
            place="parser options",
            expected="such as Info!B5",
            do="mend the key.",
        ) from error


def _check_sheets(book: Workbook, sheets: Sequence[Sheet], options: Mapping[str, Any], source: str) -> None:
    tables = [sheet.name for sheet in sheets]
    passed = {*options.get("ignored", {}), *options.get("refused", {})}
    if passed & set(tables):
        raise DeclarationError(
            "a sheet is both read and passed over.", source=source, place="parser options, sheets",
            found=", ".join(sorted(passed & set(tables))), do="keep one of the two.",
        )  # fmt: skip
    named = {at.rpartition("!")[0] for at in (*options.get("facts", {}).values(), *options.get("expect", {}))}
    named |= {e["cell"].rpartition("!")[0] for e in options.get("editions", {}).values()}
    missing = [name for name in tables if name not in book.sheet_names]
    unknown = [name for name in book.sheet_names if name not in passed | named and name not in tables]
    if missing or unknown:
        found = [f"without {', '.join(map(repr, missing))}"] if missing else []
        found += [f"with {', '.join(map(repr, unknown))}, which nothing declares"] if unknown else []
        raise ParseError(
            "the workbook does not have the declared sheets.",
            source=source,
            place=f"sheet {(missing or unknown)[0]}",
            expected=", ".join(tables),
            found="a workbook " + " and ".join(found),
            do="declare the new sheet as read, ignored or refused; correct the name of a sheet that was renamed.",
        )


def _check_facts(book: Workbook, facts: Mapping[str, str], options: Mapping[str, Any], source: str) -> None:
    for label, at in options.get("facts", {}).items():
        if not facts[label].strip():
            raise ParseError(
                f"the workbook does not say its {label}.", source=source, place=at, found="an empty cell", do=_CHANGED
            )
    for at, wanted in options.get("expect", {}).items():
        found = text_of(_named_cell(book, at, source))
        if found != str(wanted):
            raise ParseError(
                "the workbook is not the declared one.",
                source=source,
                place=at,
                expected=repr(wanted),
                found=repr(found),
                do="declare the other kind of workbook as a source of its own.",
            )


class _SheetReader:
    """Reads one sheet and ticks off its cells; what is left unticked must be empty."""

    def __init__(self, grid: Grid, sheet: Sheet, source: str, cells: CellsBuilder) -> None:
        self.grid, self.sheet, self.source, self.cells = grid, sheet, source, cells
        self.ticked = [0] * grid.height  # one bit a column

    def read(self) -> None:
        for area in self.sheet.ignored:
            bits = _bits(area.left, min(area.right, self.grid.width - 1))
            self.tick(area.top, area.bottom, bits, "a range declared as ignored")
        for row, column, expected in self.sheet.tolerated:
            if not _blank(self.grid.value(row, column)):
                self.check(row, column, expected)
        for table in self.sheet.tables:
            for row, column, expected in table.texts:
                self.check(row, column, expected)
            for block in range(table.blocks):
                self.read_block(table, block, block * table.down, block * table.right)
        self.check_leftovers()

    def read_block(self, table: Table, block: int, down: int, right: int) -> None:
        captured: dict[str, str] = {}
        for row, column, expected in table.block:
            for label, text in self.check(row + down, column + right, expected).items():
                if captured.setdefault(label, text) != text:
                    said = repr(captured[label])
                    raise self.wrong(f"two cells name another {label}.", row + down, column + right, said, repr(text))
        header_down = 0 if table.header_once else down
        if block == 0 or not table.header_once:
            self.check_headers(table.columns, header_down, right)
        rows = self.find_rows(table, down, right)
        spans = {(c, c) for c in table.rows.labels.values()} | {(g.first, g.last) for g in table.columns}
        self.tick(rows[0], rows[-1], sum(_bits(*span) for span in spans) << right, f"table {table.id}")
        wanted = [group for group in table.columns if group.wanted]
        columns = [c + right for group in wanted for c in range(group.first, group.last + 1)]
        by_row = {
            label: [text_of(self.grid.rows[r][column + right]) for r in rows]
            for label, column in table.rows.labels.items()
        }
        by_column = self.column_labels(wanted, {**table.constant, **captured}, header_down, right)
        self.cells.add(self.grid, rows, columns, {**table.constant, **captured}, by_row, by_column)

    def column_labels(
        self, groups: Sequence[Columns], otherwise: Mapping[str, str], down: int, right: int
    ) -> dict[str, list[str]]:
        labels: dict[str, list[str]] = {}
        for name in {n for g in groups for n in (*g.constant, *g.from_cell, *g.from_row)}:
            labels[name] = []
            for group in groups:
                span = range(group.first + right, group.last + right + 1)
                if name in group.from_row:
                    labels[name] += [text_of(self.grid.value(group.from_row[name] + down, c)) for c in span]
                elif name in group.from_cell:
                    row, column = group.from_cell[name]
                    labels[name] += [text_of(self.grid.value(row + down, column + right))] * len(span)
                else:
                    labels[name] += [group.constant.get(name, otherwise.get(name, ""))] * len(span)
        return labels

    def check_headers(self, groups: Sequence[Columns], down: int, right: int) -> None:
        for group in groups:
            for row, texts in group.header:
                for column, expected in enumerate(texts, group.first):
                    self.check(row + down, column + right, expected)

    def check(self, row: int, column: int, expected: Expected) -> Mapping[str, str]:
        """Tick off one cell and return the labels in it. Raises ParseError when it holds something else."""
        value = self.grid.value(row, column)
        labels = expected.match(value)
        if labels is None:
            found = "an empty cell" if value == "" else repr(text_of(value))
            raise self.wrong("the cell does not hold what its table declares.", row, column, expected.shown, found)
        if row < len(self.ticked):
            if self.ticked[row] >> column & 1:
                self.tick(row, row, 1 << column, "a declared text")  # raises
            self.ticked[row] |= 1 << column
        return labels

    def find_rows(self, table: Table, down: int, right: int) -> list[int]:
        """Return the rows of the table that hold a label, spacer rows left out."""
        wanted = table.rows
        first, labels = wanted.first + down, [c + right for c in wanted.labels.values()]
        taken: list[int] = []
        lead, others = labels[0], labels[1:]
        value = self.grid.value
        row = first
        for row in range(first, self.grid.height):
            if self.ticked[row] >> lead & 1:
                break
            if _blank(value(row, lead)) and all(_blank(value(row, c)) for c in others):
                if wanted.until_blank:
                    break
                self.check_spacer(table, row, right)
                continue
            taken.append(row)
            if wanted.through is not None and self.grid.rows[row][labels[0]] == wanted.through:
                return taken
        if wanted.through is not None or not taken:
            last = f"a row labelled {wanted.through!r}" if wanted.through else "a row with a label"
            expected = f"{last} in column {column_letters(labels[0])} at or below row {first + 1}"
            found = repr(text_of(self.grid.value(row, labels[0]))) if row > first else "none"
            raise self.wrong("the table does not end where it should.", row, labels[0], expected, found)
        return taken

    def check_spacer(self, table: Table, row: int, right: int) -> None:
        for group in table.columns:
            for column in range(group.first + right, min(group.last + right + 1, self.grid.width)):
                if not self.ticked[row] >> column & 1 and not _blank(self.grid.rows[row][column]):
                    found = repr(text_of(self.grid.rows[row][column]))
                    raise self.wrong(
                        "a row without a label holds a figure.", row, column, "an empty row or a label", found
                    )

    def tick(self, top: int, bottom: int, bits: int, what: str) -> None:
        """Mark cells as accounted for. Raises ParseError when some of them already were."""
        for row in range(top, min(bottom + 1, self.grid.height)):
            twice = self.ticked[row] & bits
            if twice:
                column = twice.bit_length() - 1
                raise self.wrong(
                    "two declared parts of the sheet overlap here.", row, column, f"only {what}", "another part as well"
                )
            self.ticked[row] |= bits

    def check_leftovers(self) -> None:
        """Raise ParseError for the first cell that is neither ticked off nor empty."""
        gaps: dict[int, tuple[tuple[int, int], ...]] = {}
        for number, (row, ticked) in enumerate(zip(self.grid.rows, self.ticked, strict=True)):
            if ticked not in gaps:
                gaps[ticked] = tuple(_gaps(ticked, self.grid.width))
            for start, end in gaps[ticked]:
                if row[start:end].count("") == end - start:
                    continue
                for column in range(start, end):
                    if not _blank(row[column]):
                        found = repr(text_of(row[column]))
                        raise self.wrong("nothing declares this cell.", number, column, "an empty cell", found)

    def wrong(self, what: str, row: int, column: int, expected: str, found: str) -> ParseError:
        place = f"{self.grid.sheet}!{cell_address(row, column)}"
        return ParseError(what, source=self.source, place=place, expected=expected, found=found, do=_CHANGED)


def _blank(value: Value) -> bool:
    return type(value) is str and not value.strip()


def _bits(first: int, last: int) -> int:
    return ((1 << (last - first + 1)) - 1) << first


def _gaps(ticked: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of columns whose bit is not set."""
    marks = f"{ticked:0{width}b}"[::-1][:width]
    start = marks.find("0")
    while start >= 0:
        end = marks.find("1", start)
        end = width if end < 0 else end
        yield start, end
        start = marks.find("0", end)
