"""What moved in the headlines between two builds, with causes that add up to each change.

Owns: pairing the headlines of two builds, what a change is made of, its table and chart. Never: guesses a cause.

A headline may move for two reasons, and both parts are measured in the later build or between the builds:
- it now speaks of another row (a newer month, a later year, another sector first): the new row less the old row, both
  in the later build;
- the old row's own figure changed: the same row in both builds, and `causes` says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from pathlib import Path

from lmi.errors import CoverageError
from lmi.evidence.causes import CLOSE, Causes, Part
from lmi.evidence.charts import Drawn, draw_moves
from lmi.evidence.document import Block, Code, Gap, Head, Inline, Link, Name, Parts, Sentence, Table, Text, Time
from lmi.evidence.names import Names
from lmi.evidence.quote import Figure, Quoter, Row
from lmi.evidence.read import Reader
from lmi.evidence.say import pieces
from lmi.evidence.spec import SaySpec, read_pages, read_toml
from lmi.evidence.words import day, period

_HEADLINES = "index"
_UNCHANGED = "unchanged"
_MARGIN = "_ci_half_width"


@dataclass(frozen=True)
class Change:
    """One headline figure in two builds. `parts` add up to `now` less `before`; `none` says why there is no change."""

    what: str
    column: str
    row: Row | None
    before: float | None
    now: float | None
    parts: tuple[Part, ...]
    note: str = ""


@dataclass(frozen=True)
class Moved:
    """Every headline of the two builds."""

    earlier: str
    earlier_day: str
    changes: tuple[Change, ...]

    def blocks(self, quoter: Quoter, path: str) -> list[Block]:
        """Return the changes as a table, one line a cause, after a line that names the earlier build."""
        opening = Sentence((
            Text("Compared with the build "), Code(self.earlier), Text(", as known on "), Time(self.earlier_day), Text("."),
        ))  # fmt: skip
        moved = [change for change in self.changes if change.note != _UNCHANGED]
        same = [change.what for change in self.changes if change.note == _UNCHANGED]
        notes: tuple[Parts, ...] = ((Text("Unchanged: "), Name("; ".join(same)), Text(".")),) if same else ()
        lines = [_lines(change, quoter, n) for n, change in enumerate(moved)]
        if not lines:
            return [opening, Gap("Headlines", "no headline could be compared, or none moved")]
        heads = (Head("Headline"), Head("Before", "", True), Head("Now", "", True), Head("Change", "", True),
                 Head("Cause"), Head("Part of the change", "", True))  # fmt: skip
        id, title = f"{path.removesuffix('.html')}-changes", "Headlines and why they moved"
        rows = tuple(line for several in lines for line in several)
        drawn = [
            Drawn(change.what, change.row, {"before": before, "after": now})
            for change, ((_, before, now, *_), *_) in zip(moved, lines, strict=True)
            if change.parts and change.row and isinstance(before, Figure) and isinstance(now, Figure)
        ]
        table = Table(id, title, heads, rows, 1, notes)
        return [opening, table, draw_moves(id, title, drawn)] if len(drawn) > 1 else [opening, table]


def compare(later: Reader, earlier: Reader, declared: Path) -> Moved:
    """Return how the declared headlines moved from `earlier` to `later`."""
    index = next(p for p in read_pages(declared) if p.id == _HEADLINES)
    changes = []
    causes = Causes(later, earlier)
    names = Names(later, {str(k): str(v) for k, v in read_toml(declared / "labels.toml").items()})
    for section in index.sections:
        for say in section.say:
            if say.counts:
                continue
            mart = say.mart or section.mart
            now, before = _first(later, say, mart), _first(earlier, say, mart)
            for column in _figures(say, now or before):
                changes.append(_change(say, column, now, before, later, causes, names))
    return Moved(earlier.scene.build, day(earlier.scene.as_of), tuple(changes))


def _change(
    say: SaySpec, column: str, now: Row | None, before: Row | None, later: Reader, causes: Causes, names: Names
) -> Change:
    row = now or before
    what = say.names.get(column) or (row.meanings[column].partition(";")[0] if row else say.text)
    old, new = _value(before, column), _value(now, column)
    if now is None or new is None:
        return Change(what, column, row, old, None, (), "no longer given")
    if before is None or old is None:
        return Change(what, column, row, None, new, (), "new in this pack")
    same_place = not _differing(now, before)
    if same_place and isclose(new, old, rel_tol=CLOSE):
        return Change(what, column, row, old, new, (), _UNCHANGED)
    if same_place:
        return Change(what, column, row, old, new, causes.of(now, before, column, new - old))
    same = _same_row(later, before)
    kept = _value(same, column)
    if same is None or kept is None:
        return Change(what, column, row, old, new, (Part(_other_row(now, before, names), new - old),))
    parts = [Part(_other_row(now, before, names), new - kept)]
    if not isclose(kept, old, rel_tol=CLOSE):
        parts += causes.of(same, before, column, kept - old)
    return Change(what, column, row, old, new, tuple(parts))


def _value(row: Row | None, column: str) -> float | None:
    """Return what may be printed of a row: a figure of class C is no figure here."""
    if row is None or row.quality == "C" or row.values.get(column) is None:
        return None
    return float(row.values[column])


def _first(reader: Reader, say: SaySpec, mart: str) -> Row | None:
    if mart not in reader.marts:
        return None
    try:
        rows = reader.rows(mart, say.where, say.order)
    except CoverageError:
        return None  # the other version of the mart lacks a column that the headline asks for
    return rows[0] if rows else None


def _same_row(reader: Reader, row: Row) -> Row | None:
    """Return the row of the same key, over the columns that both versions of the mart name; None unless it is one."""
    if row.mart not in reader.marts:
        return None
    grain = reader.marts[row.mart].grain
    rows = reader.rows(row.mart, {c: v for c, v in row.key.items() if c in grain})
    return rows[0] if len(rows) == 1 else None


def _differing(now: Row, before: Row) -> list[str]:
    """Return the columns of the key in which two rows differ, of those that both versions of the mart name."""
    return [c for c in now.key if c in before.key and now.key[c] != before.key[c]]


def _figures(say: SaySpec, row: Row | None) -> list[str]:
    """Return the columns whose figures a sentence prints, in its order and each once; a margin is no headline."""
    shown: dict[str, None] = {}
    for column, way in pieces(say.text):
        if row is None or column not in row.values or column in row.key or column.endswith(_MARGIN):
            continue
        if not way:
            shown[column] = None
    return list(shown)


def _other_row(now: Row, before: Row, names: Names) -> str:
    """Return which row a headline speaks of now and which before: a newer period, another one first, or both."""
    told = []
    differing = _differing(now, before)
    if any(c.startswith("period") for c in differing):
        new, old = (period(r.values["period_start"], r.values["period_end"]) for r in (now, before))
        told.append(f"new period: {new} in place of {old}")
    for column in differing:
        if "year" in column:
            told.append(f"new period: {now.key[column]} in place of {before.key[column]}")
        elif not column.startswith("period"):
            told.append(f"another comes first: {names.of(now, column)} in place of {names.of(before, column)}")
    return "; ".join(dict.fromkeys(told))


def _lines(change: Change, quoter: Quoter, n: int) -> list[Parts]:
    row = change.row
    name: Inline = Link(change.what, "index.html")
    if row is None:
        return [(name, Name("none"), Name("none"), Name("none"), Name(change.note), Name("none"))]

    def shown(value: float | None, about: str, signed: bool = False) -> Inline:
        return quoter.derived(row, change.column, value, f"{n} {about}", signed) if value is not None else Name("none")

    # Finer than the headline is printed, so that a change smaller than its rounding does not look like none or like more.
    now: Inline = quoter.quote(row, change.column, fine=True) if change.now is not None else Name("none")
    before = shown(change.before, "before")
    if not change.parts:
        return [(name, before, now, Name("none"), Name(change.note), Name("none"))]
    assert change.now is not None and change.before is not None
    total = shown(change.now - change.before, "change", True)
    return [
        (name, before, now, total, Name(part.cause), shown(part.amount, f"part {i}: {part.cause}", True))
        for i, part in enumerate(change.parts)
    ]


__all__ = ["Change", "Moved", "Part", "compare"]
