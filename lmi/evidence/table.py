"""Tables of a pack: rows of a mart under headings, with what is missing said once and below the table.

Owns: which columns and rows a table shows and in what order. Never: chooses the rows, rounds a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from lmi.errors import CoverageError
from lmi.evidence.document import Head, Inline, Link, Name, Parts, Table, Text, Time
from lmi.evidence.names import Names
from lmi.evidence.quote import ROWS_OWN, Figure, Quoter, Row, Withheld
from lmi.evidence.spec import SectionSpec
from lmi.evidence.words import day, period

#: Columns that are for machines or are told elsewhere on the page.
_UNSHOWN = ("inputs", "model_id", "origin", "base_people", "base_learners", "quality_class", "status", "scenario")
_QUALITY = {"A": "A", "B": "B, indicative", "C": "C, not printed"}
_TEXTS = ("text", "id", "label", "words", "rule", "kind", "date", "gss")
_WHY = "quality_reason"
#: Units that a heading need not tell: the sign in the cell does, or there is none.
_SILENT = ("", "text", "share", "ratio", "share a year", "unit groups")
#: Levels of qualification from the lowest; other codes keep the order of the mart.
_LEVELS = ("FE-ESS", "FE-B2", "below_2", "FE-2", "2", "FE-3", "3", "FE-4", "4-5", "6", "7+", "FE-NA")
_HEADINGS: Mapping[str, str] = {
    "area_code": "Area",
    "period": "Period",
    "sector_id": "Sector",
    "code": "Kind",
    "outturn": "Tried on",
    "breakdown": "Split by",
    "horizon": "Years ahead",
    "title": "Indicator",
    "sap_ref": "Reference",
    "assumption_id": "Name",
    "standard": "Apprenticeship",
    "driver": "Input",
    "academic_year_ending": "Academic year ending",
}
#: More names of columns than this are not listed in a cell; the figures carry the mark themselves.
_LISTED = 3


class Tables:
    """Builds tables; `link` returns the path of the page about a code, or nothing."""

    def __init__(self, quoter: Quoter, names: Names, link: Callable[[str, str], str | None]) -> None:
        self._quoter, self._names, self._link = quoter, names, link

    def build(self, id: str, spec: SectionSpec, rows: Sequence[Row], title: str) -> Table:
        """Return the table of `rows`. Raises CoverageError when the mart lacks a column that it shows."""
        barred = all(row.quality == "C" for row in rows)
        if not barred and not spec.pivot:
            # Reasons of a few rows stand below the table, where there is room for them.
            spec = replace(spec, columns=tuple((c, w) for c, w in spec.columns if c != _WHY))
        if not spec.pivot and barred and not _explained(spec):
            raise CoverageError(f"all of it is withheld: {rows[0].reason or 'not fit for publication'}")
        ordered = (
            rows if spec.order else sorted(rows, key=lambda r: [_rank(r.values[c]) for c in spec.rows if c in r.values])
        )
        made = self._pivot(id, spec, ordered, title) if spec.pivot else self._plain(id, spec, ordered, title)
        return replace(made, folded=spec.fold)

    def _plain(self, id: str, spec: SectionSpec, rows: Sequence[Row], title: str) -> Table:
        columns = spec.columns or self._all_columns(rows)
        for column, _ in columns:
            if column not in rows[0].values:
                raise CoverageError(f"the table {rows[0].mart} of this build has no column {column}.")
        empty = [c for c, _ in columns if len(columns) > 1 and all(r.values[c] is None for r in rows)]
        # Where nothing may be printed and the table says why, figures would be columns of one word.
        barred = all(row.quality == "C" for row in rows)
        hidden = [c for c, _ in columns if barred and any(_is_number(r.values[c]) for r in rows)]
        shown = [(c, words) for c, words in columns if c not in (*empty, *hidden)]
        figures = any(_is_number(r.values[c]) for r in rows for c, _ in shown)
        classed = figures and "quality_class" in rows[0].values and not any(c == "quality_class" for c, _ in shown)
        heads = [Head(_heading(c)) for c in spec.rows] + [_head(rows, c, words, spec.signed) for c, words in shown]
        body: list[Parts] = []
        last: list[tuple[str, Parts]] = []
        for row in rows:
            line = [self._row_head(spec, row, n, c) for n, c in enumerate(spec.rows)]
            line += [self._cell(row, c, c in spec.signed) for c, _ in shown]
            if classed:
                line.append(Name(_QUALITY.get(row.quality, row.quality)))
            # Withheld rows stand last, by name: their place among the others would tell what is withheld.
            if classed and row.quality == "C":
                last.append((_text(line[: len(spec.rows)]), tuple(line)))
            else:
                body.append(tuple(line))
        body += [line for _, line in sorted(last)]
        if classed:
            heads.append(Head("Quality"))
        gone = [words for c, words in columns if c in empty]
        notes = [*_without(gone), *self._reasons(spec, rows)] if figures else _without(gone)
        return Table(id, title, tuple(heads), tuple(body), len(spec.rows), tuple(notes))

    def _pivot(self, id: str, spec: SectionSpec, rows: Sequence[Row], title: str) -> Table:
        """Return one figure a row and column: each row of the mart stands under its value of `spec.pivot`."""
        (column, words), *_ = spec.columns
        across = sorted({_place(row, spec.pivot) for row in rows}, key=_rank)[-spec.last :]
        rows = [row for row in rows if _place(row, spec.pivot) in across]
        named = {_place(r, spec.pivot): self._across(r, spec.pivot) for r in rows}
        groups: dict[tuple[Any, ...], dict[Any, Row]] = {}
        for row in rows:
            groups.setdefault(tuple(_place(row, c) for c in spec.rows), {})[_place(row, spec.pivot)] = row
        numbers = any(_is_number(row.values[column]) for row in rows)
        heads = [Head(_heading(c)) for c in spec.rows] + [Head(named[at], "", numbers) for at in across]
        classed = numbers and "quality_class" in rows[0].values
        body = []
        for held in groups.values():
            first = next(iter(held.values()))
            marked = _mixed([r for r in held.values() if r.values[column] is not None])
            cells = [self._row_head(spec, first, n, c) for n, c in enumerate(spec.rows)]
            cells += [
                self._cell(held[at], column, False, marked) if at in held else Name(spec.missing) for at in across
            ]
            if classed:
                told = {
                    named[at]: held[at].quality for at in across if at in held and held[at].values[column] is not None
                }
                cells.append(Name(_quality_of(told) if told else _QUALITY["C"]))
            body.append(tuple(cells))
        if classed:
            heads.append(Head("Quality"))
        units = {row.unit(column) for row in rows}
        unit = units.pop() if len(units) == 1 and numbers else ""
        printed = unit.replace("_", " ") if unit not in (*_SILENT, "count", "per cent", words.lower()) else ""
        caption = f"{title}: {words[:1].lower()}{words[1:]}{', ' + printed if printed else ''}" if numbers else title
        notes = self._reasons(spec, rows, spec.pivot) if classed else []
        return Table(id, caption, tuple(heads), tuple(body), len(spec.rows), tuple(notes))

    def _across(self, row: Row, column: str) -> str:
        words = period(*_place(row, column)) if column == "period" else self._names.of(row, column)
        return words[:1].upper() + words[1:]

    def _cell(self, row: Row, column: str, signed: bool, marked: bool = False) -> Inline:
        """Return a cell. The row's class stands at its end; a figure says that it is indicative only where `marked`."""
        if column == "quality_class":
            return Name(_QUALITY.get(row.quality, row.quality))
        value = row.values.get(column)
        if isinstance(value, bool):
            return Name("yes" if value else "no")
        if isinstance(value, str):
            return Name(self._names.of(row, column))
        if isinstance(value, date):
            return Time(day(value))
        if value is None and row.units[column] in _TEXTS:
            return Name("none")
        shown = self._quoter.quote(row, column, signed=signed)
        return replace(shown, indicative=shown.indicative and marked) if isinstance(shown, Figure) else shown

    def _row_head(self, spec: SectionSpec, row: Row, n: int, column: str) -> Inline:
        if column == "period":
            return Time(period(row.values["period_start"], row.values["period_end"]))
        value = row.values[column]
        if isinstance(value, (int, date)):
            return Time(str(value) if isinstance(value, int) else day(value))
        words = self._names.of(row, column)
        to = self._link(spec.links, str(value)) if spec.links and n == 0 else None
        return Link(words, to) if to else Name(words)

    def _all_columns(self, rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
        shown = [c for c in rows[0].values if c not in (*rows[0].key, *_UNSHOWN)]
        return tuple((c, _heading(c)) for c in shown)

    def _reasons(self, spec: SectionSpec, rows: Sequence[Row], pivot: str = "") -> list[Parts]:
        """Return, for each reason why rows are withheld, the reason and the rows; what the table tells itself is left out."""
        if _explained(spec):
            return []
        first = next(iter([c for c, _ in spec.columns] or [c for c, v in rows[0].values.items() if _is_number(v)]))
        why: dict[tuple[str, str], dict[str, None]] = {}
        for row in rows:
            if row.quality == "C":
                head = ", ".join(_text([self._row_head(spec, row, 1, c)]) for c in spec.rows if c != "period")
                at = f"{head} in {self._across(row, pivot)}" if pivot else head
                word = "Withheld" if _is_number(row.values.get(first)) else "Not available"
                why.setdefault((word, row.reason or "not fit for publication"), {})[at or "all"] = None
        return [
            (
                Text(f"{word}: "),
                Name("; ".join(sorted(told))),
                *((Text(". Why: "), Name(reason)) if reason != word.lower() else ()),
                Text("."),
            )
            for (word, reason), told in sorted(why.items())
        ]


def _explained(spec: SectionSpec) -> bool:
    """Return whether a table itself says why figures are withheld."""
    return any(column in (_WHY, "note") for column, _ in spec.columns)


def _head(rows: Sequence[Row], column: str, words: str, signed: Sequence[str]) -> Head:
    values = [r.values[column] for r in rows]
    number = any(map(_is_number, values)) or (column in signed and not any(values))
    units = {row.unit(column) for row in rows} if number else {""}
    unit = units.pop() if len(units) == 1 else ""
    return Head(words, "" if unit in (*ROWS_OWN, *_SILENT, words.lower()) else unit.replace("_", " "), number)


def _heading(column: str) -> str:
    return _HEADINGS.get(column, column.replace("_", " ").capitalize())


def _without(gone: Sequence[str]) -> list[Parts]:
    if not gone:
        return []
    return [
        (
            Text("Left out, since no figure is at hand: "),
            Name("; ".join(w[:1].lower() + w[1:] for w in gone)),
            Text("."),
        )
    ]


def _place(row: Row, column: str) -> Any:
    return (row.values["period_start"], row.values["period_end"]) if column == "period" else row.values[column]


def _rank(value: Any) -> tuple[int, int, str]:
    """Return the place of a code: levels from the lowest, the total last, all others as they are."""
    if isinstance(value, tuple):
        return (1, 0, " ".join(v.isoformat() for v in value))
    if isinstance(value, int):
        return (1, value, "")
    text = str(value)
    if text == "_T":
        return (2, 0, text)
    return (0, _LEVELS.index(text), text) if text in _LEVELS else (1, 0, text)


def _mixed(held: Sequence[Row]) -> bool:
    """Return whether more figures of a row are indicative than its class can list, beside others that are not."""
    weak = sum(row.quality == "B" for row in held)
    return _LISTED < weak < len(held)


def _quality_of(classes: Mapping[str, str]) -> str:
    """Return the class of a row of several figures: theirs where all have one, else which of them are indicative."""
    kinds = sorted(set(classes.values()))
    if len(kinds) == 1:
        return _QUALITY.get(kinds[0], kinds[0])
    weak = [name for name, quality in classes.items() if quality == "B"]
    others = " and ".join(_QUALITY[kind] for kind in kinds if kind != "B")
    if not weak:
        return others
    named = ", ".join(weak) if len(weak) <= _LISTED else "where marked"
    return f"{others}; B, indicative: {named}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(parts: Sequence[Inline]) -> str:
    return " ".join(part.word if isinstance(part, Withheld) else part.text for part in parts)
