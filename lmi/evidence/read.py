"""The published build, read for a pack: rows of marts by declared filters, names of codes, sources behind rows.

Owns: filters and their words ($area, $year, latest), which sources stand behind a row. Never: decides what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lmi.contract import literal, quoted
from lmi.engine import Connection
from lmi.errors import CoverageError
from lmi.evidence.quote import Row
from lmi.marts.citations import MartInDatabase, marts_in

#: Filter values: a value, a list of values, `<0`, or a word with $: latest of all rows, newest of each key, present, absent,
#: the routes that lead to the occupation that a page is about.
#: A leading ! means all others.
Where = Mapping[str, Any]
_LATEST = "$latest"
_NEWEST = "$newest"
_Test = tuple[set[str] | None, Callable[[Any], bool]]


@dataclass(frozen=True)
class Scene:
    """What the build is about: its name, area, day, and the years that pages speak of."""

    build: str
    area: str
    area_name: str
    as_of: date
    base_year: int
    year: int
    last_year: int


@dataclass(frozen=True)
class _Held:
    """A mart as read: its columns, their units and meanings, its lines, the rows made so far, and places by value."""

    columns: tuple[str, ...]
    units: Mapping[str, str]
    meanings: Mapping[str, str]
    lines: Sequence[tuple[Any, ...]]
    made: dict[int, Row] = field(default_factory=dict)
    index: dict[str, dict[str, list[int]]] = field(default_factory=dict)


class Reader:
    """One build's marts. Rows carry their sources; what the build does not hold is said and never guessed."""

    def __init__(self, con: Connection, build: str) -> None:
        self._con = con
        self.marts: dict[str, MartInDatabase] = {m.name: m for m in marts_in(con)}
        self.tables = {str(r[0]) for r in con.execute("select table_name from duckdb_tables()").fetchall()}
        self._known: dict[int, frozenset[str]] = {}
        self._edges: dict[int, list[int]] | None = None
        # What we declared ourselves is no published source; it stands among the assumptions.
        self._of_snapshot = {
            int(key): str(source)
            for key, source in con.execute(
                "select snapshot_id, source_id from snapshots where origin <> 'declared'"
            ).fetchall()
        }
        self._held: dict[str, _Held] = {}
        self.scene = self._read_scene(build)

    def rows(self, mart: str, where: Where, order: str = "", item: str = "") -> list[Row]:
        """Return the rows of `mart` that `where` lets through, in `order` (a column, then `desc` if wished).

        Raises CoverageError when the build has no such mart or the mart no such column.
        """
        held = self.marts.get(mart)
        if held is None:
            raise CoverageError(f"this build has no table {mart}.", do="build again with a version that makes it.")
        tests = [(column, self._test(held, column, wanted, item)) for column, wanted in where.items()]
        rows = self._first_cut(held, tests)
        for column, (_, fits) in tests:
            rows = [row for row in rows if fits(row.values[column])]
        for column, value in where.items():
            if value == _NEWEST:
                rows = _newest_of_each(rows, column)
            if value == _LATEST and rows:
                newest = max(row.values[column] for row in rows)
                rows = [row for row in rows if row.values[column] == newest]
        for part in reversed([p.strip() for p in order.split(",") if p.strip()]):
            column, _, way = part.partition(" ")
            self._check_column(held, column)
            present = [r for r in rows if r.values[column] is not None]
            absent = [r for r in rows if r.values[column] is None]
            rows = sorted(present, key=lambda r: r.values[column], reverse=way == "desc") + absent
        return rows

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a select of ours over tables that are no marts."""
        return self._con.execute(text).fetchall()

    def has_column(self, mart: str, column: str) -> bool:
        """Return whether the build's mart has the column."""
        held = self.marts.get(mart)
        return held is not None and (column in held.grain or any(column == f[0] for f in held.figures))

    def sources(self) -> dict[str, dict[str, Any]]:
        """Return each source by id: title, publisher, licence, attribution, url, notice."""
        names = ("title", "publisher", "licence", "attribution", "url", "notice")
        found = self.sql(f"select source_id, {', '.join(names)} from dim_source order by source_id")
        return {str(row[0]): dict(zip(names, row[1:], strict=True)) for row in found}

    def _held_of(self, mart: MartInDatabase) -> _Held:
        """Return a mart as read, in the order of its key. It is read once: pages ask it again and again."""
        if mart.name not in self._held:
            columns = (*mart.grain, *(name for name, _, _ in mart.figures))
            described = self.sql(
                f"select column_name, comment from duckdb_columns() where table_name = {literal(mart.name)}"
            )
            units = {c: (m or "").partition(" | ")[0] for c, m in described}
            meanings = {c: (m or "").partition(" | ")[2] for c, m in described}
            keys = "list_distinct(list_transform(inputs, lambda k: case when k < 0 then k else k >> 32 end))"
            order = ", ".join(quoted(g) for g in mart.grain)
            lines = self.sql(
                f"select {', '.join(quoted(c) for c in columns)}, {keys} from {quoted(mart.name)} order by {order}"
            )
            self._held[mart.name] = _Held(columns, units, meanings, lines)
        return self._held[mart.name]

    def _row(self, mart: MartInDatabase, place: int) -> Row:
        """Return one row of a mart, made when a page first asks for it: most rows are asked for by none."""
        held = self._held_of(mart)
        if place not in held.made:
            line = held.lines[place]
            key, values = dict(zip(mart.grain, line, strict=False)), dict(zip(held.columns, line, strict=False))
            sources = self._sources_of(line[-1] or ())
            held.made[place] = Row(mart.name, key, values, held.units, held.meanings, sources)
        return held.made[place]

    def _sources_of(self, keys: Sequence[int]) -> tuple[str, ...]:
        found: set[str] = set()
        for key in keys:
            if key >= 0:
                found.add(self._of_snapshot.get(key, ""))
            else:
                found |= self._of_series(key)
        return tuple(sorted(found - {""}))

    def _of_series(self, key: int) -> frozenset[str]:
        """Return the sources at the ends of a series; series rest on earlier ones only, so the walk ends."""
        if self._edges is None:
            self._edges = {
                int(series): list(inputs)
                for series, inputs in self._con.execute(
                    """select series_key, list(distinct case when input_key < 0 then input_key else input_key >> 32 end)
                       from derivations group by series_key"""
                ).fetchall()
            }
        waiting = [key]
        while waiting:
            at = waiting[-1]
            below = self._edges.get(at, [])
            open_ones = [k for k in below if k < 0 and k not in self._known]
            if at in self._known or not open_ones:
                waiting.pop()
                if at not in self._known:
                    direct = {self._of_snapshot.get(k, "") for k in below if k >= 0}
                    self._known[at] = frozenset(direct.union(*(self._known[k] for k in below if k < 0)))
            else:
                waiting.extend(open_ones)
        return self._known[key]

    def _test(self, mart: MartInDatabase, column: str, wanted: Any, item: str) -> _Test:
        """Return a filter: the values that it lets through where it names them, and whether a value passes."""
        self._check_column(mart, column)
        if wanted in ("$present", _LATEST, _NEWEST):
            return None, lambda value: value is not None
        if wanted == "$absent":
            return None, lambda value: value is None
        if wanted == "<0":
            return None, lambda value: value is not None and value < 0
        told = wanted if isinstance(wanted, list) else [wanted]
        refused = {w[1:] for w in told if isinstance(w, str) and w.startswith("!")}
        if refused:
            return None, lambda value: str(value) not in refused
        meant: set[str] = set()
        for one in told:
            found = self._meant(one, item)
            meant |= {str(f) for f in found} if isinstance(found, frozenset) else {str(found)}
        return meant, lambda value: str(value) in meant

    def _first_cut(self, mart: MartInDatabase, tests: Sequence[tuple[str, _Test]]) -> list[Row]:
        """Return the rows that the narrowest filter by value lets through, in the mart's order."""
        held = self._held_of(mart)
        places: Sequence[int] = range(len(held.lines))
        for column, (meant, _) in tests:
            if meant is None:
                continue
            if column not in held.index:
                at, n = held.index.setdefault(column, {}), held.columns.index(column)
                for place, line in enumerate(held.lines):
                    at.setdefault(str(line[n]), []).append(place)
            at = held.index[column]
            if sum(len(at.get(value, ())) for value in meant) < len(places):
                places = [place for value in sorted(meant) for place in at.get(value, ())]
        return [self._row(mart, place) for place in places]

    def _meant(self, wanted: Any, item: str) -> Any:
        words = {
            "$area": self.scene.area,
            "$year": self.scene.year,
            "$base_year": self.scene.base_year,
            "$last_year": self.scene.last_year,
            "$item": item,
            "$districts": self._districts,
            "$areas": self._areas,
        }
        if wanted == "$routes":
            return frozenset(str(row.values["route"]) for row in self.rows("careers_routes", {"occupation": item}))
        return words.get(wanted, wanted) if isinstance(wanted, str) else wanted

    def _read_scene(self, build: str) -> Scene:
        found = self.sql(
            """select p.area_code, a.name, p.as_of, p.base_year from parameters as p
               join dim_area as a on a.area_code = p.area_code"""
        )
        code, name, as_of, base_year = found[0]
        kinds = self.sql("select area_code, kind from dim_area order by area_code")
        self._districts = frozenset(str(a) for a, kind in kinds if kind == "district")
        self._areas = frozenset(str(a) for a, kind in kinds if kind in ("area", "comparator"))
        years = self._projected_years()
        year = min(years, key=lambda y: abs(y - as_of.year)) if years else as_of.year
        return Scene(build, str(code), str(name), as_of, int(base_year or year), year, max(years, default=year))

    def _projected_years(self) -> list[int]:
        if not self.has_column("demand_by_industry", "scenario"):
            return []
        ours = "select distinct year from demand_by_industry where scenario = 'rebased' order by year"
        return [int(r[0]) for r in self.sql(ours)]

    def _check_column(self, mart: MartInDatabase, column: str) -> None:
        if not self.has_column(mart.name, column):
            raise CoverageError(
                f"the table {mart.name} of this build has no column {column}.", do="mend the page that orders by it."
            )


def _newest_of_each(rows: Sequence[Row], column: str) -> list[Row]:
    """Return, of rows whose keys differ in their period only, the one with the greatest value of `column`."""
    kept: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(value for name, value in row.key.items() if not name.startswith("period") and name != column)
        if key not in kept or row.values[column] > kept[key].values[column]:
            kept[key] = row
    return list(kept.values())
