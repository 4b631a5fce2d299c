"""What a person may ask of the published build: marts, figures, and where a figure comes from.

Owns: the everyday questions as read-only SQL, and their answers as tables. Never: writes, rounds, opens raw files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lmi.contract import literal, quoted
from lmi.engine import Connection, connect, fetch, query, sandboxed
from lmi.errors import LmiError
from lmi.lineage import Explanation
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
    with opened(data) as con:
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
    with opened(data) as con:
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


def accuracy(data: Path, *, breakdown: str | None, horizon: int | None) -> Answer:
    """Return how wrong each rule was in the back-test, for the area and over all areas, best rule first.

    Raises LmiError naming the known words when a filter matches nothing.
    """
    with opened(data) as con:
        wanted = {"breakdown": breakdown, "horizon": horizon}
        for column, value in wanted.items():
            check_known(con, column, value, "accuracy")
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
    with opened(data) as con:
        told = explain_citation(con, citation)
    shown = ["kind", "source_id", "vintage", "file_name", "place", "text", "assumption_id", "value", "sha256"]
    return Explained(told, told.leaves.select(shown))


@contextmanager
def opened(data: Path) -> Iterator[Connection]:
    """Hold a read-only connection to the published build."""
    con = connect(published_build(Folders(data).curated).database, read_only=True)
    try:
        yield con
    finally:
        con.close()


def _purpose(con: Connection, mart: str) -> str:
    found = con.execute("select comment from duckdb_tables() where table_name = ?", [mart]).fetchall()
    return str(found[0][0] or "") if found else ""


def check_known(con: Connection, column: str, value: object, mart: str) -> None:
    """Raise LmiError naming the known words when `value` stands in no row of `mart`; nothing is asked of None."""
    if value is None:
        return
    known = [str(r[0]) for r in con.execute(f"select distinct {column} from {mart} order by 1").fetchall()]
    if str(value) not in known:
        raise LmiError(
            f"there is no {column} {value!r} in the marts.", expected=", ".join(known), do="use one of these."
        )


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
