"""What a person may ask of the published build: marts, figures, gaps, and where a figure comes from.

Owns: the everyday questions as read-only SQL, and their answers as tables. Never: writes, rounds, opens raw files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from lmi.contract import literal, quoted
from lmi.engine import Connection, connect, fetch, query, sandboxed
from lmi.errors import LmiError
from lmi.lineage import Explanation, citation_sql
from lmi.lineage import explain as explain_citation
from lmi.marts.run import grain_of, mart_names
from lmi.pipeline.folders import Folders
from lmi.publish import published_build

#: A query that a person types may run this long; a slip in a join must not take the machine.
_QUERY_SECONDS = 60.0
_QUERY_MEMORY_MB = 2048


@dataclass(frozen=True)
class Described:
    """A mart or view in words: purpose, grain, and one row for each column with type, unit and meaning."""

    purpose: str
    grain: tuple[str, ...]
    columns: pa.Table


@dataclass(frozen=True)
class Answer:
    """Rows, and what must be said with them."""

    rows: pa.Table
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Explained:
    """The explanation of one figure: `cells` has one row for each published cell and assumption behind it."""

    explanation: Explanation
    cells: pa.Table

    def text(self) -> str:
        """Return the explanation as text: the figure, the formula step by step, assumptions, then published cells."""
        e = self.explanation
        key = ", ".join(f"{name} {value}" for name, value in e.figure.key)
        lines = [f"{e.figure.citation}", f"{e.figure.column} = {e.figure.value} {e.figure.unit}"]
        lines += [f"{e.figure.meaning}", f"in {e.figure.mart}: {key}", ""]
        steps = e.steps.to_pylist()
        if steps:
            lines.append("How it was made, last step first:")
            lines += _steps(steps)
            lines.append("")
        if e.assumptions.num_rows:
            lines.append("Assumptions:")
            lines += [
                f"  {a['assumption_id']} = {a['value']:g} {a['unit']}: {a['basis']}" for a in e.assumptions.to_pylist()
            ]
            lines.append("")
        lines += _cells(e.cells)
        lines += ["", *e.attributions]
        return "\n".join(lines)


def list_marts(data: Path) -> pa.Table:
    """Return the marts of the published build with their grain, rows and purpose."""
    with _opened(data) as con:
        rows = [
            {
                "mart": name,
                "rows": con.execute(f"select count(*) from {quoted(name)}").fetchall()[0][0],
                "grain": ", ".join(g.strip('"') for g in grain_of(con, name)),
                "purpose": _purpose(con, name),
            }
            for name in mart_names()
        ]
    return pa.Table.from_pylist(rows)


def describe_mart(data: Path, mart: str) -> Described:
    """Return the purpose, grain and columns of a mart or of a series view, which has no grain and one unit.

    Raises CoverageError when the build has neither.
    """
    with _opened(data) as con:
        views = fetch(con, f"select comment from duckdb_views() where not internal and view_name = {literal(mart)}")
        grain = () if views.num_rows else tuple(g.strip('"') for g in grain_of(con, mart))
        told = fetch(
            con,
            "select column_name as \"column\", lower(data_type) as type, split_part(comment, ' | ', 1) as unit, "
            "split_part(comment, ' | ', 2) as meaning from duckdb_columns() "
            f"where table_name = {literal(mart)} order by column_index",
        )
        return Described(views["comment"][0].as_py() if views.num_rows else _purpose(con, mart), grain, told)


def run_query(data: Path, sql: str) -> pa.Table:
    """Return the rows of one select over the published build; nothing else of the machine can be reached."""
    con = sandboxed(published_build(Folders(data).curated).database, memory_limit_mb=_QUERY_MEMORY_MB)
    try:
        return query(con, sql, timeout_seconds=_QUERY_SECONDS)
    finally:
        con.close()


def gap(data: Path, *, route: str | None, level: str | None, year: int | None, scenario: str, today: date) -> Answer:
    """Return the gap by route and level for one year: interval, verdict, quality class and citation.

    Without a year, this year's; without filters, every route and level. Raises LmiError naming the known words when a
    filter matches nothing.
    """
    with _opened(data) as con:
        wanted = {"scenario": scenario, "route": route, "level": level, "year": year or _nearest_year(con, today.year)}
        for column, value in wanted.items():
            _check_known(con, column, value)
        where = " and ".join(f"g.{c} = {literal(str(v))}" for c, v in wanted.items() if v is not None)
        cited = citation_sql([g.strip('"') for g in grain_of(con, "skills_gap")], "skills_gap", "gap_p50")
        rows = fetch(
            con,
            f"""select coalesce(r.name, g.route) as route, g.level, g.year,
                       round(openings_p50) as openings, round(inflow_p50) as inflow,
                       round(gap_p10) as gap_p10, round(gap_p50) as gap, round(gap_p90) as gap_p90,
                       round(probability_of_shortfall, 2) as probability, verdict, quality_class as class,
                       {cited.replace("cast(", "cast(g.")} as citation
                from skills_gap as g left join dim_route as r on r.route = g.route
                where {where} order by g.route = '_T', g.route = 'not_assigned', g.route, g.level = '_T', g.level, g.year""",
        )
        notes = _gap_notes(con, where)
    return Answer(rows, notes)


def accuracy(data: Path, *, breakdown: str | None, horizon: int | None) -> Answer:
    """Return how wrong each rule was in the back-test, for the area and over all areas, best rule first.

    Raises LmiError naming the known words when a filter matches nothing.
    """
    with _opened(data) as con:
        wanted = {"breakdown": breakdown, "horizon": horizon}
        for column, value in wanted.items():
            _check_known(con, column, value, "accuracy")
        where = " and ".join(["true", *(f"{c} = {literal(str(v))}" for c, v in wanted.items() if v is not None)])
        rows = fetch(
            con,
            f"""select case when area_code = '_T' then 'all' else area_code end as area, areas, outturn, breakdown, horizon,
                       rule, round(wmape, 2) as wmape, round(mase, 2) as mase, round(coverage, 2) as coverage,
                       round(direction, 2) as direction, round(rank_correlation, 2) as rank, beats_no_change
                from accuracy where {where}
                order by outturn, breakdown, horizon, area_code = '_T' desc, area_code, accuracy.wmape, rule""",
        )
    notes = (
        "",
        "wMAPE: absolute errors as per cent of actual jobs. MASE: error over that of no change; below 1 is better.",
        "Coverage: share of outturns inside the interval meant to hold four in five, widths from other areas and origins.",
        "official_history is modelled by its publisher, so its errors are a floor; register is counted; survey has noise.",
        "`fitted` has weights from other areas and from errors known at the origin; docs/method.md describes every rule.",
    )
    return Answer(rows, notes)


def explain(data: Path, citation: str) -> Explained:
    """Return what is behind one figure. Raises TraceError when the published build has no such citation."""
    with _opened(data) as con:
        told = explain_citation(con, citation)
    shown = ["kind", "source_id", "vintage", "file_name", "place", "text", "assumption_id", "value", "sha256"]
    return Explained(told, told.leaves.select(shown))


@contextmanager
def _opened(data: Path) -> Iterator[Connection]:
    con = connect(published_build(Folders(data).curated).database, read_only=True)
    try:
        yield con
    finally:
        con.close()


def _purpose(con: Connection, mart: str) -> str:
    found = con.execute("select comment from duckdb_tables() where table_name = ?", [mart]).fetchall()
    return str(found[0][0] or "") if found else ""


def _nearest_year(con: Connection, year: int) -> int:
    found = con.execute("select year from skills_gap order by abs(year - ?), year limit 1", [year]).fetchall()
    if not found:
        raise LmiError("the published build has no gaps.", do="run lmi refresh and see lmi status.")
    return int(found[0][0])


def _check_known(con: Connection, column: str, value: object, mart: str = "skills_gap") -> None:
    if value is None:
        return
    known = [str(r[0]) for r in con.execute(f"select distinct {column} from {mart} order by 1").fetchall()]
    if str(value) not in known:
        raise LmiError(
            f"there is no {column} {value!r} in the marts.", expected=", ".join(known), do="use one of these."
        )


def _gap_notes(con: Connection, where: str) -> tuple[str, ...]:
    """Return why cells are of class C, the commonest reason first, and how to read the table."""
    reasons = con.execute(
        f"select quality_reason, count(*) as n from skills_gap as g where {where} and quality_class = 'C' "
        "group by 1 order by n desc, 1 limit 3"
    ).fetchall()
    notes = [
        "",
        "People a year; openings less inflow, so above zero is a shortfall. 80% interval from p10 to p90.",
        "Class A: publish; B: indicative; C: not for publication.",
    ]
    return (*notes, *(f"C ({n} cells): {reason}" for reason, n in reasons))


def _steps(steps: list[dict]) -> list[str]:
    """Return the steps in words, alike ones together: many series of one step say the same formula."""
    grouped: dict[tuple[int, str, str], list[dict]] = {}
    for step in steps:
        grouped.setdefault((step["depth"], step["step"], step["formula"]), []).append(step)
    lines = []
    for (depth, name, formula), alike in sorted(grouped.items()):
        first = alike[0]["label"] if len(alike) == 1 else f"{alike[0]['label']} and {len(alike) - 1} more"
        lines.append(f"  {'  ' * depth}{name}: {formula}  [{first}]")
    return lines


def _cells(cells: pa.Table) -> list[str]:
    """Return the published cells, file by file, each with its place and its text as published."""
    lines: list[str] = []
    last = ""
    for row in cells.to_pylist():
        head = f"{row['source_title']}, {row['vintage']} ({row['file_name']}, sha256 {row['sha256'][:12]})"
        if head != last:
            lines.append(head)
            last = head
        flag = f"  flag {row['flag_text']}" if row["flag_text"] else ""
        lines.append(f"  {row['place']}: {row['text'] if row['text'] is not None else '(empty)'}{flag}")
    return [f"Published cells ({cells.num_rows:,}):", *lines]
