"""Why a figure of the same row differs between two builds: each moved cell behind it with its cause, or one joint cause.

Owns: splitting a change into parts with causes. Never: guesses: what cannot be told apart stays one part.

A published figure that is a cell or a sum of cells moves by what they moved by. A cell in both builds has the cause that
the later build's mart `revisions` gives for it; one that is in one build only came new into the sum or left it. Where no
cells behind its row add up to the figure, since it is a rate or a quotient, and for projections, the causes are one part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lmi.contract import literal, quoted
from lmi.evidence.quote import Row
from lmi.evidence.read import Reader

CLOSE = 1e-6
#: What names a figure over all editions, in `known` as in the mart `revisions`.
_FIGURE = ("source_id", "indicator_id", "area_code", "period_start", "period_end", "period_kind", "industry", "occupation",
           "qualification", "subject", "sex", "age", "provider", "detail")  # fmt: skip
_CAME, _LEFT = "newly published", "withdrawn"
_NONE = "none"


@dataclass(frozen=True)
class Part:
    """One cause and the part of the change that it made, as stored."""

    cause: str
    amount: float


@dataclass(frozen=True)
class _Cell:
    value: float
    source: str
    released: date
    indicator: str
    detail: str


_Cells = Mapping[str, _Cell]
_Parted = Callable[[_Cell], tuple[str, ...]]
#: How the cells behind a row are parted until those of one part are the figure: a row holds several measures, and its
#: record of cells is for all of them.
_PARTED: tuple[_Parted, ...] = (lambda c: (), lambda c: (c.indicator,), lambda c: (c.indicator, c.detail))


class Causes:
    """What differs between two builds, and how it explains a changed figure."""

    def __init__(self, later: Reader, earlier: Reader) -> None:
        self._later, self._earlier = later, earlier
        self._titles = {s: str(v["title"]) for s, v in later.sources().items()}
        self._editions = _editions(later, earlier)
        self._standing = _standing(later, earlier)

    def of(self, now: Row, before: Row, column: str, change: float) -> tuple[Part, ...]:
        """Return the parts of the change of one figure in the same row of both builds; they add up to `change`."""
        if not now.rounds(column) and set(now.key) == set(before.key):
            new, old = _cells(self._later, now), _cells(self._earlier, before)
            for parted in _PARTED:
                for some in sorted({parted(cell) for cell in (*new.values(), *old.values())}):
                    after, first = ({f: c for f, c in held.items() if parted(c) == some} for held in (new, old))
                    if _is_sum(after, now.values[column]) and _is_sum(first, before.values[column]):
                        return self._by_cell(now, after, first)
        return (Part(self._together(now, before, column), change),)

    def _by_cell(self, now: Row, new: _Cells, old: _Cells) -> tuple[Part, ...]:
        """Return the moves of the cells that a figure is the sum of, summed by cause and source."""
        told = self._told(now, old)
        moved: dict[str, float] = {}
        for figure in sorted(set(new) | set(old)):
            after, first = new.get(figure), old.get(figure)
            if after is None or first is None:
                cell, cause = (after, _CAME) if first is None else (first, _LEFT)
            else:
                cell, cause = after, told.get(figure, "revised within one edition")
            assert cell is not None
            amount = (after.value if after else 0.0) - (first.value if first else 0.0)
            if amount:
                words = f"{cause}: {self._editions.get(cell.source, self._titles.get(cell.source, cell.source))}"
                moved[words] = moved.get(words, 0.0) + amount
        return tuple(Part(cause, amount) for cause, amount in sorted(moved.items()) if amount)

    def _told(self, row: Row, old: _Cells) -> dict[str, str]:
        """Return the causes that `revisions` gives for the cells of a row, of the steps since the edition in `old`."""
        if "revisions" not in self._later.marts or not _has_known(self._later):
            return {}
        same = " and ".join(f"r.{c} = k.{c}" for c in _FIGURE)
        found = self._later.sql(
            f"select distinct {_named('k')}, r.cause, r.released_after from ({_behind(row)}) as b "
            f"join known as k on k.obs_key = b.obs_key join revisions as r on {same} where r.difference is not null"
        )
        causes: dict[str, set[str]] = {}
        for figure, cause, released in found:
            first = old.get(str(figure))
            if first is not None and released > first.released:
                causes.setdefault(str(figure), set()).add(str(cause))
        return {figure: " and ".join(sorted(several)) for figure, several in causes.items()}

    def _together(self, now: Row, before: Row, column: str) -> str:
        """Return all that may stand behind a change, as one cause, since it acts together."""
        projected = now.rounds(column)
        told = [self._editions[s] for s in sorted(set(now.sources) | set(before.sources)) if s in self._editions]
        told += self._standing if projected else []
        if set(now.key) != set(before.key):
            told.append("the table is built in another way")
        if told:
            return ("inputs and method: " if projected else "publisher revised: ") + "; and ".join(told)
        return "method: it is worked out in another way" if projected else "revised within one edition"


def _behind(row: Row) -> str:
    where = " and ".join(f"{quoted(c)} = {_literal(v)}" for c, v in row.key.items())
    return f"select unnest(inputs) as obs_key from {quoted(row.mart)} where {where}"


def _cells(reader: Reader, row: Row) -> dict[str, _Cell]:
    """Return the published cells behind a row by what names their figure; cells of look-ups are no figures."""
    if not _has_known(reader):
        return {}
    found = reader.sql(
        f"select {_named('k')}, k.value, k.source_id, k.released, k.indicator_id, k.detail "
        f"from ({_behind(row)}) as b join known as k on k.obs_key = b.obs_key where k.value is not null"
    )
    return {str(figure): _Cell(float(value), *rest) for figure, value, *rest in found}


def _is_sum(cells: _Cells, value: float) -> bool:
    return abs(sum(cell.value for cell in cells.values()) - value) <= CLOSE * max(1.0, abs(value))


def _named(table: str) -> str:
    return f"concat_ws('|', {', '.join(f'{table}.{c}' for c in _FIGURE)}) as figure"


def _has_known(reader: Reader) -> bool:
    return "known" in reader.tables


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else literal(str(value))


def _editions(later: Reader, earlier: Reader) -> Mapping[str, str]:
    """Return, for each source whose edition differs, the words for it."""
    held = [
        {str(r.values["source_id"]): str(r.values["vintage"] or _NONE) for r in reader.rows("freshness", {})}
        if "freshness" in reader.marts
        else {}
        for reader in (later, earlier)
    ]
    titles = {s: str(v["title"]) for s, v in later.sources().items()}
    told = {}
    for source in sorted(set(held[0]) | set(held[1])):
        new, old = held[0].get(source, _NONE), held[1].get(source, _NONE)
        if new != old:
            editions = f"edition {new} in place of {old}" if old != _NONE else f"edition {new}, not at hand before"
            told[source] = f"{titles.get(source, source)}, {editions if new != _NONE else 'no longer at hand'}"
    return told


def _standing(later: Reader, earlier: Reader) -> Sequence[str]:
    """Return what touches every projection: another base year, other assumptions."""
    told = []
    if later.scene.base_year != earlier.scene.base_year:
        told.append(f"the latest year with counted jobs is {later.scene.base_year}, not {earlier.scene.base_year}")
    changed = _changed_assumptions(later, earlier)
    if changed:
        told.append(f"assumptions changed: {', '.join(changed)}")
    return told


def _changed_assumptions(later: Reader, earlier: Reader) -> list[str]:
    held: list[dict[str, Any]] = [
        {str(r.values["assumption_id"]): r.values["value"] for r in reader.rows("dim_assumption", {})}
        if "dim_assumption" in reader.marts
        else {}
        for reader in (later, earlier)
    ]
    return sorted(a for a in set(held[0]) | set(held[1]) if held[0].get(a) != held[1].get(a))
