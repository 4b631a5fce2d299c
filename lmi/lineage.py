"""From a figure of a mart back to the publishers' cells, and a name for every figure.

Owns: citation ids, the walk over derivations, the explanation of one figure. Never: computes or rounds a figure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from lmi.contract import literal, quoted
from lmi.engine import Connection, fetch, registered
from lmi.errors import TraceError
from lmi.marts.run import grain_of

#: Hex digits of a citation: 48 bits, so that a mart of a million figures has one chance in five hundred of a clash.
_DIGITS = len("0123456789ab")
#: Between the parts of what is hashed: a sign that stands in no code and no label.
_BETWEEN = "\x1f"
KeyValue = str | int | date

_LEAVES: Mapping[str, pa.DataType] = {
    "key": pa.int64(),
    "kind": pa.string(),  # cell or assumption
    "source_id": pa.string(),
    "source_title": pa.string(),
    "vintage": pa.string(),
    "released": pa.date32(),
    "origin": pa.string(),
    "file_name": pa.string(),
    "sha256": pa.string(),
    "place": pa.string(),
    "text": pa.string(),
    "conf_text": pa.string(),
    "flag_text": pa.string(),
    "correction_id": pa.string(),
    "assumption_id": pa.string(),
    "value": pa.float64(),
    "unit": pa.string(),
    "basis": pa.string(),
    "licence": pa.string(),
    "attribution": pa.string(),
}
LEAVES = pa.schema(list(_LEAVES.items()))
_STEPS: Mapping[str, pa.DataType] = {
    "series_key": pa.int64(),
    "depth": pa.int32(),  # 0 for the series that the mart row names, one more for each step down
    "step": pa.string(),
    "formula": pa.string(),
    "label": pa.string(),
    "series_used": pa.int64(),
    "cells_used": pa.int64(),
}
STEPS = pa.schema(list(_STEPS.items()))


@dataclass(frozen=True)
class Figure:
    """One figure of a mart: where it stands and what it is. `value` is as stored, unrounded."""

    citation: str
    mart: str
    key: tuple[tuple[str, KeyValue], ...]
    column: str
    value: object
    unit: str
    meaning: str


@dataclass(frozen=True)
class Explanation:
    """A figure with all that is behind it: `steps` has the columns of STEPS, `leaves` those of LEAVES."""

    figure: Figure
    steps: pa.Table
    leaves: pa.Table

    @property
    def assumptions(self) -> pa.Table:
        """The declared numbers among the leaves."""
        return self.leaves.filter(pc.field("kind") == "assumption")

    @property
    def cells(self) -> pa.Table:
        """The published cells among the leaves."""
        return self.leaves.filter(pc.field("kind") == "cell")

    @property
    def attributions(self) -> tuple[str, ...]:
        """The words that a quotation of the figure must carry, each once, sorted."""
        return tuple(sorted({text for text in self.cells["attribution"].to_pylist() if text}))


def citation(mart: str, key: Mapping[str, KeyValue], column: str) -> str:
    """Return the citation of one figure: the mart's name and twelve hex digits, stable from build to build."""
    parts = [mart, *(f"{name}={_written(key[name])}" for name in sorted(key)), column]
    digest = hashlib.md5(_BETWEEN.join(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{mart}-{digest[:_DIGITS]}"


def citation_sql(grain: Iterable[str], mart: str, column: str) -> str:
    """Return SQL over a mart that yields the citation of `column` for each row; equal to `citation` row by row."""
    keys = [f"'{name}=' || cast({quoted(name)} as varchar)" for name in sorted(grain)]
    parts = ", ".join([literal(mart), *keys, literal(column)])
    return f"{literal(mart)} || '-' || left(md5(concat_ws(chr({ord(_BETWEEN)}), {parts})), {_DIGITS})"


def register_citations(con: Connection, marts: Iterable[str]) -> None:
    """Create the view `dim_citation`: one row for each figure of each mart, with the row's key in words."""
    selects = []
    for mart in sorted(marts):
        grain = grain_of(con, mart)
        key = ", ".join(f"'{name}=' || cast({quoted(name)} as varchar)" for name in grain)
        for column, _, _ in _figure_columns(con, mart, grain):
            selects.append(
                f"select {citation_sql(grain, mart, column)} as citation, {literal(mart)} as mart, "
                f"concat_ws(', ', {key}) as key, {literal(column)} as column_name, "
                f"cast({quoted(column)} as varchar) as value from {quoted(mart)}"
            )
    con.execute("create or replace view dim_citation as " + " union all ".join(selects))
    con.execute("comment on view dim_citation is 'Every figure of every mart with the id under which it is quoted'")


def resolve(con: Connection, cited: str) -> Figure:
    """Return the figure that `cited` names. Raises TraceError when no figure, or more than one, has that name."""
    mart = cited.rpartition("-")[0]
    known = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    found: list[Figure] = []
    if mart in known:
        grain = grain_of(con, mart)
        names = ", ".join(quoted(g) for g in grain)
        for column, _, _ in _figure_columns(con, mart, grain):
            where = f"{citation_sql(grain, mart, column)} = ?"
            for row in con.execute(f"select {names} from {quoted(mart)} where {where}", [cited]).fetchall():
                found.append(figure(con, mart, dict(zip(grain, row, strict=True)), column))
    if len(found) != 1:
        raise TraceError(
            f"the citation {cited!r} names {'no figure' if not found else 'more than one figure'} of this build.",
            expected="a citation that this build printed, such as <mart>-<twelve hex digits>",
            do="take it from the build that printed it, or look the figure up in dim_citation.",
        )
    return found[0]


def figure(con: Connection, mart: str, key: Mapping[str, KeyValue], column: str) -> Figure:
    """Return one figure of a mart. `key` names every column of the grain. Raises TraceError when there is none."""
    grain = grain_of(con, mart)
    described = {name: (unit, meaning) for name, unit, meaning in _figure_columns(con, mart, grain)}
    if set(key) != set(grain) or column not in described:
        raise TraceError(
            "a figure is named by its mart, its whole key and its column.",
            place=mart,
            expected=f"key {', '.join(grain)}; column one of {', '.join(described)}",
            found=f"key {', '.join(key)}; column {column}",
        )
    rows = con.execute(
        f"select {quoted(column)} from {quoted(mart)} where {_where(grain)}", [key[name] for name in grain]
    ).fetchall()
    if not rows:
        raise TraceError("the mart has no such row.", place=mart, found=", ".join(f"{k}={v}" for k, v in key.items()))
    ordered = tuple((name, key[name]) for name in grain)
    return Figure(citation(mart, key, column), mart, ordered, column, rows[0][0], *described[column])


def trace(con: Connection, mart: str, key: Mapping[str, KeyValue], column: str) -> pa.Table:
    """Return the leaves behind one figure, each once, sorted by key: columns LEAVES.

    A leaf is a published cell or a declared assumption. Raises TraceError when there is no such figure, or when a key
    behind it leads nowhere.
    """
    figure(con, mart, key, column)
    return _leaves(con, _walk(con, mart, key))


def explain(con: Connection, cited: str) -> Explanation:
    """Return the figure that `cited` names with its steps and its leaves. Raises TraceError as `resolve` does."""
    found = resolve(con, cited)
    walked = _walk(con, found.mart, dict(found.key))
    return Explanation(found, _steps(con, walked), _leaves(con, walked))


def _figure_columns(con: Connection, mart: str, grain: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return (name, unit, meaning) of a mart's columns that are neither key nor inputs."""
    rows = con.execute(
        "select column_name, comment from duckdb_columns() where table_name = ? order by column_index", [mart]
    ).fetchall()
    left = {*grain, "inputs"}
    return [(name, *_unit_and_meaning(comment)) for name, comment in rows if name not in left]


def _unit_and_meaning(comment: str | None) -> tuple[str, str]:
    unit, _, meaning = (comment or "").partition(" | ")
    return unit, meaning


def _written(value: KeyValue) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _where(grain: Iterable[str]) -> str:
    return " and ".join(f"{quoted(name)} = ?" for name in grain)


def _walk(con: Connection, mart: str, key: Mapping[str, KeyValue]) -> pa.Table:
    """Return every key behind a mart row, each once, with its least depth: columns key, depth."""
    grain = grain_of(con, mart)
    level = fetch(
        con,
        f"""select distinct key, 0::integer as depth
            from (select unnest(inputs) as key from {quoted(mart)} where {_where(grain)})""",
        [key[name] for name in grain],
    )
    walked = level
    # Level by level, each key once: a recursive query would carry one row for every path, and paths multiply.
    while level.num_rows:
        with registered(con, level) as above, registered(con, walked) as seen:
            level = fetch(
                con,
                f"""select distinct d.input_key as key, cast(l.depth + 1 as integer) as depth
                    from {above} as l join derivations as d on d.series_key = l.key
                    where l.key < 0 and d.input_key not in (select key from {seen})""",
            )
        walked = pa.concat_tables([walked, level]).combine_chunks()
    return walked


def _leaves(con: Connection, walked: pa.Table) -> pa.Table:
    keys = walked.filter(pc.field("key") >= 0).select(["key"])
    with registered(con, keys) as wanted:
        table = fetch(con, _FIND_LEAVES.format(keys=wanted))
    lost = table.filter(pc.field("kind").is_null())
    if lost.num_rows:
        raise TraceError(
            "a key behind the figure is neither a cell nor an assumption of this build.",
            found=", ".join(str(k) for k in lost["key"].slice(0, 1).to_pylist()),
            do="build again; if it stays, the step that made the key does not keep its cells.",
        )
    return table.select(LEAVES.names).cast(LEAVES)


def _steps(con: Connection, walked: pa.Table) -> pa.Table:
    keys = walked.filter(pc.field("key") < 0)
    with registered(con, keys) as wanted:
        table = fetch(
            con,
            f"""select s.series_key, w.depth, s.step, s.formula, s.label,
                       count(d.input_key) filter (where d.input_key < 0) as series_used,
                       count(d.input_key) filter (where d.input_key >= 0) as cells_used
                from {wanted} as w
                join series as s on s.series_key = w.key
                left join derivations as d on d.series_key = s.series_key
                group by all order by w.depth, s.label, s.series_key""",
        )
    return table.cast(STEPS)


_FIND_LEAVES = """
select
    w.key,
    case when a.obs_key is not null then 'assumption' when c.obs_key is not null then 'cell' end as kind,
    n.source_id,
    r.title as source_title,
    n.vintage,
    n.released,
    n.origin,
    n.file_name,
    n.sha256,
    c.place,
    c.text,
    c.conf_text,
    c.flag_text,
    o.correction_id,
    a.assumption_id,
    coalesce(a.value, o.value) as value,
    coalesce(a.unit, i.unit) as unit,
    a.basis,
    coalesce(n.licence, r.licence) as licence,
    r.attribution
from {keys} as w
left join cells as c on c.obs_key = w.key
left join snapshots as n on n.snapshot_id = coalesce(c.snapshot_id, w.key >> 32)
left join sources as r on r.source_id = n.source_id
left join observations as o on o.obs_key = w.key
left join indicators as i on i.indicator_id = o.indicator_id
left join assumptions as a on a.obs_key = w.key
order by w.key
"""
