"""Sentences: declared text with {columns} becomes words and cited figures.

Owns: the small language of sentences. Never: holds words for a certain figure.

{column}           the figure, rounded by rule            {column:range}     its likely range, from p10 and p90
{column:growth}    jobs that growth adds, or that go      {column:compared}  how a quotient stands to one
{column:name}      the name of a code                     {column:lower}     the name, in lower case
{column:time}      a year or a day                        {area}             the area
{#count}           how many rows a count lets through
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from lmi.errors import CoverageError, LmiError
from lmi.evidence.document import Gap, Inline, Name, Sentence, Text, Time
from lmi.evidence.names import Names
from lmi.evidence.quote import Figure, Quoter, Row, Withheld
from lmi.evidence.read import Reader
from lmi.evidence.spec import SaySpec
from lmi.evidence.words import compared, day, period

_PIECE = re.compile(r"\{(#?[a-z_0-9]+)(?::([a-z]+))?\}")

#: A figure whose period ended longer ago than this is told to be the latest at hand, so that nobody takes it for news.
_OLD_DAYS = 550
_LATEST = " (the latest at hand)"
#: The month and day on which a year ends that is named by its last one.
_ENDS = {"academic_year_ending": (7, 31)}


def pieces(text: str) -> list[tuple[str, str]]:
    """Return the columns that a sentence speaks of, each with its way of being written."""
    return [(p.group(1), p.group(2) or "") for p in _PIECE.finditer(text)]


class Speaker:
    """Turns declared sentences into cited ones."""

    def __init__(self, reader: Reader, quoter: Quoter, names: Names) -> None:
        self._reader, self._quoter, self._names = reader, quoter, names

    def say(self, spec: SaySpec, mart: str, item: str, title: str) -> Sentence | Gap:
        """Return the sentence about the first row that its filter lets through; a gap that says why when it cannot."""
        named, title = spec.mart or mart, spec.about or title
        try:
            rows = self._reader.rows(named, spec.where, spec.order, item) if named else []
            if named and not rows and not spec.counts:
                return Gap(title, "the build holds no such figure")
            counts = {name: self._count(named, name, where, item) for name, where in spec.counts.items()}
            return self._spoken(spec.text, rows[0] if rows else None, counts, title)
        except CoverageError as error:
            return Gap(title, error.what.rstrip("."))

    def parts(self, text: str, row: Row | None, counts: dict[str, Figure] | None = None) -> Iterator[Inline]:
        """Yield the parts of `text`; columns are those of `row`."""
        at = 0
        for piece in _PIECE.finditer(text):
            if piece.start() > at:
                yield Text(text[at : piece.start()])
            at = piece.end()
            column, way = piece.group(1), piece.group(2) or ""
            if column == "area":
                yield Name(self._reader.scene.area_name)
            elif column == "year" and row is None:
                yield Time(str(self._reader.scene.year))
            elif column.startswith("#"):
                yield (counts or {})[column[1:]]
            elif row is None:
                raise LmiError("a sentence speaks of a column and names no mart.", found=text)
            else:
                yield from self._piece(row, column, way)
        if at < len(text):
            yield Text(text[at:])

    def _spoken(self, text: str, row: Row | None, counts: dict[str, Figure], title: str) -> Sentence | Gap:
        parts = tuple(self.parts(text, row, counts))
        lost = [p for p in parts if isinstance(p, Withheld)]
        if lost:
            return Gap(title, f"{lost[0].word}: {lost[0].reason}")
        return Sentence(parts)

    def _piece(self, row: Row, column: str, way: str) -> Iterator[Inline]:
        if column == "period":
            yield Time(period(row.values["period_start"], row.values["period_end"]))
            if self._is_old(row.values["period_end"]):
                yield Text(_LATEST)
            return
        if column not in row.values:
            raise CoverageError(f"the table {row.mart} of this build has no column {column}.")
        value = row.values[column]
        if way in ("name", "lower"):
            name = self._names.of(row, column)
            yield Name(name[:1].lower() + name[1:] if way == "lower" else name)
        elif way == "time":
            yield Time(str(value) if isinstance(value, int) else day(value))
            if isinstance(value, int) and not row.projected and self._is_old(date(value, *_ENDS.get(column, (12, 31)))):
                yield Text(_LATEST)
        elif way == "range":
            yield from self._range(row, column)
        elif way == "growth":
            yield from self._growth(self._quoter.quote(row, column))
        elif way == "compared":
            shown = self._quoter.quote(row, column)
            yield shown if isinstance(shown, Withheld) else Text(compared(float(row.values[column])))
        elif way:
            raise LmiError("a sentence writes a column in a way that is not known.", found=f"{{{column}:{way}}}")
        else:
            yield self._quoter.quote(row, column)

    def _is_old(self, end: date) -> bool:
        return (self._reader.scene.as_of - end).days > _OLD_DAYS

    def _range(self, row: Row, column: str) -> Iterator[Inline]:
        stem = column.removesuffix("_p50")
        low, high = (self._quoter.quote(row, f"{stem}_p{end}") for end in ("10", "90"))
        if isinstance(low, Figure) and isinstance(high, Figure):
            # The sentence marks its central figure; the ends of one range are not marked again.
            yield from (
                Text("between "),
                replace(low, indicative=False),
                Text(" and "),
                replace(high, indicative=False),
            )
        else:
            yield low if isinstance(low, Withheld) else high

    def _growth(self, shown: Figure | Withheld) -> Iterator[Inline]:
        """Yield the part of a sentence that says what a change in the number of jobs does to those to fill."""
        if isinstance(shown, Withheld):
            yield shown
        elif not shown.number:
            yield Text("the number of jobs hardly changes")
        else:
            # The sentence marks another figure of the row as indicative; this one is not marked again.
            size = replace(shown, text=shown.text.lstrip("−"), indicative=False)
            told = ("growth adds about ", " jobs") if shown.number > 0 else ("about ", " jobs are lost")
            yield from (Text(told[0]), size, Text(told[1]))

    def _count(self, mart: str, name: str, where: dict[str, object] | object, item: str) -> Figure:
        assert isinstance(where, dict)
        rows = self._reader.rows(mart, where, "", item)
        told = ", ".join(f"{column} {value}" for column, value in sorted(where.items()))
        return self._quoter.count(mart, rows, f"{name}: {told}{' for ' + item if item else ''}")
