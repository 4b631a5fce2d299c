"""`quote`: the only way a figure enters a document.

Owns: what may be printed (class, licence, presence), the record of what was printed, `citations.json`.
Never: chooses which figures a page shows, knows a format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lmi.errors import CoverageError
from lmi.evidence.words import write
from lmi.marts.citations import citation

_DIGITS = 12
#: How a mart begins to say why it gives no figure for an area.
_NOT_MADE = "not made: "
#: What we declared ourselves is exact: it is printed as declared.
_DECLARED = "dim_assumption"
#: Units of a column whose rows each name their own.
ROWS_OWN = ("unit", "count", "see unit")


@dataclass(frozen=True)
class Row:
    """One row of a mart: its key and its values as stored, the unit and meaning of each column, its sources."""

    mart: str
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    units: Mapping[str, str]
    meanings: Mapping[str, str]
    sources: tuple[str, ...]

    def unit(self, column: str) -> str:
        """Return the unit of a column; where the mart says that it differs from row to row, the row's own."""
        unit = self.units[column]
        return str(self.values["unit"]) if unit in ROWS_OWN and "unit" in self.values else unit

    @property
    def projected(self) -> bool:
        """True when a model made the row or a part of it."""
        return "model_id" in self.values or any(map(_modelled, self.values))

    def rounds(self, column: str) -> bool:
        """Return whether a figure is projected, so that it is rounded by its size; what a publisher printed stands."""
        return "model_id" in self.values or _modelled(column)

    @property
    def quality(self) -> str:
        """The quality class: A where the mart gives none, since it then speaks of the work and not of the area."""
        return str(self.values.get("quality_class", "A"))

    @property
    def reason(self) -> str:
        """Why the row has its class, in the mart's own words; empty when the mart says nothing."""
        made = str(self.values.get("made_from") or "")
        if self.values.get("quality_reason"):
            return str(self.values["quality_reason"])
        if made.startswith(_NOT_MADE):
            return made.removeprefix(_NOT_MADE)
        status = str(self.values.get("status") or "")
        return status.replace("_", " ") if status != "ok" else str(self.values.get("note") or "")


@dataclass(frozen=True)
class Figure:
    """A figure as printed, with the citation under which it is traced. `number` is rounded as `text` is."""

    text: str
    citation: str
    number: float
    places: int
    indicative: bool


@dataclass(frozen=True)
class Withheld:
    """What stands where a figure may not or cannot: one word for a table cell, and the reason."""

    word: str
    reason: str


@dataclass
class _Entry:
    mart: str
    column: str
    key: dict[str, Any]
    value: Any
    quality: str
    sources: tuple[str, ...]
    printed: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)


class Quoter:
    """Lets figures into one pack, and keeps the record of every one that it let in."""

    def __init__(self, build: str, licences: Mapping[str, str], allowed: Collection[str]) -> None:
        """`licences` names each source's licence; figures that rest on one not in `allowed` are not printed."""
        self._build = build
        self._licences, self._allowed = licences, frozenset(allowed)
        self._entries: dict[str, _Entry] = {}
        self._columns: dict[str, dict[str, str]] = {}
        #: The page that is being written; recorded beside each figure.
        self.page = ""

    def quote(self, row: Row, column: str, *, signed: bool = False, fine: bool = False) -> Figure | Withheld:
        """Return the figure in `column` of `row` as it may be printed, or why it may not.

        A projection is rounded by its size unless `fine`. Class C is never printed. A missing value gives its reason.
        Raises CoverageError when there is no such column.
        """
        if column not in row.values:
            raise CoverageError(
                f"mart {row.mart} has no column {column!r}.", expected=", ".join(row.units), do="see lmi describe."
            )
        if row.quality == "C" and row.values[column] is None:
            return Withheld("not available", row.reason or _why_missing(row, column))
        if row.quality == "C":
            return Withheld("withheld", row.reason or "not fit for publication")
        barred = [s for s in row.sources if self._licences.get(s) not in self._allowed]
        if barred:
            return Withheld("withheld", f"the licence of {barred[0]} does not allow it")
        value = row.values[column]
        if value is None:
            return Withheld("not available", _why_missing(row, column))
        exact = row.mart == _DECLARED
        written = write(
            float(value), row.unit(column), projected=row.rounds(column), signed=signed, exact=exact, fine=fine
        )
        cited = citation(row.mart, dict(row.key), column)
        self._record(cited, row, column, value, written.text)
        return Figure(written.text, cited, written.number, written.places, row.quality == "B")

    def count(self, mart: str, rows: Sequence[Row], what: str) -> Figure:
        """Return the number of `rows` of `mart`, cited by what was counted; the record lists the rows' keys."""
        digest = hashlib.md5(f"{self._build} {mart} {what}".encode(), usedforsecurity=False).hexdigest()[:_DIGITS]
        cited, text = f"count-{digest}", f"{len(rows):,}" if rows else "none"
        sources = tuple(sorted({s for row in rows for s in row.sources}))
        keys = {"counted": what, "rows": [" ".join(str(_plain(v)) for v in row.key.values()) for row in rows]}
        entry = self._entries.setdefault(cited, _Entry(mart, "rows", keys, len(rows), "A", sources))
        entry.printed.add(text)
        entry.pages.add(self.page)
        self._columns[f"{entry.mart}.rows"] = {
            "unit": "rows",
            "meaning": "how many rows of the table fit a filter, which the record holds",
        }
        return Figure(text, cited, float(len(rows)), 0, False)

    def derived(self, row: Row, column: str, value: float, about: str, signed: bool = False) -> Figure:
        """Return a figure that compares builds: in the unit of `column`, to the unit, cited by what it says of which figure."""
        unit = row.unit(column)
        written = write(value, unit, projected=row.rounds(column), signed=signed, fine=True)
        # What a share moves by is in points of it: a change of one per cent would be another thing.
        text = written.text.replace("%", " points") if signed else written.text
        of = citation(row.mart, dict(row.key), column)
        digest = hashlib.md5(f"{self._build} {of} {about}".encode(), usedforsecurity=False).hexdigest()[:_DIGITS]
        cited = f"change-{digest}"
        entry = self._entries.setdefault(
            cited, _Entry(row.mart, f"{column} moved", {"of": of, "about": about}, value, row.quality, row.sources)
        )
        entry.printed.add(text)
        entry.pages.add(self.page)
        self._columns[f"{row.mart}.{column} moved"] = {"unit": unit, "meaning": "between two builds"}
        return Figure(text, cited, written.number, written.places, False)

    def _record(self, cited: str, row: Row, column: str, value: Any, text: str) -> None:
        entry = self._entries.get(cited)
        if entry is None:
            entry = _Entry(row.mart, column, dict(row.key), value, row.quality, row.sources)
            self._entries[cited] = entry
            name = f"{row.mart}.{column}"
            if name not in self._columns:
                self._columns[name] = {"unit": row.units[column], "meaning": row.meanings[column]}
        entry.printed.add(text)
        entry.pages.add(self.page)

    def told(self, cited: str) -> tuple[str, str, tuple[str, ...]]:
        """Return the unit, the meaning and the sources of a figure that was printed."""
        entry = self._entries[cited]
        column = self._columns[f"{entry.mart}.{entry.column}"]
        meaning = column["meaning"]
        if "counted" in entry.key:
            meaning = (
                f"how many rows of the table {entry.mart} are counted as {str(entry.key['counted']).partition(':')[0]}"
            )
        return column["unit"], meaning, entry.sources

    def sources(self, page: str | None = None) -> tuple[str, ...]:
        """Return the sources behind the figures of a page, or of the pack, by id."""
        return tuple(sorted({s for e in self._entries.values() if page is None or page in e.pages for s in e.sources}))

    def figures(self) -> Mapping[str, Mapping[str, Any]]:
        """Return each printed figure by citation: mart, column, key, value as stored, class, sources, print and pages."""
        return {
            cited: {
                "mart": e.mart,
                "column": e.column,
                "key": {k: _plain(v) for k, v in e.key.items()},
                "value": _plain(e.value),
                "quality_class": e.quality,
                "printed": sorted(e.printed),
                "pages": sorted(e.pages),
                "sources": list(e.sources),
            }
            for cited, e in sorted(self._entries.items())
        }

    def to_json(self, sources: Mapping[str, Mapping[str, Any]]) -> str:
        """Return `citations.json`: the build, the meaning of each column, the sources, and every printed figure."""
        used = {s: sources[s] for s in self.sources() if s in sources}
        told = {
            "build": self._build,
            "how_to_read": "figures are named by citation; lmi explain CITATION walks one back to the published cells",
            "columns": dict(sorted(self._columns.items())),
            "sources": used,
            "figures": self.figures(),
        }
        return json.dumps(told, ensure_ascii=False, indent=None, separators=(",", ":")) + "\n"


def _modelled(column: str) -> bool:
    return column.endswith(("_p10", "_p50", "_p90")) or column in ("baseline", "at_low", "at_high", "swing")


def _why_missing(row: Row, column: str) -> str:
    status = str(row.values.get("status") or "")
    if status and status != "ok":
        return status.replace("_", " ")
    _, found, why = row.meanings[column].partition("null ")
    return why if found else "the build holds no value"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
