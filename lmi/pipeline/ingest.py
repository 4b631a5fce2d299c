"""One source from snapshot to curated observations, with every step kept so that it is done once.

Owns: the order of steps within a source, the cache of staged snapshots, and what happens when a step fails: that
snapshot is left out with its reason, older ones serve. Never: knows an area, a mart or a model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi import corrections as correcting
from lmi.curate import curate, curated_path
from lmi.engine import read_parquet, replacing, write_parquet
from lmi.errors import LmiError
from lmi.lookups import CodeBook, build_lookup_tables
from lmi.pipeline.plan import Plan
from lmi.raw.manifest import Snapshot
from lmi.registry import Source
from lmi.sources.parsers import write_cells
from lmi.staging import Account, stage
from lmi.tables import QUARANTINE

_META = "meta.json"


@dataclass(frozen=True)
class Outcome:
    """What became of one snapshot. `state` is ok or stopped; `error` is the paragraph when it stopped."""

    source_id: str
    vintage: str
    layout: str
    part: str
    sha256: str
    snapshot_id: int
    origin: str
    released: str
    state: str
    error: str = ""
    account: dict[str, Any] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    reused: bool = False


class Ingest:
    """The steps of the sources of one plan. `codebook` is there once the look-ups were read."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.codebook: CodeBook = CodeBook.declared()
        self.lookups: dict[str, list[pa.Table]] = {}
        self.outcomes: dict[int, Outcome] = {}

    def read_lookups(self, source_id: str) -> list[Outcome]:
        """Read the newest good edition of a look-up source into codes, crosswalks and members."""
        made: list[Outcome] = []
        source = self.plan.registry.sources[source_id]
        for snapshot in _newest_parts([s for s in self.plan.visible if s.source_id == source_id]):
            try:
                cells = self._cells(snapshot, source)
                tables = build_lookup_tables(
                    read_parquet(cells), source, source.layouts[snapshot.layout], snapshot.snapshot_id, self.codebook
                )
                for name, table in tables.items():
                    self.lookups.setdefault(name, []).append(table)
                made.append(self._outcome(snapshot, "ok"))
            except LmiError as error:
                made.append(self._outcome(snapshot, "stopped", error=str(error)))
        self._keep(made)
        return made

    def close_lookups(self) -> None:
        """Make the code book from all look-ups read so far."""
        self.codebook = self.codebook.extended(self.lookups)

    def stage_source(self, source_id: str) -> list[Outcome]:
        """Stage every snapshot of a source that is not staged already; return one outcome each."""
        source = self.plan.registry.sources[source_id]
        made = [self._stage_once(snapshot, source) for snapshot in self.plan.of_source(source_id)]
        self._keep(made)
        return made

    def curate_source(self, source_id: str) -> int:
        """Write the source's curated observations from its good snapshots; return their number."""
        good = [o for o in self.outcomes.values() if o.source_id == source_id and o.state == "ok"]
        parts = [self.plan.folders.staged(o.snapshot_id) / "accepted.parquet" for o in sorted(good, key=lambda o: o.snapshot_id)]
        if not parts:
            return 0
        return curate(parts, curated_path(self.plan.folders.curated, source_id))

    def quarantined(self) -> pa.Table:
        """Return every quarantined row of the plan's snapshots (tables.QUARANTINE)."""
        parts = []
        for outcome in self.outcomes.values():
            path = self.plan.folders.staged(outcome.snapshot_id) / "quarantine.parquet"
            if path.is_file():
                parts.append(QUARANTINE.conform(read_parquet(path)))
        empty = QUARANTINE.arrow_schema().empty_table()
        return pa.concat_tables([empty, *parts]).sort_by([("source_id", "ascending"), ("obs_key", "ascending"), ("rule", "ascending")])

    def cells_path(self, snapshot: Snapshot) -> Path:
        """Return where a snapshot's cells are."""
        if snapshot.cells is not None:
            return snapshot.cells
        return self.plan.folders.staged(snapshot.snapshot_id) / "cells.parquet"

    def _keep(self, outcomes: list[Outcome]) -> None:
        self.outcomes |= {o.snapshot_id: o for o in outcomes}

    def _stage_once(self, snapshot: Snapshot, source: Source) -> Outcome:
        folder = self.plan.folders.staged(snapshot.snapshot_id)
        key = self._key(snapshot, source)
        known = _read_meta(folder / _META)
        if known is not None and known.get("key") == key:
            body = {**known["outcome"], "reused": True, "origin": snapshot.origin}
            return Outcome(**body)
        try:
            account, quarantined, checks = self._stage(snapshot, source, folder)
            made = self._outcome(snapshot, "ok", account=asdict(account), quarantined=quarantined, checks=checks)
        except LmiError as error:
            made = self._outcome(snapshot, "stopped", error=str(error), quarantined=_rules(folder / "quarantine.parquet"))
        with replacing(folder / _META) as part:
            part.write_text(json.dumps({"key": key, "outcome": asdict(made)}, indent=1, sort_keys=True), encoding="utf-8")
        return made

    def _stage(self, snapshot: Snapshot, source: Source, folder: Path) -> tuple[Account, dict[str, int], dict[str, Any]]:
        """Cells, observations, corrections, expectations: in that order, each leaving its file."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "quarantine.parquet").unlink(missing_ok=True)
        cells = self._cells(snapshot, source)
        layout = source.layouts[snapshot.layout]
        account = stage(
            snapshot, source, layout, cells, self.codebook, folder / "observations.parquet", folder / "quarantine.parquet"
        )
        mine = [c for c in self.plan.registry.corrections if c.source == source.source_id]
        observed = read_parquet(folder / "observations.parquet")
        accepted, refused = correcting.apply_corrections(observed, mine, snapshot.file_name)
        write_parquet(accepted, folder / "accepted.parquet")
        checks: dict[str, Any] = {}
        return account, {name: rows.num_rows for name, rows in refused.items()}, checks

    def _cells(self, snapshot: Snapshot, source: Source) -> Path:
        """Return the snapshot's cells, parsed from the landed file when they were not before."""
        path = self.cells_path(snapshot)
        if snapshot.payload is None:
            return path
        layout = source.layouts[snapshot.layout]
        key = _digest(snapshot.sha256, layout.parser, json.dumps(layout.options, sort_keys=True, default=str), self.plan.code)
        mark = path.with_suffix(".key")
        if not (path.is_file() and mark.is_file() and mark.read_text(encoding="utf-8") == key):
            self.plan.store.verify(snapshot)
            write_cells(snapshot.payload, source, layout, path)
            with replacing(mark) as part:
                part.write_text(key, encoding="utf-8")
        return path

    def _key(self, snapshot: Snapshot, source: Source) -> str:
        digests: Mapping[str, str] = self.plan.registry.digests
        return _digest(
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


def _newest_parts(snapshots: list[Snapshot]) -> list[Snapshot]:
    """Return the newest snapshot of each layout and part: a look-up is replaced whole."""
    newest: dict[tuple[str, str], Snapshot] = {}
    for snapshot in snapshots:
        newest[snapshot.layout, snapshot.part] = snapshot
    return list(newest.values())


def _rules(path: Path) -> dict[str, int]:
    if not path.is_file():
        return {}
    counts = read_parquet(path)["rule"].value_counts()
    return {str(row["values"]): int(row["counts"]) for row in counts.to_pylist()}


def _read_meta(path: Path) -> dict[str, Any] | None:
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return body
    except (OSError, ValueError):
        return None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
