"""Publishers' files landed and staged as a refresh does it: a few given files, or the publishers' own once a session."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lmi.contract import literal
from lmi.engine import connect, fetch
from lmi.errors import StoreError
from lmi.pipeline.folders import Folders
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import Landed, land
from lmi.pipeline.outcomes import Outcome
from lmi.pipeline.plan import Plan, Settings, known_by, make_plan
from lmi.publish import refresh_lock
from lmi.raw.manifest import Snapshot
from lmi.raw.store import RawStore
from lmi.registry import load, repository_root

DAY = date(2026, 11, 1)
REGISTRY = load()
LOOKUPS = ("geography", "classifications")
#: Every source of statistics of which files are declared: a new one is tried without an entry anywhere.
CORE = tuple(sorted(s.source_id for s in REGISTRY.sources.values() if s.kind == "statistics" and s.editions))
#: The fourteen districts, written out: the oracle's own list, not the code's.
DISTRICTS = ("E06000008", "E06000009", *(f"E070001{n}" for n in range(17, 29)))


class Staged:
    """Staged figures to ask in SQL: the view `figures` is one source's observations with vintage, part and layout.

    Of the committed baseline only the look-ups serve: figures are those of the files given, and of no others.
    """

    def __init__(self, folders: Sequence[Path], data: Path) -> None:
        self.data = data
        self.landed: list[Landed] = land(folders, data, REGISTRY, DAY)
        self.ingest = Ingest(plan_of(data))
        _read_lookups(self.ingest)
        self._outcomes: dict[str, list[Outcome]] = {}

    def outcomes(self, source_id: str) -> list[Outcome]:
        """Return what became of each file of the source, staging them at the first call."""
        if source_id not in self._outcomes:
            self._outcomes[source_id] = self.ingest.stage_source(source_id)
        return self._outcomes[source_id]

    def accounts(self, source_id: str) -> dict[str, dict[str, Any]]:
        """Return the account of each file, by vintage, layout and part."""
        return {
            f"{o.vintage}~{o.layout}" + (f"~{o.part}" if o.part else ""): o.account for o in self.outcomes(source_id)
        }

    def ask(self, source_id: str, sql: str) -> list[dict[str, Any]]:
        """Return the rows of `sql` over `figures`."""
        good = [o for o in self.outcomes(source_id) if o.state == "ok"]
        assert good, [o.error for o in self.outcomes(source_id)]
        parts = [
            f"select *, {literal(o.vintage)} as vintage, {literal(o.part)} as part, {literal(o.layout)} as layout "
            f"from read_parquet({literal(str(self.ingest.plan.folders.staged(o.snapshot_id) / 'corrected.parquet'))})"
            for o in good
        ]
        with connect() as con:
            con.execute("create view figures as " + " union all ".join(parts))
            return fetch(con, sql).to_pylist()

    def one(self, source_id: str, sql: str) -> Any:
        """Return the only value of the only row."""
        rows = self.ask(source_id, sql)
        assert len(rows) == 1, rows
        return next(iter(rows[0].values()))


class Holdings(Staged):
    """The publishers' files in one data folder for the whole session, however many processes run its tests.

    Look-ups are read at once. A source's files are landed and staged by whoever asks for them first, and by no one again.
    """

    def __init__(self, shared_data: Path, shared_method: Path, data: Path) -> None:
        self._shared = shared_data
        self._held: set[str] = set()
        with turn(data):
            super().__init__([shared_method, *(shared_data / name for name in LOOKUPS)], data)

    def of(self, *source_ids: str) -> Holdings:
        """Return these holdings with the files of the sources landed."""
        new = [source_id for source_id in source_ids if source_id not in self._held]
        if new:
            with turn(self.data):
                self.landed += land([self._shared / source_id for source_id in new], self.data, REGISTRY, DAY)
                self.ingest.plan = plan_of(self.data)
            self._held |= set(new)
        return self

    def outcomes(self, source_id: str) -> list[Outcome]:
        """Return what became of each file of the source, staging them when no one did yet."""
        if source_id not in self._outcomes:
            self.of(source_id)
            with turn(self.data / "turns" / source_id):
                super().outcomes(source_id)
        return self._outcomes[source_id]


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Wait until no other process works on what `folder` stands for, and keep the others waiting."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(refresh_lock(folder, "staging for tests"))
                break
            except StoreError:  # another worker is at it
                time.sleep(0.05)
        yield


@cache
def _nothing_landed() -> Plan:
    return make_plan(Settings(repository_root() / "data" / "none", "", DAY))


def plan_of(data: Path) -> Plan:
    """Return the plan for what was landed in `data` and for the baseline's look-ups that were not."""
    base = _nothing_landed()
    landed = RawStore(data).landed()
    have = {s.sha256 for s in landed}
    lookups = [s for s in base.snapshots if base.registry.sources[s.source_id].kind == "lookup"]
    snapshots = sorted([*landed, *(s for s in lookups if s.sha256 not in have)], key=in_order)
    return replace(
        base,
        settings=replace(base.settings, data=data),
        snapshots=tuple(snapshots),
        visible=tuple(known_by(snapshots, DAY, base.registry)),
        folders=Folders(data),
        store=RawStore(data),
    )


def in_order(snapshot: Snapshot) -> tuple[str, date, str, str, str]:
    """Return what a source's snapshots are sorted by, oldest first."""
    return snapshot.source_id, snapshot.released, snapshot.vintage, snapshot.layout, snapshot.part


@cache
def _baseline_lookups() -> Ingest:
    ingest = Ingest(plan_of(repository_root() / "data" / "none"))
    _read(ingest)
    return ingest


def _read_lookups(ingest: Ingest) -> None:
    """Read the look-ups of the plan; those of the baseline, which most tests have and no others, once a process."""
    lookups = set(ingest.plan.source_ids("lookup"))
    if any(s.payload is not None for s in ingest.plan.visible if s.source_id in lookups):
        _read(ingest)
    else:
        known = _baseline_lookups()
        ingest.codebook, ingest.outcomes = known.codebook, dict(known.outcomes)
        ingest.lookups = {name: list(tables) for name, tables in known.lookups.items()}


def _read(ingest: Ingest) -> None:
    for source_id in ingest.lookup_order():
        ingest.read_lookups(source_id)
    ingest.close_lookups()


@pytest.fixture(scope="session")
def staged(holdings: Holdings) -> Staged:
    """The publishers' files, whichever source is asked for."""
    return holdings


def in_districts() -> str:
    """Return the SQL condition that a figure is for one of the fourteen districts."""
    return f"area_code in ({', '.join(map(literal, DISTRICTS))})"
