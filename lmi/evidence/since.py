"""What moved in the headlines between two builds, with causes that add up to each change.

Owns: pairing the headlines of two builds, splitting a change. Never: guesses a cause: what cannot be told apart stays one.

A headline may move for two reasons, and both parts are measured in the later build or between the builds:
- it now speaks of another row (a newer month, a later year, another sector first): the new row less the old row, both
  in the later build;
- the old row's own figure changed: the same row in both builds. Why follows from what is behind it: editions of sources
  that differ, assumptions that differ, the latest year with counted jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmi.errors import CoverageError
from lmi.evidence.document import Block, Code, Gap, Head, Inline, Link, Name, Parts, Sentence, Table, Text, Time
from lmi.evidence.quote import Quoter, Row
from lmi.evidence.read import Reader
from lmi.evidence.say import pieces
from lmi.evidence.spec import SaySpec, read_pages
from lmi.evidence.words import day

_HEADLINES = "index"


@dataclass(frozen=True)
class Part:
    """One cause and the part of the change that it made, as stored."""

    cause: str
    amount: float


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
        rows: list[Parts] = [line for n, change in enumerate(self.changes) for line in _lines(change, quoter, n)]
        if not rows:
            return [opening, Gap("Headlines", "no headline could be compared")]
        heads = (Head("Headline"), Head("Before", "", True), Head("Now", "", True), Head("Change", "", True),
                 Head("Cause"), Head("Part of the change", "", True))  # fmt: skip
        return [
            opening,
            Table(f"{path.removesuffix('.html')}-changes", "Headlines and why they moved", heads, tuple(rows)),
        ]


def compare(later: Reader, earlier: Reader, declared: Path) -> Moved:
    """Return how the declared headlines moved from `earlier` to `later`."""
    index = next(p for p in read_pages(declared) if p.id == _HEADLINES)
    changes = []
    causes = _standing_causes(later, earlier)
    for section in index.sections:
        for say in section.say:
            if say.counts:
                continue
            mart = say.mart or section.mart
            now, before = _first(later, say, mart), _first(earlier, say, mart)
            for column in _figures(say, now or before):
                changes.append(_change(say, column, now, before, later, causes))
    return Moved(earlier.scene.build, day(earlier.scene.as_of), tuple(changes))


def _change(
    say: SaySpec, column: str, now: Row | None, before: Row | None, later: Reader, causes: Mapping[str, str]
) -> Change:
    row = now or before
    what = say.names.get(column) or (row.meanings[column].partition(";")[0] if row else say.text)
    old, new = _value(before, column), _value(now, column)
    if now is None or new is None:
        return Change(what, column, row, old, None, (), "no longer given")
    if before is None or old is None:
        return Change(what, column, row, None, new, (), "new in this pack")
    same_place = not _differing(now, before)
    if new == old and same_place:
        return Change(what, column, row, old, new, (), "unchanged")
    parts = []
    same = _same_row(later, before)
    kept = _value(same, column)
    if same_place or kept is None:
        parts.append(Part(_why(now, before, causes), new - old))
    else:
        parts.append(Part(_other_row(now, before), new - kept))
        if kept != old:
            parts.append(Part(_why(now, before, causes), kept - old))
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
    """Return the columns whose figures a sentence prints, in its order and each once."""
    shown: dict[str, None] = {}
    for column, way in pieces(say.text):
        if row is not None and way in ("", "signed", "abs") and column in row.values and column not in row.key:
            shown[column] = None
    return list(shown)


def _other_row(now: Row, before: Row) -> str:
    if any(c.startswith("period") or "year" in c for c in _differing(now, before)):
        return "it now speaks of a newer period"
    return "another one now comes first"


def _standing_causes(later: Reader, earlier: Reader) -> dict[str, str]:
    """Return, for each source whose edition differs, the words for it; under `*` what touches every projection."""
    told: dict[str, str] = {}
    editions = [
        {str(r.values["source_id"]): str(r.values["vintage"]) for r in reader.rows("freshness", {})}
        if "freshness" in reader.marts
        else {}
        for reader in (later, earlier)
    ]
    titles = {s: str(v["title"]) for s, v in later.sources().items()}
    for source in sorted(set(editions[0]) | set(editions[1])):
        new, old = editions[0].get(source, "none"), editions[1].get(source, "none")
        if new != old:
            told[source] = f"{titles.get(source, source)}: edition {new} in place of {old}"
    standing = []
    if later.scene.base_year != earlier.scene.base_year:
        standing.append(f"the latest year with counted jobs is {later.scene.base_year}, not {earlier.scene.base_year}")
    changed = _changed_assumptions(later, earlier)
    if changed:
        standing.append(f"assumptions changed: {', '.join(changed)}")
    if standing:
        told["*"] = "; ".join(standing)
    return told


def _changed_assumptions(later: Reader, earlier: Reader) -> list[str]:
    held: list[dict[str, Any]] = [
        {str(r.values["assumption_id"]): r.values["value"] for r in reader.rows("dim_assumption", {})}
        if "dim_assumption" in reader.marts
        else {}
        for reader in (later, earlier)
    ]
    return sorted(a for a in set(held[0]) | set(held[1]) if held[0].get(a) != held[1].get(a))


def _why(now: Row, before: Row, causes: Mapping[str, str]) -> str:
    """Return the causes that stand behind a change of the same row; several are one part, since they act together."""
    told = [causes[s] for s in sorted(set(now.sources) | set(before.sources)) if s in causes]
    if now.projected and "*" in causes:
        told.append(causes["*"])
    if set(now.key) != set(before.key):
        told.append("the table is built in another way")
    if not told and not now.projected:
        return "the publisher revised it within the same edition"
    return "; and ".join(told) if told else "the method changed"


def _lines(change: Change, quoter: Quoter, n: int) -> list[Parts]:
    row = change.row
    name: Inline = Link(change.what, "index.html")
    if row is None:
        return [(name, Name("none"), Name("none"), Name("none"), Name(change.note), Name("none"))]

    def shown(value: float | None, about: str, signed: bool = False) -> Inline:
        return quoter.derived(row, change.column, value, f"{n} {about}", signed) if value is not None else Name("none")

    now: Inline = quoter.quote(row, change.column) if change.now is not None else Name("none")
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
