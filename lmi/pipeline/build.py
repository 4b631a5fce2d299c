"""From curated figures to a published build.

Owns: which rows of the curated store a build holds, and the order database -> projections -> marts -> checks.
Never: computes a figure itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.contract import literal
from lmi.curate import curated_path, snapshots_table
from lmi.engine import Connection, connect, fetch, write_query
from lmi.errors import CoverageError, DeclarationError
from lmi.geography import Scope, parts_of, scope_of
from lmi.lookups import BOUNDARIES, CROSSWALK_INPUTS, merge_lookups, read_declared, read_results
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.plan import Plan
from lmi.pipeline.quality import checks_table, outcomes_table
from lmi.raw.manifest import Snapshot
from lmi.raw.store import digest_of
from lmi.registry import Registry, repository_root
from lmi.sources.cells import place_sql, relation
from lmi.tables import ASSUMPTIONS, TOTAL, keys_of, obs_key, snapshot_id_of
from lmi.warehouse import CONTRACTS, WarehouseInputs, complete, create_known, load, series_views

if TYPE_CHECKING:
    from lmi.marts.parsed import Mart

_CELLS = "cells.parquet"
#: National figures of as many files are read by one query.
_SORTED_ROWS = 5 * 10**5


class Building:
    """The database of a build in the making, whose last tables, `cells` and `moves`, are loaded beside the projection."""

    def __init__(self, con: Connection, rest: Future[None] | None = None, held: ExitStack | None = None):
        self.con = con
        self._rest, self._held = rest, held or ExitStack()

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
        self._held.close()
        self.con.close()


def build_database(plan: Plan, ingest: Ingest, path: Path, marts: Sequence[Mart]) -> Building:
    """Return a new database at `path` with every relation that projections and `marts` read."""
    from lmi.project.inputs import ProjectionInputs

    needed = {*ProjectionInputs.required_views(), *(name for mart in marts for name in mart.reads)}
    views = series_views(plan.registry.indicators.values())
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=path.parent)))
        reader = stack.enter_context(connect(memory_limit_mb=plan.registry.house.memory_mb))
        pool = stack.enter_context(ThreadPoolExecutor(1))
        inputs, cells = _inputs(reader, plan, ingest, scratch)
        written = pool.submit(write_query, reader, cells, scratch / _CELLS)
        con = create_known(path, inputs, views, needed=needed, memory_limit_mb=plan.registry.house.memory_mb)
        rest = pool.submit(_complete, written, reader, con, replace(inputs, cells=scratch / _CELLS))
        return Building(con, rest, stack.pop_all())


def _complete(written: Future[int], reader: Connection, con: Connection, inputs: WarehouseInputs) -> None:
    written.result()
    reader.close()  # before its memory is needed by others
    complete(con, inputs)


def project_into(con: Connection, plan: Plan) -> dict[str, Any]:
    """Run the projection over the database's views, load what it made, and return its report."""
    from lmi.project.inputs import ProjectionInputs
    from lmi.project.run import project

    inputs = ProjectionInputs.from_reader(lambda relation: fetch(con, f'select * from "{relation}"'))
    result = project(inputs, plan.area.code, plan.area.england, seed=plan.registry.house.seed)
    for name in ("series", "derivations", "projections", "sensitivity"):
        load(con, name, getattr(result, name))
    return result.report


def make_marts(building: Building, marts: Sequence[Mart]) -> dict[str, int]:
    """Build and check every mart; return their rows."""
    from lmi.marts.run import build_marts, check_marts

    con = building.complete()
    built = build_marts(con, marts)
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
    observations = scratch / "observations.parquet"
    write_query(con, _observations(con, plan, ingest, visible, scope, parts), observations)
    con.execute(f"create view observations as select * from read_parquet({literal(str(observations))})")
    parameters = _parameters(con, plan)
    areas, aliases = _with_parts(scope, parts)
    sectors, sector_members = _sectors(plan, lookups["sector_members"])
    inputs = WarehouseInputs(
        parameters=parameters,
        areas=areas,
        area_aliases=aliases,
        area_parts=parts,
        area_members=lookups["area_members"],
        sources=_sources(plan),
        snapshots=pa.concat_tables([snapshots, _declared_snapshots(plan)]).sort_by("snapshot_id"),
        indicators=_indicators(plan),
        observations=observations,
        cells=None,
        codes=lookups["codes"],
        crosswalks=lookups["crosswalks"],
        sectors=sectors,
        sector_members=sector_members,
        assumptions=assumptions_table(plan.registry),
        backtest_scores=_scores(scope),
        backtest_widths=read_results().widths.table,
        overrides=overrides_of(plan.area.id, plan.settings.as_of, read_results().overrides.table),
        core_measures=read_results().core.table,
        quarantine=ingest.quarantined(),
        outcomes=outcomes_table(ingest.visible_outcomes()),
        checks=checks_table(ingest.reports()),
        dimension_schemes=_dimension_schemes(plan, visible),
        run_steps=_steps(plan, ingest, observations),
        extra=((CROSSWALK_INPUTS, lookups["crosswalk_inputs"]), (BOUNDARIES, lookups["boundaries"])),
    )
    return inputs, _cells(con, plan, ingest, visible, lookups)


def assumptions_table(registry: Registry) -> pa.Table:
    """Return the declared assumptions; their key is the declaration's digest and their place in it."""
    snapshot = snapshot_id_of(registry.digests["declared/assumptions.toml"])
    rows = [
        {
            "obs_key": obs_key(snapshot, i),
            "assumption_id": a.id,
            "value": a.value,
            "unit": a.unit,
            "quality": a.quality,
            "basis": a.basis,
        }
        for i, a in enumerate(registry.assumptions.values())
    ]
    return pa.Table.from_pylist(rows, schema=ASSUMPTIONS.arrow_schema())


def overrides_of(area_id: str, as_of: date, table: pa.Table) -> pa.Table:
    """Return the overrides of the area. Raises DeclarationError when one has expired: it moves figures unread."""
    mine = table.filter(pc.equal(table["area_id"], area_id))
    late = mine.filter(pc.less(mine["expires"], pa.scalar(as_of, pa.date32())))
    if late.num_rows:
        first = late.slice(0, 1).to_pylist()[0]
        raise DeclarationError(
            f"the override {first['override_id']} has expired.",
            place="declared/overrides.csv",
            expected=f"a day not before {as_of}",
            found=str(first["expires"]),
            do=f"ask {first['author']} whether it still holds, then give a later day or delete the record.",
        )
    return mine


def _scores(scope: Scope) -> pa.Table:
    """Return the back-test scores of the area, under its own code, and of all areas together."""
    table = read_results().scores.table
    own = dict(zip(*(scope.aliases[c].to_pylist() for c in ("published_code", "area_code")), strict=True))
    code = scope.areas["area_code"][scope.areas["kind"].to_pylist().index("area")].as_py()
    kept = [TOTAL, *(published for published, ours in own.items() if ours == code)]
    rows = table.filter(pc.is_in(table["area_code"], value_set=pa.array(kept)))
    renamed = pa.array([TOTAL if a == TOTAL else code for a in rows["area_code"].to_pylist()], pa.string())
    return rows.set_column(rows.column_names.index("area_code"), "area_code", renamed)


def _observations(
    con: Connection, plan: Plan, ingest: Ingest, visible: Sequence[Snapshot], scope: Scope, parts: pa.Table
) -> Iterator[str]:
    """Yield SQL for the observations of the area, its districts, comparators and parts, some visible vintages at a time.

    A key begins with its snapshot's id, so vintages in that order are in the order of their keys.
    """
    con.register("wanted", pa.table({"area_code": sorted({*scope.published_codes, *parts["part_code"].to_pylist()})}))
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
            f"join papers as p using (snapshot_id) semi join wanted using (area_code) where {keys} order by o.obs_key"
        )


def _groups(snapshots: Sequence[Snapshot], ingest: Ingest) -> Iterator[list[Snapshot]]:
    """Yield the snapshots in their order, as many together as can be sorted at once without much memory."""
    group: list[Snapshot] = []
    held = 0
    for snapshot in snapshots:
        account = ingest.outcomes[snapshot.snapshot_id].account
        rows = int(account.get("observed", 0)) + int(account.get("missing", 0))
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


def _with_parts(scope: Scope, parts: pa.Table) -> tuple[pa.Table, pa.Table]:
    own = set(scope.published_codes)
    extra = [code for code in sorted(set(parts["part_code"].to_pylist())) if code not in own]
    area_id = scope.areas["area_id"][0].as_py()
    more = pa.table(
        {
            "area_code": extra,
            "area_id": [area_id] * len(extra),
            "name": extra,
            "kind": ["part"] * len(extra),
            "parent": pa.array([None] * len(extra), pa.string()),
        },
        schema=scope.areas.schema,
    )
    aliases = pa.table({"published_code": extra, "area_code": extra}, schema=scope.aliases.schema)
    return pa.concat_tables([scope.areas, more]), pa.concat_tables([scope.aliases, aliases])


def _sectors(plan: Plan, listed: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the area's sectors and their industries; a sector whose look-up has no such name is an error."""
    members = listed.to_pylist()
    rows, sectors = [], []
    for sector in plan.area.sectors:
        mine = [m for m in members if m["sector_id"] == sector.members_from]
        if not mine:
            raise CoverageError(
                f"no look-up lists industries of the sector {sector.members_from!r}.",
                place=f"declared/areas/{plan.area.id}.toml, key sectors.members_from",
                expected=", ".join(sorted({m["sector_id"] for m in members})) or "a landed look-up of sector members",
                do="use one of these names, or land the look-up.",
            )
        sectors.append(
            {
                "sector_id": sector.id,
                "title": sector.title,
                "definition_status": sector.definition,
                "obs_key": min(m["obs_key"] for m in mine),
            }
        )
        rows += [
            {
                "area_id": plan.area.id,
                "sector_id": sector.id,
                "industry": m["industry"],
                "level": m["industry_level"],
                "weight": float(m["weight"]),
                "obs_key": m["obs_key"],
            }
            for m in mine
        ]
    return (
        pa.Table.from_pylist(sectors, schema=CONTRACTS["sectors"].arrow_schema()),
        pa.Table.from_pylist(rows, schema=CONTRACTS["sector_members"].arrow_schema()),
    )


def _declared_snapshots(plan: Plan) -> pa.Table:
    """Return our own files that keys lead to, assumptions and code lists, as snapshots of origin `declared`."""
    name = "declared/assumptions.toml"
    size = (repository_root() / "lmi" / name).stat().st_size
    results = [table.file for table in read_results().tables()]
    files = ((name, plan.registry.digests[name], size), *read_declared().files, *results)
    rows = [
        {
            "snapshot_id": snapshot_id_of(sha256),
            "source_id": "project/declared",
            "vintage": "declared",
            "part": "",
            "file_name": file,
            "sha256": sha256,
            "bytes": length,
            "released": plan.settings.as_of,
            "released_basis": "declared",
            "origin": "declared",
            "licence": "OGL-3.0",
        }
        for file, sha256, length in files
    ]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["snapshots"].arrow_schema())


def _parameters(con: Connection, plan: Plan) -> pa.Table:
    sql = "select max(period_end) as latest from observations where indicator_id = 'bres_employment'"
    latest = fetch(con, sql)["latest"][0].as_py()
    if latest is None:
        raise CoverageError(
            "there is no actual level of jobs to project from.",
            expected=f"BRES employment of {plan.area.name}",
            do="land the Business Register and Employment Survey for this area, or choose a later --as-of.",
        )
    row = {"area_id": plan.area.id, "area_code": plan.area.code, "as_of": plan.settings.as_of, "base_year": latest.year}
    return pa.Table.from_pylist([row], schema=CONTRACTS["parameters"].arrow_schema())


def _dimension_schemes(plan: Plan, snapshots: Sequence[Snapshot]) -> pa.Table:
    """Return the code lists that the layouts of the files declare for each dimension."""
    rows = [
        {"snapshot_id": s.snapshot_id, "dimension": name, "scheme": scheme}
        for s in snapshots
        for name, dimension in plan.registry.sources[s.source_id].layouts[s.layout].dimensions.items()
        if name != "area"
        for scheme in sorted({rule.scheme for rule in dimension.rules if rule.scheme})
    ]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["dimension_schemes"].arrow_schema())


def _sources(plan: Plan) -> pa.Table:
    names = CONTRACTS["sources"].names
    rows = [{name: getattr(source, name) for name in names} for source in plan.registry.sources.values()]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["sources"].arrow_schema())


def _indicators(plan: Plan) -> pa.Table:
    names = CONTRACTS["indicators"].names
    rows = [{name: getattr(i, name) for name in names} for i in plan.registry.indicators.values()]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["indicators"].arrow_schema())


def _steps(plan: Plan, ingest: Ingest, observations: Path) -> pa.Table:
    rows = []
    for outcome in ingest.outcomes.values():
        subject = f"{outcome.source_id} {outcome.vintage} {outcome.layout} {outcome.part}".strip()
        account = outcome.account
        rows.append(
            {
                "stage": "stage",
                "subject": subject,
                "rows_in": int(account.get("found", 0)),
                "rows_out": int(account.get("observed", 0)) + int(account.get("missing", 0)),
                "quarantined": sum(outcome.quarantined.values()),
                "digest": outcome.sha256,
            }
        )
    rows.append(
        {
            "stage": "curate",
            "subject": plan.area.id,
            "rows_in": 0,
            "rows_out": pq.read_metadata(observations).num_rows,
            "quarantined": 0,
            "digest": digest_of(observations),
        }
    )
    rows.sort(key=lambda r: (r["stage"], r["subject"]))
    return pa.Table.from_pylist(rows, schema=CONTRACTS["run_steps"].arrow_schema())
