"""The committed baseline: the cells that a first build needs, restated in our own table, with their papers.

Owns: which cells are kept, and the files below data/raw/baseline. Never: keeps a publisher's file, changes a text.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.curate import FIGURE, snapshots_table
from lmi.engine import connect, fetch, replacing
from lmi.errors import CoverageError
from lmi.geography import parts_of, peers_of, scope_of
from lmi.pipeline.build_tables import peer_figures
from lmi.pipeline.ingest import CORRECTED, OBSERVED, Ingest
from lmi.pipeline.plan import Plan, Settings, make_plan
from lmi.raw.manifest import Snapshot
from lmi.raw.store import digest_of
from lmi.registry import repository_root
from lmi.sources.cells import relation

#: A comparator's parts are there to compare broad industries and priority sectors; their finer detail is left out.
_PART_NEEDS = (
    "length(o.industry) <= 2 or exists (select 1 from sector_codes as s where starts_with(o.industry, s.code))"
)


def write_baseline(data: Path, area_id: str, out: Path | None, today: date) -> Iterator[str]:
    """Rewrite the baseline at `out` from the snapshots landed below `data`, yielding a line for each file written.

    A cell is kept when its figure is for the area, a district, a comparator or a comparator's part; look-ups are kept
    whole, and one that was not landed is taken over from the baseline at hand, without which no label of a landed file
    would be known. The folder is replaced in one step. Raises CoverageError when no file of figures is landed.
    """
    target = out or repository_root() / "data" / "raw" / "baseline"
    plan = _plan(Settings(data, area_id, today))
    ingest = Ingest(plan)
    for source_id in ingest.lookup_order():
        ingest.read_lookups(source_id)
    ingest.close_lookups()
    for source_id in plan.source_ids("statistics"):
        ingest.stage_source(source_id)
    stopped = [o.error for o in ingest.outcomes.values() if o.state == "stopped"]
    if stopped:
        raise CoverageError(
            "a baseline is written from good snapshots only.", found=" ".join(stopped), do="see lmi status."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".baseline-") as made:
        fresh = Path(made) / "baseline"
        for snapshot in _kept(plan, ingest):
            rows = _write(plan, ingest, snapshot, fresh)
            if rows:
                yield f"{snapshot.key}: {rows:,} cells"
        yield from _write_receipts(fresh, area_id, today)
        _swap(fresh, target)
    size = sum(p.stat().st_size for p in target.rglob("*") if p.is_file())
    yield f"{target.name}: {size / 10**6:.1f} MB"


def _plan(settings: Settings) -> Plan:
    """Return the plan of the landed files of figures and of the look-ups, landed or of the baseline at hand."""
    plan = make_plan(settings)
    lookups = set(plan.source_ids("lookup"))
    landed = {s.snapshot_id for s in plan.snapshots if s.origin != "baseline"}
    if not any(s.source_id not in lookups for s in plan.visible if s.snapshot_id in landed):
        raise CoverageError(
            "there is nothing to build from: a baseline is made of landed files.",
            place=str(settings.data),
            expected="at least one landed file of figures",
            do="land the publishers' files with lmi land.",
        )
    kept = {s.snapshot_id for s in plan.snapshots if s.source_id in lookups} | landed
    return replace(
        plan,
        snapshots=tuple(s for s in plan.snapshots if s.snapshot_id in kept),
        visible=tuple(s for s in plan.visible if s.snapshot_id in kept),
    )


def _kept(plan: Plan, ingest: Ingest) -> list[Snapshot]:
    """Return the snapshots that a build of this area would read: those with a figure that no newer vintage replaces.

    Of a look-up and of a source that is replaced edition by edition, that is the newest file of each layout and part.
    """
    newest: dict[tuple[str, str, str], Snapshot] = {}
    for s in sorted(plan.visible, key=lambda s: (s.released, s.vintage)):
        newest[s.source_id, s.layout, s.part] = s
    kept = {s.snapshot_id for s in newest.values() if plan.registry.sources[s.source_id].kind == "lookup"}
    for source_id in plan.source_ids("statistics"):
        mine = [s for s in plan.visible if s.source_id == source_id]
        if plan.registry.sources[source_id].supersede == "edition":
            mine = [s for s in mine if newest[s.source_id, s.layout, s.part] == s]
        kept |= _contributing(plan, ingest, mine)
    return sorted((s for s in plan.visible if s.snapshot_id in kept), key=lambda s: s.key)


def _contributing(plan: Plan, ingest: Ingest, snapshots: list[Snapshot]) -> set[int]:
    """Return the snapshots that give the newest print of any figure; of codes with one extent the area's own counts."""
    files = ", ".join(literal(str(plan.folders.staged(s.snapshot_id) / CORRECTED)) for s in snapshots)
    figure = ", ".join(f"o.{c}" for c in FIGURE if c != "area_code")
    with connect() as con:
        con.register("wanted", _wanted(plan, ingest))
        con.register("papers", snapshots_table(snapshots))
        found = fetch(
            con,
            f"select distinct snapshot_id from (select o.snapshot_id from read_parquet([{files}]) as o "
            "join papers as p using (snapshot_id) join wanted as w on w.published_code = o.area_code and w.kind <> 'peer' "
            f"qualify row_number() over (partition by w.area_code, {figure} "
            "order by p.released desc, p.vintage desc, w.published_code = w.area_code desc, o.obs_key) = 1)",
        )
    return set(found["snapshot_id"].to_pylist())


def _write(plan: Plan, ingest: Ingest, snapshot: Snapshot, root: Path) -> int:
    layout = plan.registry.sources[snapshot.source_id].layouts[snapshot.layout]
    cells = ingest.cells_path(snapshot)
    of_file = {"vintage": snapshot.vintage, "part": snapshot.part, **snapshot.labels}
    kept = [re.fullmatch(pattern, of_file[k]) for k, pattern in layout.baseline_where.items() if k in of_file]
    if layout.baseline == "none" or not all(kept):
        return 0
    with connect() as con:
        by_cell = {k: pattern for k, pattern in layout.baseline_where.items() if k not in of_file}
        conditions = [f"regexp_full_match({_labels_sql(k)}, {literal(v)})" for k, v in by_cell.items()]
        if layout.baseline == "area" and not layout.produces:
            con.register("wanted", _wanted(plan, ingest))
            con.register("sector_codes", _sector_codes(plan, ingest))
            observed = plan.folders.staged(snapshot.snapshot_id) / OBSERVED
            ranked = peer_figures(plan.registry)
            conditions.append(
                f"ordinal in (select obs_key % 4294967296 from read_parquet({literal(str(observed))}) as o "
                f"join wanted as w on w.published_code = o.area_code where w.kind = 'own' "
                f"or (w.kind = 'part' and ({_PART_NEEDS})) or (w.kind = 'peer' and {ranked}))"
            )
        where = " where " + " and ".join(conditions) if conditions else ""
        table = fetch(con, f"select * from {relation(cells, layout.options)}{where} order by ordinal")
    if not table.num_rows:
        return 0
    path = root / snapshot.source_id / f"{snapshot.folder}.parquet"
    with replacing(path) as part:
        pq.write_table(table, part, compression="zstd", compression_level=19, use_dictionary=True, store_schema=False)
    manifest = replace(
        snapshot,
        origin="baseline",
        landed="",
        cells_sha256=digest_of(path),
        rows=table.num_rows,
        payload=None,
        cells=None,
    )
    path.with_suffix(".json").write_text(manifest.to_json(), encoding="utf-8")
    return table.num_rows


def _labels_sql(name: str) -> str:
    """Return SQL for one label, or for several named as `one|other`, whose texts are then joined in the same way."""
    return f"concat_ws('|', {', '.join(quoted(part) for part in name.split('|'))})"


def _wanted(plan: Plan, ingest: Ingest) -> pa.Table:
    """Return the codes whose cells are kept, and the code under which a build knows each."""
    codes = ingest.codes
    scope = scope_of(plan.area, codes)
    members = pa.concat_tables(ingest.lookups["area_members"])
    parts = parts_of(plan.area.england, members, codes)["part_code"].to_pylist()
    own = set(scope.published_codes)
    more = sorted(set(parts) - own)
    peers = list(peers_of(plan.area, codes))
    columns = {
        "published_code": [*scope.published_codes, *more, *peers],
        "area_code": [*scope.aliases["area_code"].to_pylist(), *more, *peers],
    }
    kinds = ["own"] * scope.aliases.num_rows + ["part"] * len(more) + ["peer"] * len(peers)
    return pa.table({**columns, "kind": kinds})


def _sector_codes(plan: Plan, ingest: Ingest) -> pa.Table:
    """Return the codes below division (two digits) that the area's priority sectors are made of."""
    named = {s.members_from for s in plan.area.sectors}
    rows = [r for t in ingest.lookups.get("sector_members", []) for r in t.to_pylist() if r["sector_id"] in named]
    return pa.table({"code": pa.array(sorted({r["industry"] for r in rows if len(r["industry"]) > 2}), pa.string())})


def _write_receipts(root: Path, area_id: str, today: date) -> Iterator[str]:
    """Validate the restated cells themselves and keep the results beside them, for whoever refreshes from these bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = make_plan(Settings(Path(scratch), area_id, today, baseline=root))
        ingest = Ingest(plan)
        ingest.receipts = replace(ingest.receipts, write=root / "receipts")
        for source_id in ingest.lookup_order():
            ingest.read_lookups(source_id)
        ingest.close_lookups()
        for source_id in plan.source_ids("statistics"):
            ingest.stage_source(source_id)
            outcomes = ingest.validate_source(source_id)
            bad = [o.error for o in outcomes if o.state != "ok"]
            if bad:
                raise CoverageError(
                    "the restated cells do not pass their expectations.", source=source_id, found=bad[0]
                )
            yield f"{source_id}: {sum(o.checks['passed'] for o in outcomes)} checks passed"


def _swap(fresh: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
