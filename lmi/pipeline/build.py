"""From curated figures to a published build.

Owns: which rows of the curated store a build holds, and the order database -> projections -> marts -> checks.
Never: computes a figure itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lmi.contract import literal
from lmi.curate import curated_path, snapshots_table
from lmi.engine import Connection, connect, fetch, release_memory, write_query
from lmi.errors import CoverageError
from lmi.geography import Scope, parts_of, peers_of, scope_of
from lmi.lookups import BOUNDARIES, CROSSWALK_INPUTS, merge_lookups, read_declared, read_results
from lmi.pipeline.build_tables import (
    areas_with_parts,
    assumptions_table,
    declared_snapshots,
    dimension_schemes,
    indicators_table,
    overrides_of,
    parameters_of,
    peer_figures,
    scores_of,
    sectors_of,
    sources_table,
    steps_table,
)
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.outcomes import Outcome
from lmi.pipeline.plan import Plan
from lmi.pipeline.quality import checks_table, outcomes_table
from lmi.raw.manifest import Snapshot
from lmi.sources.cells import place_sql, relation
from lmi.tables import keys_of, snapshot_id_of
from lmi.warehouse import WarehouseInputs, complete, create_tables, load, make_known, series_views

if TYPE_CHECKING:
    from lmi.marts import MartsMade
    from lmi.marts.parsed import Mart

_CELLS = "cells.parquet"
#: The tables that the projection fills.
_PROJECTED = ("series", "derivations", "projections", "sensitivity")
#: Figures of a build that is small: a committed baseline is, a national file is not.
_SMALL_ROWS = 10**6
#: National figures of as many files are read by one query.
_SORTED_ROWS = 5 * 10**5


class Building:
    """The database of a build in the making.

    What no projection reads is made beside it, in one thread: the last tables, then the marts that read no projection.
    """

    def __init__(
        self,
        con: Connection,
        rest: Future[None] | None = None,
        pool: ThreadPoolExecutor | None = None,
        held: ExitStack | None = None,
    ):
        self.con = con
        self._rest, self._pool, self._held = rest, pool, held or ExitStack()
        self._enough = Event()
        self._early: Future[MartsMade] | None = None

    def begin_marts(self, marts: Sequence[Mart]) -> None:
        """Begin to make the marts that read nothing that a projection makes, once every table is loaded."""
        from lmi.marts import make_tables, marts_without

        if self._pool is None:
            return
        early = marts_without(marts, _PROJECTED)
        own = self.con.cursor()  # an answer belongs to its connection: two threads with one would take each other's

        def make() -> MartsMade:
            with own:
                self.complete()
                # The small ones first: a projection is when most memory is held.
                return make_tables(own, early, at_once=1, long_first=False, enough=self._enough.is_set)

        self._early = self._pool.submit(make)

    def early_marts(self) -> MartsMade | None:
        """Begin no further mart, and return those that were made. Raises what making them raised."""
        self._enough.set()
        return self._early.result() if self._early is not None else None

    def complete(self) -> Connection:
        """Wait until every table is loaded, and return the connection. Raises what loading raised."""
        if self._rest is not None:
            self._rest.result()
        return self.con

    def __enter__(self) -> Building:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database, once nothing is written to it any more; what loading raised is told by `complete`."""
        self._enough.set()
        self._held.close()
        self.con.close()


def build_database(plan: Plan, ingest: Ingest, path: Path, marts: Sequence[Mart]) -> Building:
    """Return a new database at `path` with every relation that projections and `marts` read."""
    from lmi.project.inputs import ProjectionInputs

    first = frozenset(ProjectionInputs.required_views())
    needed = {*first, *(name for mart in marts for name in mart.reads)}
    views = series_views(plan.registry.indicators.values())
    memory, threads = plan.registry.house.memory_mb, _threads(ingest)
    known = Event()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent)))
        reader = stack.enter_context(connect(memory_limit_mb=memory, threads=threads))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(known.set)
        inputs, cells = _inputs(reader, plan, ingest, scratch)
        written = pool.submit(write_query, reader, cells, scratch / _CELLS)
        con = create_tables(path, inputs, first=first, memory_limit_mb=memory, threads=threads)
        beside = con.cursor()

        def finish() -> None:
            with beside:
                written.result()
                reader.close()  # before its memory is needed by others
                whole = replace(inputs, cells=scratch / _CELLS)
                complete(beside, whole, views, needed=needed, first=first, known=known.wait)
            release_memory()

        rest = pool.submit(finish)
        building = Building(con, rest, pool, stack.pop_all())
    try:
        make_known(con, inputs, views, needed=needed, first=first)
    except BaseException:
        known.set()
        building.close()
        raise
    known.set()
    return building


def _threads(ingest: Ingest) -> int | None:
    """Return how many threads share one query: of a small build each query is shorter than sharing it takes."""
    rows = sum(_rows(outcome) for outcome in ingest.visible_outcomes())
    return 1 if rows <= _SMALL_ROWS else None


def _rows(outcome: Outcome) -> int:
    return int(outcome.account.get("observed", 0)) + int(outcome.account.get("missing", 0))


def project_into(con: Connection, plan: Plan) -> dict[str, Any]:
    """Run the projection over the database's views, load what it made, and return its report."""
    from lmi.project.inputs import ProjectionInputs
    from lmi.project.run import project

    inputs = ProjectionInputs.from_reader(lambda relation: fetch(con, f'select * from "{relation}"'))
    result = project(inputs, plan.area.code, plan.area.england, seed=plan.registry.house.seed)
    for name in _PROJECTED:
        load(con, name, getattr(result, name))
    return result.report


def make_marts(building: Building, marts: Sequence[Mart]) -> dict[str, int]:
    """Build and check every mart; return their rows."""
    from lmi.marts import build_marts, check_marts

    con = building.complete()
    built = build_marts(con, marts, building.early_marts())
    check_marts(con, marts)
    return {m.name: m.rows for m in built}


def _inputs(con: Connection, plan: Plan, ingest: Ingest, scratch: Path) -> tuple[WarehouseInputs, Iterator[str]]:
    """Return what the build is made from, all but the cells, and the SQL that finds those.

    The two large tables pass through files, so that neither is held whole.
    """
    lookups = merge_lookups({**ingest.lookups, "codes": [ingest.codes]})
    scope = scope_of(plan.area, lookups["codes"])
    parts = parts_of(plan.area.england, lookups["area_members"], lookups["codes"])
    # A look-up's older vintages are not read, so they have no outcome and are no part of the build.
    good = {o.snapshot_id for o in ingest.outcomes.values() if o.state == "ok"}
    visible = [s for s in plan.visible if s.snapshot_id in good]
    snapshots = snapshots_table(visible)
    peers = peers_of(plan.area, lookups["codes"])
    observations = scratch / "observations.parquet"
    write_query(con, _observations(con, plan, ingest, visible, scope, parts, peers), observations)
    con.execute(f"create view observations as select * from read_parquet({literal(str(observations))})")
    parameters = parameters_of(con, plan)
    areas, aliases = areas_with_parts(scope, parts, peers)
    sectors, sector_members = sectors_of(plan, lookups["sector_members"])
    inputs = WarehouseInputs(
        parameters=parameters,
        areas=areas,
        area_aliases=aliases,
        area_parts=parts,
        area_members=lookups["area_members"],
        sources=sources_table(plan),
        snapshots=pa.concat_tables([snapshots, declared_snapshots(plan)]).sort_by("snapshot_id"),
        indicators=indicators_table(plan),
        observations=observations,
        cells=None,
        codes=lookups["codes"],
        crosswalks=lookups["crosswalks"],
        sectors=sectors,
        sector_members=sector_members,
        assumptions=assumptions_table(plan.registry),
        backtest_scores=scores_of(scope),
        backtest_widths=read_results().widths.table,
        overrides=overrides_of(plan.area.id, plan.settings.as_of, read_results().overrides.table),
        core_measures=read_results().core.table,
        quarantine=ingest.quarantined(),
        outcomes=outcomes_table(ingest.visible_outcomes()),
        checks=checks_table(ingest.reports()),
        dimension_schemes=dimension_schemes(plan, visible),
        run_steps=steps_table(plan, ingest, observations),
        extra=((CROSSWALK_INPUTS, lookups["crosswalk_inputs"]), (BOUNDARIES, lookups["boundaries"])),
    )
    return inputs, _cells(con, plan, ingest, visible, lookups)


def _observations(
    con: Connection,
    plan: Plan,
    ingest: Ingest,
    visible: Sequence[Snapshot],
    scope: Scope,
    parts: pa.Table,
    peers: Collection[str],
) -> Iterator[str]:
    """Yield SQL for the observations of the area, its districts, comparators and parts, some visible vintages at a time.

    Of its peers there is what areas are ranked by. A key begins with its snapshot's id, so vintages in that order are in
    the order of their keys.
    """
    con.register("wanted", pa.table({"area_code": sorted({*scope.published_codes, *parts["part_code"].to_pylist()})}))
    ranked = peer_figures(plan.registry)
    con.register("peers", pa.table({"area_code": pa.array(sorted(peers), pa.string())}))
    files = {s: curated_path(plan.folders.curated, s) for s in plan.source_ids("statistics")}
    there = [s for s in sorted(visible, key=lambda s: s.snapshot_id) if s.source_id in files]
    if not there:
        raise CoverageError(
            f"no source has a figure that a build for {plan.area.name} may use.",
            expected=", ".join(plan.source_ids("statistics")),
            do="see lmi status for what was left out and why; land the publishers' files, which hold every area.",
        )
    papers = [
        {
            "snapshot_id": s.snapshot_id,
            "source_id": s.source_id,
            "vintage": s.vintage,
            "released": s.released,
            "supersede": plan.registry.sources[s.source_id].supersede,
        }
        for s in there
    ]
    con.register("papers", pa.Table.from_pylist(papers))
    for group in _groups(there, ingest):
        read = ", ".join(literal(str(path)) for path in sorted({files[s.source_id] for s in group}))
        keys = " or ".join(f"({keys_of(s.snapshot_id)})" for s in group)
        yield (
            f"select o.*, p.source_id, p.vintage, p.released, p.supersede from read_parquet([{read}]) as o "
            f"join papers as p using (snapshot_id) where (o.area_code in (select area_code from wanted) or "
            f"({ranked} and o.area_code in (select area_code from peers))) and ({keys}) order by o.obs_key"
        )


def _groups(snapshots: Sequence[Snapshot], ingest: Ingest) -> Iterator[list[Snapshot]]:
    """Yield the snapshots in their order, as many together as can be sorted at once without much memory."""
    group: list[Snapshot] = []
    held = 0
    for snapshot in snapshots:
        rows = _rows(ingest.outcomes[snapshot.snapshot_id])
        if group and held + rows > _SORTED_ROWS:
            yield group
            group, held = [], 0
        group.append(snapshot)
        held += rows
    if group:
        yield group


def _cells(
    con: Connection, plan: Plan, ingest: Ingest, visible: Sequence[Snapshot], lookups: dict[str, pa.Table]
) -> Iterator[str]:
    """Yield SQL, one query a file, for the published cells behind the observations and look-ups of the build.

    Our own code lists are among the files.
    """
    keys = [t[n].combine_chunks() for t in lookups.values() for n in ("obs_key", "input_key") if n in t.column_names]
    con.register("lookup_keys", pa.table({"obs_key": pc.unique(pa.chunked_array(keys, pa.int64()))}))
    own, results = read_declared(), read_results()
    con.register("declared_cells", own.cells)
    committed = {t.snapshot_id: f"committed_{n}" for n, t in enumerate(results.tables())}
    for table in results.tables():
        con.register(committed[table.snapshot_id], table.cells)
    con.register("result_keys", pa.concat_tables([t.table.select(["obs_key"]) for t in results.tables()]))
    con.execute(
        "create temp table wanted_cells as select obs_key, obs_key // 4294967296 as snapshot_id, obs_key % 4294967296 as ordinal "
        "from (select obs_key from observations union select obs_key from lookup_keys union select obs_key from result_keys)"
    )
    wanted = {row[0] for row in con.execute("select distinct snapshot_id from wanted_cells").fetchall()}
    layouts = {s.snapshot_id: plan.registry.sources[s.source_id].layouts[s.layout] for s in visible}
    files = {s.snapshot_id: relation(ingest.cells_path(s), layouts[s.snapshot_id].options) for s in visible}
    files[snapshot_id_of(own.files[0][1])] = "declared_cells"
    files |= committed
    # Each file is joined on its own ordinals, so that a national file gives up only the rows that the build holds.
    for snapshot_id in sorted(wanted & set(files)):
        yield (
            f"select w.obs_key, w.snapshot_id, {place_sql('c')} as place, c.text, c.conf_text, c.flag_text "
            f"from {files[snapshot_id]} as c join wanted_cells as w on w.ordinal = c.ordinal and w.snapshot_id = {snapshot_id} "
            "order by w.obs_key"
        )
