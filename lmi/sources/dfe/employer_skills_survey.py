"""Cross tables of the Employer Skills Survey, as its fieldwork agency writes them: one table a sheet.

Owns: where the figures of a sheet stand and what stands beside them. Never: codes, arithmetic.

A sheet is: the date, the survey, a link, its number, a blank row, the title, the base, then one or two rows of column heads
(a group over a run of columns, then the column itself), then rows. A labelled row holds figures. A row below it without a
label holds either their percentages or letters that tell from which columns a figure differs. The labels are:

    table      the sheet's name
    title      what the table is of, and `base` whom it is about
    group      the head over a run of columns, or empty
    breakdown  the column's own head
    section    how many rows of bases stand above, which tells apart the modules that were asked of some only
    answer     the label of the row, or of the row above where it has none
    line       `number`, a labelled row with percentages below it; `percent`, these; `alone`, a labelled row without;
               `letters`, a row of letters
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.raw.readers import Grid, Value, Workbook, cell_address, text_of
from lmi.sources.parsers.cells import CellsBuilder

_LABELS = ("table", "title", "base", "group", "breakdown", "section", "answer", "line")
_SURVEY, _TITLE, _BASE, _HEAD = 1, 5, 6, 7  # rows counted from 0
_BASES = "Unweighted row"
_LETTERS_OF_COLUMNS = "Significance Level: "
_ENDS = ("Columns Tested: ", "Tables produced by IFF")


@dataclass(frozen=True)
class _Row:
    """One row of a table: where it is and what its cells are."""

    at: int
    answer: str
    line: str
    section: str


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of every sheet but those that `options["without"]` names: CELL_FIELDS, then the eight labels.

    Raises ParseError naming sheet and cell where a sheet is not such a table: another survey, no title or base, a figure
    under no head, a row without a label that is neither percentages nor letters, no end.
    """
    book = Workbook.open(path, source)
    cells = CellsBuilder(_LABELS)
    for sheet in book.sheet_names:
        if sheet not in options["without"]:
            _Table(book.grid(sheet), str(options["survey"]), source).add_to(cells)
    return cells.table()


class _Table:
    """One sheet. Columns are counted from 0; the first holds the labels of rows."""

    def __init__(self, grid: Grid, survey: str, source: str) -> None:
        self.grid, self.source = grid, source
        if text_of(grid.value(_SURVEY, 0)) != survey:
            raise self.wrong("the sheet is of another survey.", _SURVEY, 0, repr(survey))
        self.title, self.base = (text_of(grid.value(row, 0)).strip() for row in (_TITLE, _BASE))
        if not self.title or not self.base.startswith("Base: "):
            raise self.wrong("the table does not say what it is of.", _BASE, 0, "a title, and below it 'Base: …'")
        two_heads = text_of(grid.value(_HEAD + 1, 0)) == ""
        self.first = _HEAD + 2 if two_heads else _HEAD + 1
        groups = grid.rows[_HEAD] if two_heads else [""] * grid.width
        heads = grid.rows[self.first - 1]
        self.columns = [c for c in range(1, grid.width) if text_of(heads[c]).strip()]
        self.heads = [text_of(heads[c]).strip() for c in self.columns]
        filled = _carried(groups)
        self.groups = [filled[c] for c in self.columns]

    def add_to(self, cells: CellsBuilder) -> None:
        """Add the figures and letters of the table, row by row as they are read."""
        rows = self.rows()
        cells.add(
            self.grid,
            [row.at for row in rows],
            self.columns,
            {"table": self.grid.sheet, "title": self.title, "base": self.base.removeprefix("Base: ").strip()},
            {name: [getattr(row, name) for row in rows] for name in ("section", "answer", "line")},
            {"group": self.groups, "breakdown": self.heads},
        )

    def rows(self) -> list[_Row]:
        """Return the rows that hold figures or letters. Raises ParseError where the table does not end."""
        made: list[_Row] = []
        section, answer = 0, ""
        for at in range(self.first, self.grid.height):
            label = text_of(self.grid.value(at, 0)).strip()
            if label.startswith(_ENDS):
                return self.checked(made)
            filled = [c for c in range(1, self.grid.width) if self.grid.value(at, c) != ""]
            if set(filled) - set(self.columns):
                raise self.wrong("a figure stands under no head.", at, filled[-1], "an empty cell")
            if label.startswith(_LETTERS_OF_COLUMNS):
                made.append(_Row(at, label, "letters", str(section)))
            elif label and filled:
                section += label == _BASES
                answer = label
                made.append(_Row(at, answer, "alone", str(section)))
            elif filled:
                line = self.line_below(at, filled)
                if line == "percent":
                    made[-1] = _Row(made[-1].at, answer, "number", str(section))
                made.append(_Row(at, answer, line, str(section)))
        raise self.wrong("the table does not end.", self.grid.height - 1, 0, f"a row that begins {_ENDS[1]!r}")

    def line_below(self, at: int, filled: Sequence[int]) -> str:
        """Return what a row without a label is: percentages where any cell is a number or a mark, else letters."""
        texts = [self.grid.value(at, c) for c in filled]
        if any(not isinstance(value, str) or value in ("**", "*%") for value in texts):
            return "percent"
        if all(set(str(value)) <= set("abcdefghijklmnopqrstuvwxyz*") for value in texts):
            return "letters"
        raise self.wrong("a row without a label is not known.", at, filled[0], "percentages, or letters of columns")

    def checked(self, rows: list[_Row]) -> list[_Row]:
        if not any(row.line != "letters" for row in rows):
            raise self.wrong("the table has no rows.", self.first, 0, "a label and figures")
        return rows

    def wrong(self, what: str, row: int, column: int, expected: str) -> ParseError:
        found = text_of(self.grid.value(row, column)) if row < self.grid.height else ""
        return ParseError(
            what,
            source=self.source,
            place=f"{self.grid.sheet}!{cell_address(row, column)}",
            expected=expected,
            found=repr(found) if found else "an empty cell",
            do="see what the publisher changed; another layout of the survey needs its own declaration.",
        )


def _carried(values: Sequence[Value]) -> list[str]:
    """Return each text, or where a cell is empty the last one before it: a head that spans columns is written once."""
    made: list[str] = []
    for value in values:
        text = text_of(value).strip()
        made.append(text or (made[-1] if made else ""))
    return made
