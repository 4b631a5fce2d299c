"""A data folder, the replay publisher and a clock that does not wait: live queries asked as a refresh asks them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from lmi.pipeline.folders import Folders
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.live import Asked, Live, fetch_source
from lmi.pipeline.outcomes import Outcome
from lmi.raw.fetch import Key, Waits
from lmi.raw.store import RawStore
from lmi.registry import AnyQuery, Registry, load
from tests.replay.publisher import Publisher

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KEYS = {"nomis": Key("nomis-secret/+1", parameter="uid"), "statxplore": Key("statx-secret==", header="APIKey")}


@cache
def registry() -> Registry:
    """The declarations, read once."""
    return load()


@dataclass
class Clock:
    """Waits are noted, not waited; time passes by them, and by itself."""

    waited: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    def ticks(self) -> float:
        return time.monotonic() + sum(self.waited)


def live_on(publisher: Publisher, clock: Clock, keys: Mapping[str, Key] = KEYS, **end: Any) -> Live:
    """Return live settings whose every service is the replay publisher, which are tried twice."""
    hasty = {"connect_seconds": 2, "silence_seconds": 20, "whole_seconds": 60, "tries": 2, "also": (), **end}
    services = {n: e.model_copy(update={"url": publisher.url(n), **hasty}) for n, e in registry().services.items()}
    return Live(services, {n: keys.get(n, Key()) for n in services}, NOW, Waits(clock.pause, clock.ticks))


@dataclass
class LiveBench:
    """`known` holds the look-ups of the baseline, read once, and a plan that is followed in the bench's own folder."""

    data: Path
    known: Ingest
    live: Live
    error: Exception | None = None

    def ask(self, source_id: str, queries: Mapping[str, AnyQuery] | None = None) -> list[Asked]:
        """Ask the queries of a source, or those given in their place, and return what became of each."""
        source = registry().sources[source_id]
        if queries is not None:
            source = source.model_copy(update={"queries": dict(queries)})
        asked: list[Asked] = []
        self.error = None
        try:
            fetch_source(source, registry().area(""), self.data, self.live, asked)
        except Exception as error:  # the tests look at what it is
            self.error = error
        return asked

    def take_in(self, source_id: str, *, check: bool = True) -> tuple[Ingest, list[Outcome]]:
        """Read, stage and check what was landed, as a refresh does it; return the outcomes of live files."""
        store = RawStore(self.data, self.known.plan.store.baseline_root)
        snapshots = tuple(store.landed())
        settings = replace(self.known.plan.settings, data=self.data)
        plan = replace(
            self.known.plan,
            settings=settings,
            snapshots=snapshots,
            visible=snapshots,
            folders=Folders(self.data),
            store=store,
        )
        ingest = Ingest(plan)
        ingest.codebook, ingest.lookups = self.known.codebook, dict(self.known.lookups)
        if plan.registry.sources[source_id].kind == "lookup":
            ingest.read_lookups(source_id)
        else:
            ingest.stage_source(source_id)
            if check:
                ingest.validate_source(source_id)
        return ingest, [o for o in ingest.outcomes.values() if o.origin == "live"]
