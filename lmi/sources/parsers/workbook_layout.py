"""The declaration of a workbook's tables, checked and frozen before a cell is read.

Owns: the keys of the `workbook_tables` options, and the meaning of each. Never: opens a file.

    labels    the label columns that every table gives, in order
    editions  {name = {cell = "Info!A1", is = [...]}}: which shape of workbook this is; exactly one must match. Anywhere
              below, `when` keeps an entry for some editions and a mapping from edition to value picks a value
    facts     {label = "Info!B5"}: a label that is one cell of the workbook
    expect    {"Info!B2" = ".Main"}: what else must hold of the workbook
    gives     {label = text}: what a table says when it says nothing else, in the publisher's words
    ignored   {sheet = reason}; refused {sheet = reason}: sheets never read, since not needed, or since wrong
    sheets    each with name, ignored {range = reason}, tolerated {cell = value} and tables

A table has id; texts {cell = text}, once; block {cell = text}, once a repeat; columns; rows; repeat; gives.
    columns   each {at = "B:F", header = {row = text or list}, gives} or, for figures not wanted, {at, header, ignored}
    rows      {from = 7, through = "All industries"} or until = "blank" or "end"; labels = {label = column}
    repeat    {down or right, blocks, header_once}: the same table again, so many rows or columns further on
In a text `*` stands for anything and `{label}` for a label; `"=B6"` is the text of a cell and `"=row 5"` of row 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from lmi.errors import DeclarationError
from lmi.raw.readers import Value, cell_index, column_index, text_of

Found = TypeVar("Found")
_YEARS = re.compile(r"(\d{4})\.\.(\d{4})")
_HOLE = re.compile(r"\*|\{([a-z_]+)\}")
_AREA = re.compile(r"([A-Z]*)([0-9]*):([A-Z]*)([0-9]*)")
_REFERENCE = re.compile(r"=(?:row ([0-9]+)|([A-Z]+[0-9]+))")
_FAR = 10**7  # beyond any sheet


@dataclass(frozen=True)
class Expected:
    """What one cell must hold. `captures` are the labels that it gives."""

    shown: str
    value: str | float  # what the cell holds, unless there is a pattern
    pattern: re.Pattern[str] | None = None
    captures: tuple[str, ...] = ()

    def match(self, value: Value) -> Mapping[str, str] | None:
        """Return the labels in the cell, or None when it is not what was expected."""
        if self.pattern is None:
            return {} if value == self.value and not isinstance(value, bool) else None
        found = self.pattern.fullmatch(text_of(value))
        return None if found is None or value == "" else found.groupdict()


@dataclass(frozen=True)
class Rectangle:
    """Rows and columns counted from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Columns:
    """A run of columns under one header."""

    first: int
    last: int
    header: tuple[tuple[int, tuple[Expected, ...]], ...]
    constant: Mapping[str, str]
    from_cell: Mapping[str, tuple[int, int]]
    from_row: Mapping[str, int]
    wanted: bool


@dataclass(frozen=True)
class Rows:
    """Which rows: from the first, through a label or until a blank or the end."""

    first: int
    through: str | None
    until_blank: bool
    labels: Mapping[str, int]


@dataclass(frozen=True)
class Table:
    """One table, or the first of several that are alike."""

    id: str
    texts: tuple[tuple[int, int, Expected], ...]
    block: tuple[tuple[int, int, Expected], ...]
    columns: tuple[Columns, ...]
    rows: Rows
    constant: Mapping[str, str]
    down: int
    right: int
    blocks: int
    header_once: bool


@dataclass(frozen=True)
class Sheet:
    """What is known of one sheet: everything else on it is an error."""

    name: str
    ignored: tuple[Rectangle, ...]
    tolerated: tuple[tuple[int, int, Expected], ...]
    tables: tuple[Table, ...]


def read_sheets(
    options: Mapping[str, Any], facts: Mapping[str, str], edition: str | None, source: str
) -> tuple[Sheet, ...]:
    """Return the declared sheets of this edition. Raises DeclarationError naming the key that is wrong."""
    reader = _Reader(facts, tuple(options.get("editions", {})), edition, source)
    labels = set(options["labels"])
    common = {**dict(options.get("gives", {})), **facts}
    return tuple(reader.sheet(entry, labels, common) for entry in reader.kept(options.get("sheets", []), "sheets"))


@dataclass(frozen=True)
class _Reader:
    facts: Mapping[str, str]
    editions: tuple[str, ...]
    edition: str | None
    source: str

    def sheet(self, body: Mapping[str, Any], labels: set[str], common: Mapping[str, str]) -> Sheet:
        place = f"sheets.{body.get('name', '?')}"
        self.check_keys(body, place, ("name", "tables"), ("when", "ignored", "tolerated"))
        tables = tuple(
            self.table(entry, f"{place}.tables.{entry.get('id', '?')}", labels, common)
            for entry in self.kept(body["tables"], f"{place}.tables")
        )
        ignored = tuple(self.understood(_rectangle, key, f"{place}.ignored") for key in body.get("ignored", {}))
        return Sheet(body["name"], ignored, self.cells(body.get("tolerated", {}), f"{place}.tolerated"), tables)

    def table(self, body: Mapping[str, Any], place: str, labels: set[str], common: Mapping[str, str]) -> Table:
        self.check_keys(body, place, ("id", "columns", "rows"), ("when", "texts", "block", "repeat", "gives"))
        repeat = self.picked(body.get("repeat", {}))
        self.check_keys(repeat, f"{place}.repeat", (), ("down", "right", "blocks", "header_once"))
        constant = {**common, "table": body["id"], **self.picked(body.get("gives", {}))}
        columns = tuple(self.columns(c, f"{place}.columns") for c in self.kept(body["columns"], f"{place}.columns"))
        block = self.cells(body.get("block", {}), f"{place}.block")
        rows = self.rows(self.picked(body["rows"]), f"{place}.rows")
        captured = {name for _, _, expected in block for name in expected.captures}
        for group in columns:
            given = {*constant, *captured, *rows.labels, *group.constant, *group.from_cell, *group.from_row}
            self.refuse_unless(
                not group.wanted or labels <= given, place, f"every label of {sorted(labels)}", f"only {sorted(given)}"
            )
        return Table(
            body["id"], self.cells(body.get("texts", {}), f"{place}.texts"), block, columns, rows, constant,
            int(repeat.get("down", 0)), int(repeat.get("right", 0)), int(self.picked(repeat.get("blocks", 1))),
            bool(repeat.get("header_once", False)),
        )  # fmt: skip

    def columns(self, body: Mapping[str, Any], place: str) -> Columns:
        self.check_keys(body, place, ("at", "header"), ("when", "gives", "ignored"))
        first, _, last = str(body["at"]).partition(":")
        left = self.understood(column_index, first, place)
        right = self.understood(column_index, last or first, place)
        width = right - left + 1
        header = tuple(
            (int(row) - 1, self.header(self.picked(texts), width, f"{place}[{body['at']}].header.{row}"))
            for row, texts in body["header"].items()
        )
        named = all(any(texts[column].value != "" for _, texts in header) for column in range(width))
        self.refuse_unless(named, f"{place}[{body['at']}].header", "a text above every column", "a column with none")
        constant, from_cell, from_row = {}, {}, {}
        for label, text in body.get("gives", {}).items():
            reference = _REFERENCE.fullmatch(text)
            if reference is None:
                constant[label] = self.picked(text)
            elif reference[1]:
                from_row[label] = int(reference[1]) - 1
            else:
                from_cell[label] = cell_index(reference[2])
        return Columns(left, right, header, constant, from_cell, from_row, "ignored" not in body)

    def header(self, texts: Any, width: int, place: str) -> tuple[Expected, ...]:
        years = _YEARS.fullmatch(texts) if isinstance(texts, str) else None
        if years:
            texts = list(range(int(years[1]), int(years[2]) + 1))
        if not isinstance(texts, list):
            texts = [texts, *[""] * (width - 1)]
        self.refuse_unless(len(texts) == width, place, f"{width} texts", f"{len(texts)}")
        return tuple(self.expected(text) for text in texts)

    def rows(self, body: Mapping[str, Any], place: str) -> Rows:
        self.check_keys(body, place, ("from", "labels"), ("through", "until"))
        until = body.get("until")
        self.refuse_unless(
            ("through" in body) != (until in ("blank", "end")),
            place,
            "either through = a label or until = blank or end",
            str(dict(body)),
        )
        labels = {label: self.understood(column_index, letters, place) for label, letters in body["labels"].items()}
        return Rows(int(body["from"]) - 1, body.get("through"), until == "blank", labels)

    def cells(self, texts: Mapping[str, Any], place: str) -> tuple[tuple[int, int, Expected], ...]:
        return tuple(
            (*self.understood(cell_index, at, place), self.expected(self.picked(text))) for at, text in texts.items()
        )

    def expected(self, text: Any) -> Expected:
        return _expected(text, tuple(self.facts.items()))

    def picked(self, value: Any) -> Any:
        """Return the value for this edition, when it is declared by edition."""
        if isinstance(value, Mapping) and value and set(value) <= set(self.editions):
            self.refuse_unless(self.edition in value, "a value by edition", f"one for {self.edition}", ", ".join(value))
            return value[self.edition]
        return value

    def kept(self, entries: Iterable[Mapping[str, Any]], place: str) -> list[Mapping[str, Any]]:
        """Return the entries that hold for this edition."""
        kept = []
        for entry in entries:
            when = entry.get("when", self.edition)
            names = [when] if isinstance(when, str) else when or [self.edition]
            self.refuse_unless(
                set(names) <= {*self.editions, self.edition}, f"{place}.when", ", ".join(self.editions), str(names)
            )
            if self.edition in names:
                kept.append(entry)
        return kept

    def check_keys(self, body: Mapping[str, Any], place: str, needed: Sequence[str], allowed: Sequence[str]) -> None:
        wrong = (set(needed) - set(body)) | (set(body) - set(needed) - set(allowed))
        self.refuse_unless(
            not wrong,
            place,
            ", ".join(needed) + (f" and perhaps {', '.join(allowed)}" if allowed else ""),
            ", ".join(body),
        )

    def understood(self, read: Callable[[str], Found], text: str, place: str) -> Found:
        try:
            return read(text)
        except ValueError as error:
            raise self.wrong(place, "a cell, column or range such as B7, B or A16:J52", text) from error

    def refuse_unless(self, holds: bool, place: str, expected: str, found: str) -> None:
        if not holds:
            raise self.wrong(place, expected, found)

    def wrong(self, place: str, expected: str, found: str) -> DeclarationError:
        return DeclarationError(
            "the declaration of the workbook's tables is wrong.",
            source=self.source, place=f"parser options, {place}", expected=expected, found=found, do="mend the key.",
        )  # fmt: skip


@cache
def _expected(text: Any, facts: tuple[tuple[str, str], ...]) -> Expected:
    if not isinstance(text, str):
        return Expected(str(text), float(text))
    if not _HOLE.search(text):
        return Expected(repr(text) if text else "an empty cell", text)
    known = dict(facts)
    parts, captures, end = [], [], 0
    for hole in _HOLE.finditer(text):
        parts.append(re.escape(text[end : hole.start()]))
        end, name = hole.end(), hole[1]
        if name is None:
            parts.append(".*")
        elif name in known:
            parts.append(re.escape(known[name]))
        else:
            parts.append(f"(?P<{name}>.+)")
            captures.append(name)
    shown = _HOLE.sub(lambda hole: known.get(hole[1], hole[0]), text)
    return Expected(repr(shown), shown, re.compile("".join(parts) + re.escape(text[end:]), re.DOTALL), tuple(captures))


def _rectangle(text: str) -> Rectangle:
    """Return the rectangle of "A16:J52", "A16:J" (to the last row), "16:52" or "16:" (all columns)."""
    match = _AREA.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        raise ValueError(text)
    left, right = column_index(match[1]) if match[1] else 0, column_index(match[3]) if match[3] else _FAR
    return Rectangle(int(match[2] or 1) - 1, left, int(match[4]) - 1 if match[4] else _FAR, right)
