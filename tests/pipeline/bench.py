"""One data folder in which files are landed, staged, checked and curated as a refresh does it, without the build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import Landed, land
from lmi.pipeline.outcomes import Outcome
from lmi.pipeline.status import State, write_status
from lmi.registry import load
from tests.pipeline.builds import DAY


@dataclass
class Bench:
    """`baseline` holds the last good vintages; `known` the look-ups, read once."""

    data: Path
    baseline: Path
    known: Ingest

    def land(self, name: str, content: str | bytes, **said: Any) -> Landed:
        """Land a file with this content under `name`."""
        path = self.data.parent / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return land([path], self.data, load(), DAY, **said)[0]

    def take_in(self, *source_ids: str) -> Ingest:
        """Stage, check and curate the sources, and write the status as a refresh does."""
        ingest = Ingest(make_plan(Settings(self.data, "", DAY, baseline=self.baseline)))
        ingest.codebook, ingest.lookups = self.known.codebook, self.known.lookups
        for source_id in source_ids:
            ingest.stage_source(source_id)
            ingest.validate_source(source_id)
            ingest.curate_source(source_id)
        titles = {s.source_id: s.title for s in ingest.plan.registry.sources.values()}
        write_status(self.data, State(tuple(ingest.outcomes.values()), "", DAY.isoformat(), titles=titles))
        return ingest


def landed_one(ingest: Ingest) -> Outcome:
    """Return the outcome of the only file that was landed."""
    found = [o for o in ingest.outcomes.values() if o.origin == "landed"]
    assert len(found) == 1, found
    return found[0]
