"""Curated observations: every vintage kept, and what was known on a date.

Owns: the curated Parquet files, corrections applied to them, `as_of` and `revisions`. Never: decides what a label means.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lmi.contract import literal
from lmi.engine import Connection, fetch, parquet_writer, read_parquet, replacing, share
from lmi.errors import CoverageError
from lmi.raw.manifest import Snapshot
from lmi.tables import DIMENSIONS, OBSERVATIONS, SNAPSHOTS

#: What makes two observations the same figure in two vintages.
FIGURE = ("indicator_id", "area_code", "period_start", "period_end", "period_kind", *DIMENSIONS)


def curated_path(curated: Path, source_id: str) -> Path:
    """Return where a source's curated observations lie."""
    return curated / "observations" / f"{source_id}.parquet"


def snapshots_table(snapshots: Sequence[Snapshot]) -> pa.Table:
    """Return the snapshots as a table (tables.SNAPSHOTS), sorted on the key."""
    rows = sorted(snapshots, key=lambda s: s.snapshot_id)
    columns = {name: [getattr(s, name) for s in rows] for name in SNAPSHOTS.names}
    return SNAPSHOTS.conform(pa.table(columns, schema=SNAPSHOTS.arrow_schema()))


def curate(parts: Sequence[Path], out: Path) -> int:
    """Write the accepted observations of all vintages of one source to `out`, sorted on the key; return their number."""
    if not parts:
        raise CoverageError("there is nothing to curate.", place=str(out), do="land a file of this source.")
    if len(parts) == 1:
        share(parts[0], out)  # it is sorted already, since a file's order is the order of its keys
        return int(pq.read_metadata(out).num_rows)
    # A file's keys begin with its snapshot's id, so parts in that order are in the order of their keys.
    first = pq.ParquetFile(parts[0])
    rows = 0
    with (
        replacing(out, durable=False) as part,
        parquet_writer(part, first.schema_arrow, OBSERVATIONS.key[0]) as writer,
    ):
        for path in parts:
            file = pq.ParquetFile(path)
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                writer.write_table(table)
                rows += table.num_rows
    return rows


def as_of(con: Connection, observations: str, snapshots: str, known_on: date, supersede: str = "cell") -> pa.Table:
    """Return the observations as known on `known_on`: for each figure its newest vintage released by then.

    `observations` and `snapshots` are relations on `con`. With `supersede` = "edition" only the newest edition of a
    source counts, so that editions never mix; with "cell" an older vintage still serves figures that newer ones lack.
    A newest figure that is suppressed stays suppressed: no older value takes its place.
    """
    newest = (
        "qualify row_number() over (partition by "
        + ", ".join(FIGURE)
        + " order by s.released desc, s.vintage desc, o.obs_key desc) = 1"
    )
    if supersede == "edition":
        newest = "qualify s.vintage = first_value(s.vintage) over (order by s.released desc, s.vintage desc)"
    return fetch(
        con,
        f"select o.*, s.vintage, s.released from {observations} as o join {snapshots} as s using (snapshot_id) "
        f"where s.released <= {literal(known_on.isoformat())}::date {newest} order by o.obs_key",
    )


def revisions(con: Connection, observations: str, snapshots: str, earlier: date, later: date) -> pa.Table:
    """Return the figures that moved between two dates: one row each, with both values, both keys and the kind of change.

    `change` is `revised` (value or status moved), `new` (not known before) or `withdrawn` (no longer in the newest
    edition). Values are in the indicator's unit.
    """
    before, after = (as_of(con, observations, snapshots, day) for day in (earlier, later))
    con.register("known_before", before)
    con.register("known_after", after)
    figure = ", ".join(f"coalesce(a.{c}, b.{c}) as {c}" for c in FIGURE)
    on = " and ".join(f"a.{c} = b.{c}" for c in FIGURE)
    return fetch(
        con,
        f"select {figure}, b.value as value_before, a.value as value_after, b.status as status_before, a.status as status_after, "
        "b.vintage as vintage_before, a.vintage as vintage_after, b.obs_key as obs_key_before, a.obs_key as obs_key_after, "
        "case when b.obs_key is null then 'new' when a.obs_key is null then 'withdrawn' else 'revised' end as change "
        f"from known_after as a full join known_before as b on {on} "
        "where a.value is distinct from b.value or a.status is distinct from b.status order by all",
    )


def read_curated(path: Path) -> pa.Table:
    """Return a source's curated observations."""
    return OBSERVATIONS.conform(read_parquet(path))
