"""One source from snapshot to curated observations, with every step kept so that it is done once.

Owns: the order of steps within a source, the cache of staged snapshots, and what happens when a step fails: that
snapshot is left out with its reason, older ones serve. Never: knows an area, a mart or a model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lmi import corrections as correcting
from lmi.curate import curate, curated_path, snapshots_table
from lmi.engine import read_parquet, replacing, share, write_parquet
from lmi.errors import LmiError, SnapshotMismatch, StoreError
from lmi.geography import members_in, predecessors_of
from lmi.lookups import CodeBook, build_lookup_tables
from lmi.pipeline.ahead import Ahead
from lmi.pipeline.editions import Compared, compare_editions, newest
from lmi.pipeline.outcomes import Outcome, count_checks, count_rules, digest_of_texts, read_meta, rules_broken
from lmi.pipeline.plan import Plan
from lmi.raw.manifest import Snapshot
from lmi.registry import Correction, Layout, Source, repository_root
from lmi.sources.cells import batches
from lmi.sources.parsers import write_cells
from lmi.staging import Account, located, stage
from lmi.tables import QUARANTINE
from lmi.validate import (
    Receipts,
    Suite,
    ValidationReport,
    accepted_rows,
    demand_passed,
    load_suite,
    quarantine_rows,
    read_report,
    validate,
    write_report,
)

#: The files of one staged snapshot, in the order in which they are made.
_META, _CHECKED, _REPORT = "staged.json", "checked.json", "report.json"
OBSERVED, _QUARANTINE, CORRECTED = "observations.parquet", "quarantine.parquet", "corrected.parquet"
_REFUSED, _ACCEPTED = "refused.parquet", "accepted.parquet"
#: Not the fault of a file's content: the disk is full, or bytes that we keep were changed. A build without the source
#: would bear the name of one with it, and a result kept by content would outlive the mending, so the refresh ends here.
_OURS = (StoreError, SnapshotMismatch)


class Ingest:
    """The steps of the sources of one plan. `codebook` is there once the look-ups were read."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.codebook: CodeBook = CodeBook.declared()
        self.lookups: dict[str, list[pa.Table]] = {}
        self.predecessors: dict[str, tuple[str, ...]] = {}  # districts that went whole into a member
        self.outcomes: dict[int, Outcome] = {}
        self._suites: dict[str, Suite] = {}
        self._compared: dict[str, Compared] = {}
        self._ahead: Ahead[list[Outcome]] | None = None
        self._quarantined: pa.Table | None = None  # read once for the build and its page of checks
        folders = plan.folders
        self.receipts = Receipts((folders.receipts, plan.store.baseline_root / "receipts"), folders.receipts)

    @property
    def codes(self) -> pa.Table:
        """The code lists of the look-ups, and our own (tables.CODES)."""
        return self.codebook.table()

    def lookup_order(self) -> list[str]:
        """Return the look-up sources that have a snapshot, code lists before what refers to them."""
        ids = self.plan.source_ids("lookup")
        return sorted(ids, key=lambda i: (_refers(self.plan.registry.sources[i]), i))

    def read_lookups(self, source_id: str) -> list[Outcome]:
        """Read the newest good vintage of each part of a look-up source into codes, crosswalks and members."""
        made: list[Outcome] = []
        source = self.plan.registry.sources[source_id]
        for vintages in _by_part([s for s in self.plan.visible if s.source_id == source_id]):
            for snapshot in vintages:
                made.append(self._read_lookup(snapshot, source))
                if made[-1].state == "ok":
                    break  # older vintages are not read: a look-up is replaced whole
        self._keep(made)
        return made

    def _read_lookup(self, snapshot: Snapshot, source: Source) -> Outcome:
        try:
            cells = self._cells(snapshot, source)
            layout = source.layouts[snapshot.layout]
            table = pa.concat_tables(batches(cells, layout.options), promote_options="permissive")
            tables = build_lookup_tables(table, source, layout, snapshot.snapshot_id, self.codebook)
        except _OURS:
            raise
        except LmiError as error:
            return self._outcome(snapshot, "stopped", error=str(error), kind=type(error).__name__)
        for name, table in tables.items():
            self.lookups.setdefault(name, []).append(table)
        return self._outcome(snapshot, "ok")

    def close_lookups(self) -> None:
        """Make the code book from all look-ups read so far."""
        self.codebook = self.codebook.extended(self.lookups)
        for table in self.lookups.get("crosswalks", ()):
            self.predecessors |= predecessors_of(self.plan.area, table)

    def work_ahead(self) -> None:
        """Begin to stage and check the sources that only have restated files; end with `close`."""
        restated = [
            source_id
            for source_id in self.plan.source_ids("statistics")
            if all(s.payload is None for s in self.plan.of_source(source_id))
        ]
        self._ahead = Ahead(restated, self._stage_all, self._validate_all)

    def close(self) -> None:
        """End what was begun ahead: nothing is written after this."""
        if self._ahead is not None:
            self._ahead.close()

    def stage_source(self, source_id: str) -> list[Outcome]:
        """Stage every snapshot of a source that is not staged already; return one outcome each."""
        made = self._ahead.first(source_id) if self._ahead is not None else None
        if made is None:
            made = self._stage_all(source_id)
        self._keep(made)
        return made

    def _stage_all(self, source_id: str) -> list[Outcome]:
        source = self.plan.registry.sources[source_id]
        return [self._stage_once(snapshot, source) for snapshot in self.plan.of_source(source_id)]

    def validate_source(self, source_id: str) -> list[Outcome]:
        """Check the staged snapshots of a source against its expectations; rows that a rule refuses go to quarantine.

        A snapshot for which the source must stop is left out, and what it broke is its outcome's error.
        """
        made = self._ahead.second(source_id) if self._ahead is not None else None
        if made is None:
            made = self._validate_all(source_id, [o for o in self.outcomes.values() if o.source_id == source_id])
        self._keep(made)
        self._keep(self._compare_editions(source_id, self._suite(source_id)))
        return [self.outcomes[outcome.snapshot_id] for outcome in made]

    def _validate_all(self, source_id: str, staged: list[Outcome]) -> list[Outcome]:
        suite = self._suite(source_id)
        good = sorted((o for o in staged if o.state == "ok"), key=lambda o: o.snapshot_id)
        return [self._validate_once(outcome, suite) for outcome in good]

    def _suite(self, source_id: str) -> Suite:
        if source_id not in self._suites:
            self._suites[source_id] = load_suite(repository_root() / "expectations", source_id)
        return self._suites[source_id]

    def _compare_editions(self, source_id: str, suite: Suite) -> list[Outcome]:
        """Ask what can only be asked of two editions; return the newest file's outcome with the answers."""
        good = {o.snapshot_id for o in self.visible_outcomes() if o.source_id == source_id and o.state == "ok"}
        snapshots = [s for s in self.plan.visible if s.snapshot_id in good]
        if not snapshots:
            return []
        folders = {s.snapshot_id: self.plan.folders.staged(s.snapshot_id) for s in snapshots}
        files = {snapshot_id: folder / _ACCEPTED for snapshot_id, folder in folders.items()}
        own = read_report(folders[newest(snapshots).snapshot_id] / _REPORT)
        found = compare_editions(suite, snapshots, files, own, self.receipts)
        if found is None:
            return []
        self._compared[source_id] = found
        outcome = self.outcomes[found.snapshot_id]
        try:
            demand_passed(found.report)
        except LmiError as error:
            return [replace(outcome, state="stopped", error=str(error), kind=type(error).__name__)]
        return [replace(outcome, checks={**outcome.checks, **count_checks(found.within(own))})]

    def curate_source(self, source_id: str) -> int:
        """Write the source's curated observations from its good snapshots; return their number."""
        good = [o for o in self.outcomes.values() if o.source_id == source_id and o.state == "ok"]
        parts = [self.plan.folders.staged(o.snapshot_id) / _ACCEPTED for o in sorted(good, key=lambda o: o.snapshot_id)]
        if not parts:
            return 0
        return curate(parts, curated_path(self.plan.folders.curated, source_id))

    def visible_outcomes(self) -> tuple[Outcome, ...]:
        """Return what became of the snapshots that the build may read; a later one is no concern of it."""
        visible = {s.snapshot_id for s in self.plan.visible}
        return tuple(o for _, o in sorted(self.outcomes.items()) if o.snapshot_id in visible)

    def reports(self) -> dict[int, ValidationReport]:
        """Return the checks of every snapshot that the build may read and that could be read, by snapshot."""
        folders = {o.snapshot_id: self.plan.folders.staged(o.snapshot_id) / _REPORT for o in self.visible_outcomes()}
        reports = {key: read_report(path) for key, path in folders.items() if path.is_file()}
        compared = {found.snapshot_id: found for found in self._compared.values()}
        return {key: compared[key].within(r) if key in compared else r for key, r in reports.items()}

    def quarantined(self) -> pa.Table:
        """Return every quarantined row of the snapshots that the build may read (tables.QUARANTINE)."""
        if self._quarantined is not None:
            return self._quarantined
        parts = []
        for outcome in self.visible_outcomes():
            if not outcome.quarantined:
                continue
            folder = self.plan.folders.staged(outcome.snapshot_id)
            parts += [
                QUARANTINE.conform(read_parquet(folder / name))
                for name in (_QUARANTINE, _REFUSED)
                if (folder / name).is_file()
            ]
        empty = QUARANTINE.arrow_schema().empty_table()
        self._quarantined = pa.concat_tables([empty, *parts]).sort_by(
            [("source_id", "ascending"), ("obs_key", "ascending"), ("rule", "ascending")]
        )
        return self._quarantined

    def cells_path(self, snapshot: Snapshot) -> Path:
        """Return where a snapshot's cells are."""
        if snapshot.cells is not None:
            return snapshot.cells
        return self.plan.folders.staged(snapshot.snapshot_id) / "cells.parquet"

    def _layout(self, snapshot: Snapshot) -> Layout:
        return self.plan.registry.sources[snapshot.source_id].layouts[snapshot.layout]

    def _keep(self, outcomes: list[Outcome]) -> None:
        self.outcomes |= {o.snapshot_id: o for o in outcomes}
        self._quarantined = None

    def _stage_once(self, snapshot: Snapshot, source: Source) -> Outcome:
        folder = self.plan.folders.staged(snapshot.snapshot_id)
        key = self._key(snapshot, source)
        known = read_meta(folder / _META)
        if known is not None and known.get("key") == key:
            if known["outcome"]["state"] == "ok":
                self._cells(snapshot, source)  # a build reads the cells once more: they must be there, and unchanged
            body = {**known["outcome"], "reused": True, "origin": snapshot.origin}
            return Outcome(**body)
        try:
            account, quarantined = self._stage(snapshot, source, folder)
            made = self._outcome(snapshot, "ok", account=asdict(account), quarantined=quarantined)
        except _OURS:
            raise
        except LmiError as error:
            told = {"error": str(error), "kind": type(error).__name__}
            made = self._outcome(snapshot, "stopped", quarantined=rules_broken(folder / _QUARANTINE), **told)
        with replacing(folder / _META, durable=False) as part:
            part.write_text(
                json.dumps({"key": key, "outcome": asdict(made)}, indent=1, sort_keys=True), encoding="utf-8"
            )
        return made

    def _validate_once(self, outcome: Outcome, suite: Suite) -> Outcome:
        folder = self.plan.folders.staged(outcome.snapshot_id)
        members = ",".join([*self.plan.area.members, *(c for before in self.predecessors.values() for c in before)])
        key = digest_of_texts((folder / _META).read_text(encoding="utf-8"), suite.digest, members, self.plan.code)
        known = read_meta(folder / _CHECKED)
        if known is not None and known.get("key") == key:
            return Outcome(**{**known["outcome"], "reused": True, "origin": outcome.origin})
        try:
            made = self._validate(outcome, suite, folder)
        except _OURS:
            raise
        except LmiError as error:
            made = replace(outcome, state="stopped", error=str(error), kind=type(error).__name__, reused=False)
        with replacing(folder / _CHECKED, durable=False) as part:
            part.write_text(
                json.dumps({"key": key, "outcome": asdict(made)}, indent=1, sort_keys=True), encoding="utf-8"
            )
        return made

    def _validate(self, outcome: Outcome, suite: Suite, folder: Path) -> Outcome:
        table = folder / CORRECTED
        snapshot = next(s for s in self.plan.snapshots if s.snapshot_id == outcome.snapshot_id)
        relations = {
            "codes": self.codes,
            "members": pa.table({"area_code": self._members_of(table)}),
            "snapshots": snapshots_table([snapshot]),
        }
        about = f"{snapshot.vintage} {snapshot.layout} {snapshot.part}".strip()
        report = validate(
            None, table, suite, outcome.source_id, relations=relations, receipts=self.receipts, about=about
        )
        write_report(report, folder / _REPORT)
        refused = quarantine_rows(None, report, suite, table, relations)
        if refused.num_rows:
            write_parquet(accepted_rows(None, read_parquet(table), refused), folder / _ACCEPTED)
        else:
            share(table, folder / _ACCEPTED)
        write_parquet(self._with_places(refused, outcome), folder / _REFUSED)
        demand_passed(report)
        rules = dict(outcome.quarantined)
        for rule, number in count_rules(refused).items():
            rules[rule] = number
        day = self.plan.settings.as_of.isoformat()
        checks = {**count_checks(report), "on": day, "receipt": report.receipt_used}
        return replace(outcome, quarantined=rules, checks=checks, reused=False)

    def _members_of(self, figures: Path) -> list[str]:
        """Return the districts that a file must have, which are older ones where they were told before the area's own."""
        area, before = self.plan.area, self.predecessors
        published = pc.unique(read_parquet(figures, ["area_code"])["area_code"]).to_pylist() if before else ()
        return members_in(area, before, published)

    def _with_places(self, refused: pa.Table, outcome: Outcome) -> pa.Table:
        """Add where each refused figure stands and what was printed there."""
        if not refused.num_rows:
            return QUARANTINE.arrow_schema().empty_table()
        snapshot = next(s for s in self.plan.snapshots if s.snapshot_id == outcome.snapshot_id)
        return QUARANTINE.conform(
            located(self.cells_path(snapshot), self._layout(snapshot), outcome.snapshot_id, refused)
        )

    def _stage(self, snapshot: Snapshot, source: Source, folder: Path) -> tuple[Account, dict[str, int]]:
        """Cells, observations, corrections: in that order, each leaving its file."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in (_QUARANTINE, _REFUSED, _CHECKED, _REPORT):
            (folder / name).unlink(missing_ok=True)
        cells = self._cells(snapshot, source)
        layout = source.layouts[snapshot.layout]
        account = stage(snapshot, source, layout, cells, self.codebook, folder / OBSERVED, folder / _QUARANTINE)
        mine = [c for c in self.plan.registry.corrections if c.source == source.source_id]
        if not mine:
            share(folder / OBSERVED, folder / CORRECTED)
            return account, {}
        corrected, refused = correcting.apply_corrections(read_parquet(folder / OBSERVED), mine, snapshot.file_name)
        write_parquet(corrected, folder / CORRECTED)
        if refused:
            self._keep_corrected(snapshot, source, refused, mine, folder / _QUARANTINE, cells)
        return account, {name: rows.num_rows for name, rows in refused.items()}

    def _keep_corrected(
        self,
        snapshot: Snapshot,
        source: Source,
        refused: Mapping[str, pa.Table],
        mine: list[Correction],
        path: Path,
        cells: Path,
    ) -> None:
        """Add what corrections took out to the snapshot's quarantined rows."""
        reasons = {c.id: c.reason for c in mine}
        rows = pa.concat_tables(
            [
                pa.table(
                    {
                        "obs_key": table["obs_key"],
                        "snapshot_id": table["snapshot_id"],
                        "source_id": [source.source_id] * table.num_rows,
                        "rule": [name] * table.num_rows,
                        "reason": [reasons[name]] * table.num_rows,
                    }
                )
                for name, table in refused.items()
            ]
        )
        found = QUARANTINE.conform(located(cells, source.layouts[snapshot.layout], snapshot.snapshot_id, rows))
        write_parquet(pa.concat_tables([QUARANTINE.conform(read_parquet(path)), found]), path)

    def _cells(self, snapshot: Snapshot, source: Source) -> Path:
        """Return the snapshot's cells, parsed from the landed file when they were not before."""
        path = self.cells_path(snapshot)
        if snapshot.payload is None:
            self.plan.store.verify(snapshot)
            return path
        layout = source.layouts[snapshot.layout]
        key = digest_of_texts(
            snapshot.sha256, layout.parser, json.dumps(layout.options, sort_keys=True, default=str), self.plan.code
        )
        mark = path.with_suffix(".key")
        if not (path.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == key):
            self.plan.store.verify(snapshot)
            write_cells(snapshot.payload, source, layout, path)
            with replacing(mark, durable=False) as part:
                part.write_text(key, encoding="utf-8")
        return path

    def _key(self, snapshot: Snapshot, source: Source) -> str:
        digests: Mapping[str, str] = self.plan.registry.digests
        return digest_of_texts(
            snapshot.sha256,
            snapshot.origin,
            snapshot.cells_sha256,
            self.plan.code,
            self.codebook.digest,
            digests[f"sources/{source.source_id}.toml"],
            "".join(f"{k}{v}" for k, v in sorted(digests.items()) if k.startswith("declared/corrections")),
        )

    def _outcome(self, snapshot: Snapshot, state: str, **more: Any) -> Outcome:
        return Outcome(
            source_id=snapshot.source_id,
            vintage=snapshot.vintage,
            layout=snapshot.layout,
            part=snapshot.part,
            sha256=snapshot.sha256,
            snapshot_id=snapshot.snapshot_id,
            origin=snapshot.origin,
            released=snapshot.released.isoformat(),
            state=state,
            **more,
        )


def _refers(source: Source) -> bool:
    """True when any table of the look-up finds a code by its name in another look-up."""
    specs = [spec for layout in source.layouts.values() for made in layout.produces for spec in made.columns.values()]
    return any(spec.scheme is not None for spec in specs)


def _by_part(snapshots: list[Snapshot]) -> list[list[Snapshot]]:
    """Return the snapshots of each layout and part, newest first."""
    parts: dict[tuple[str, str], list[Snapshot]] = {}
    for snapshot in sorted(snapshots, key=lambda s: (s.released, s.vintage)):
        parts.setdefault((snapshot.layout, snapshot.part), []).insert(0, snapshot)
    return list(parts.values())
