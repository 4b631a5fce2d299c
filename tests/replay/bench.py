"""A data folder, the replay publisher and a clock that does not wait: live queries asked as a refresh asks them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest, Outcome
from lmi.pipeline.live import Asked, Live, fetch_source
from lmi.raw.fetch import Key, Waits
from lmi.registry import AnyQuery, Source, load
from tests.pipeline.builds import DAY
from tests.replay.publisher import Publisher

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
KEYS = {"nomis": Key("nomis-secret/+1", parameter="uid"), "statxplore": Key("statx-secret==", header="APIKey")}


@dataclass
class Clock:
    """Waits are noted, not waited; time passes by them, and by itself."""

    waited: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    def ticks(self) -> float:
        return time.monotonic() + sum(self.waited)


def live_on(publisher: Publisher, clock: Clock, keys: Mapping[str, Key] = KEYS, **end: Any) -> Live:
    """Return live settings whose every service is the replay publisher, with hardly any patience."""
    hasty = {"connect_seconds": 2, "silence_seconds": 0.3, "whole_seconds": 0.6, "tries": 2, "also": (), **end}
    services = {n: e.model_copy(update={"url": publisher.url(n), **hasty}) for n, e in load().services.items()}
    return Live(services, {n: keys.get(n, Key()) for n in services}, NOW, Waits(clock.pause, clock.ticks))


@dataclass
class LiveBench:
    """`known` holds the look-ups, read once; `baseline` the last good vintages."""

    data: Path
    baseline: Path
    known: Ingest
    live: Live

    def ask(self, source_id: str, queries: Mapping[str, AnyQuery] | None = None) -> list[Asked]:
        """Ask the queries of a source, or those given in their place, and return what became of each."""
        registry = load()
        source: Source = registry.sources[source_id]
        if queries is not None:
            source = source.model_copy(update={"queries": dict(queries)})
        asked: list[Asked] = []
        self.error: Exception | None = None
        try:
            fetch_source(source, registry.area(""), self.data, self.live, asked)
        except Exception as error:
            self.error = error
        return asked

    def take_in(self, source_id: str) -> tuple[Ingest, list[Outcome]]:
        """Stage and check what was landed, as a refresh does it; return the outcomes of live files."""
        ingest = Ingest(make_plan(Settings(self.data, "", DAY, baseline=self.baseline)))
        ingest.codebook, ingest.lookups = self.known.codebook, self.known.lookups
        ingest.stage_source(source_id)
        ingest.validate_source(source_id)
        return ingest, [o for o in ingest.outcomes.values() if o.origin == "live"]
