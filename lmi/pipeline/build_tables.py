"""The small tables of a build: what it was asked for, what is declared, and what its steps did.

Owns: which declaration, look-up or outcome each row of them is from. Never: reads figures, but for the year of the newest
actual ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.contract import literal
from lmi.engine import Connection, fetch
from lmi.errors import CoverageError, DeclarationError
from lmi.geography import Scope
from lmi.lookups import read_declared, read_results
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.plan import Plan
from lmi.raw.manifest import Snapshot
from lmi.raw.store import digest_of
from lmi.registry import Registry, repository_root
from lmi.tables import ASSUMPTIONS, TOTAL, obs_key, snapshot_id_of
from lmi.warehouse import CONTRACTS


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


def scores_of(scope: Scope) -> pa.Table:
    """Return the back-test scores of the area, under its own code, and of all areas together."""
    table = read_results().scores.table
    own = dict(zip(*(scope.aliases[c].to_pylist() for c in ("published_code", "area_code")), strict=True))
    code = scope.areas["area_code"][scope.areas["kind"].to_pylist().index("area")].as_py()
    kept = [TOTAL, *(published for published, ours in own.items() if ours == code)]
    rows = table.filter(pc.is_in(table["area_code"], value_set=pa.array(kept)))
    renamed = pa.array([TOTAL if a == TOTAL else code for a in rows["area_code"].to_pylist()], pa.string())
    return rows.set_column(rows.column_names.index("area_code"), "area_code", renamed)


def areas_with_parts(scope: Scope, parts: pa.Table, peers: Mapping[str, str]) -> tuple[pa.Table, pa.Table]:
    """Return the areas and aliases of the scope, with the parts that add up to a comparator after them, and its peers."""
    own = set(scope.published_codes)
    extra = [code for code in sorted({*parts["part_code"].to_pylist(), *peers}) if code not in own]
    area_id = scope.areas["area_id"][0].as_py()
    more = pa.table(
        {
            "area_code": extra,
            "area_id": [area_id] * len(extra),
            "name": [peers.get(code, code) for code in extra],
            "kind": ["part"] * len(extra),
            "parent": pa.array([None] * len(extra), pa.string()),
        },
        schema=scope.areas.schema,
    )
    aliases = pa.table({"published_code": extra, "area_code": extra}, schema=scope.aliases.schema)
    return pa.concat_tables([scope.areas, more]), pa.concat_tables([scope.aliases, aliases])


def peer_figures(registry: Registry) -> str:
    """Return SQL for which observations `o` of the area's peers are read: what areas are ranked by, which is of everybody."""
    core = read_results().core.table.to_pylist()
    wanted = {m[name] for m in core if not m["no_rank"] for name in ("relation", "over_relation")}
    ranked = sorted(i for i, one in registry.indicators.items() if any(f"{i}_{view}" in wanted for view in one.views))
    whole = " and ".join(f"o.{dimension} = {literal(TOTAL)}" for dimension in ("age", "sex", "industry", "occupation"))
    return f"(o.indicator_id in ({', '.join(map(literal, ranked))}) and {whole})"


def sectors_of(plan: Plan, listed: pa.Table) -> tuple[pa.Table, pa.Table]:
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


def declared_snapshots(plan: Plan) -> pa.Table:
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


def parameters_of(con: Connection, plan: Plan) -> pa.Table:
    """Return the one row of what the build was asked for. Raises CoverageError when no level of jobs is at hand."""
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


def dimension_schemes(plan: Plan, snapshots: Sequence[Snapshot]) -> pa.Table:
    """Return the code lists that the layouts of the files declare for each dimension."""
    rows = [
        {"snapshot_id": s.snapshot_id, "dimension": name, "scheme": scheme}
        for s in snapshots
        for name, dimension in plan.registry.sources[s.source_id].layouts[s.layout].dimensions.items()
        if name != "area"
        for scheme in sorted({rule.scheme for rule in dimension.rules if rule.scheme})
    ]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["dimension_schemes"].arrow_schema())


def sources_table(plan: Plan) -> pa.Table:
    """Return every declared source (relations.SOURCES)."""
    names = CONTRACTS["sources"].names
    rows = [{name: getattr(source, name) for name in names} for source in plan.registry.sources.values()]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["sources"].arrow_schema())


def indicators_table(plan: Plan) -> pa.Table:
    """Return every declared indicator (relations.INDICATORS)."""
    names = CONTRACTS["indicators"].names
    rows = [{name: getattr(i, name) for name in names} for i in plan.registry.indicators.values()]
    return pa.Table.from_pylist(rows, schema=CONTRACTS["indicators"].arrow_schema())


def steps_table(plan: Plan, ingest: Ingest, observations: Path) -> pa.Table:
    """Return what each step took in and gave on (relations.RUN_STEPS), without times: equal inputs give equal rows."""
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
