"""From a figure of a mart back to the publishers' cells.

Owns: following a citation, the walk over derivations, the explanation of a figure. Never: computes or rounds a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lmi.contract import quoted
from lmi.engine import Connection, fetch, registered
from lmi.errors import TraceError
from lmi.marts.citations import KeyValue, MartInDatabase, citation, citation_sql, marts_in, register_citations

__all__ = [
    "LEAVES",
    "STEPS",
    "Explanation",
    "Figure",
    "KeyValue",
    "citation",
    "citation_sql",
    "explain",
    "figure",
    "register_citations",
    "resolve",
    "trace",
]

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


#: Citations that only a pack makes.
_OF_A_PACK = {"count": "a count of rows", "change": "a difference between two builds"}


def resolve(con: Connection, cited: str) -> Figure:
    """Return the figure that `cited` names. Raises TraceError when no figure, or more than one, has that name."""
    name = cited.rpartition("-")[0]
    if name in _OF_A_PACK:
        raise TraceError(
            f"{cited} names {_OF_A_PACK[name]}, which an evidence pack made and no mart holds.",
            do="look it up under this name in the pack's citations.json, which lists what it was made from.",
        )
    found: list[Figure] = []
    for mart in (m for m in marts_in(con) if m.name == name):
        keys = ", ".join(quoted(g) for g in mart.grain)
        for column, _, _ in mart.figures:
            where = f"{citation_sql(mart.grain, mart.name, column)} = ?"
            for row in con.execute(f"select {keys} from {quoted(mart.name)} where {where}", [cited]).fetchall():
                found.append(_figure(con, mart, dict(zip(mart.grain, row, strict=True)), column))
    if len(found) != 1:
        raise TraceError(
            f"the citation {cited!r} names {'no figure' if not found else 'more than one figure'} of this build.",
            expected="a citation that this build printed, such as <mart>-<twelve hex digits>",
            do="take it from the build that printed it, or look the figure up in dim_citation.",
        )
    return found[0]


def figure(con: Connection, mart: str, key: Mapping[str, KeyValue], column: str) -> Figure:
    """Return one figure of a mart. `key` names every column of the grain. Raises TraceError when there is none."""
    return _figure(con, marts_in(con, [mart])[0], key, column)


def trace(con: Connection, mart: str, key: Mapping[str, KeyValue], column: str) -> pa.Table:
    """Return the leaves behind one figure, each once, sorted by key: columns LEAVES.

    A leaf is a published cell or a declared assumption. Raises TraceError when there is no such figure, or when a key
    behind it leads nowhere.
    """
    named = marts_in(con, [mart])[0]
    _figure(con, named, key, column)
    return _leaves(con, _walk(con, named, key))


def explain(con: Connection, cited: str) -> Explanation:
    """Return the figure that `cited` names with its steps and its leaves. Raises TraceError as `resolve` does."""
    found = resolve(con, cited)
    walked = _walk(con, marts_in(con, [found.mart])[0], dict(found.key))
    return Explanation(found, _steps(con, walked), _leaves(con, walked))


def _figure(con: Connection, mart: MartInDatabase, key: Mapping[str, KeyValue], column: str) -> Figure:
    described = {name: (unit, meaning) for name, unit, meaning in mart.figures}
    if set(key) != set(mart.grain) or column not in described:
        raise TraceError(
            "a figure is named by its mart, its whole key and its column.",
            place=mart.name,
            expected=f"key {', '.join(mart.grain)}; column one of {', '.join(described)}",
            found=f"key {', '.join(key)}; column {column}",
        )
    rows = con.execute(
        f"select {quoted(column)} from {quoted(mart.name)} where {_where(mart.grain)}", [key[n] for n in mart.grain]
    ).fetchall()
    if not rows:
        raise TraceError(
            "the mart has no such row.", place=mart.name, found=", ".join(f"{k}={v}" for k, v in key.items())
        )
    ordered = tuple((name, key[name]) for name in mart.grain)
    return Figure(citation(mart.name, key, column), mart.name, ordered, column, rows[0][0], *described[column])


def _where(grain: Iterable[str]) -> str:
    return " and ".join(f"{quoted(name)} = ?" for name in grain)


def _walk(con: Connection, mart: MartInDatabase, key: Mapping[str, KeyValue]) -> pa.Table:
    """Return every key behind a mart row, each once, with its least depth: columns key, depth."""
    level = fetch(
        con,
        f"""select distinct key, 0::integer as depth
            from (select unnest(inputs) as key from {quoted(mart.name)} where {_where(mart.grain)})""",
        [key[name] for name in mart.grain],
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
left join known as o on o.obs_key = w.key
left join indicators as i on i.indicator_id = o.indicator_id
left join assumptions as a on a.obs_key = w.key
order by w.key
"""
