"""One data folder in which files are landed, staged, checked and curated as a refresh does it, without the build."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lmi.pipeline.folders import Folders
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import Landed, land
from lmi.pipeline.outcomes import Outcome
from lmi.pipeline.plan import known_by
from lmi.pipeline.status import State, write_status
from lmi.raw.store import RawStore
from lmi.registry import load
from tests.pipeline.builds import DAY

#: The declarations, read once.
REGISTRY = load()


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
        return land([path], self.data, REGISTRY, DAY, **said)[0]

    def take_in(self, *source_ids: str) -> Ingest:
        """Stage, check and curate the sources, and write the status as a refresh does."""
        store = RawStore(self.data, self.baseline)
        snapshots = tuple(store.serving())
        plan = self.known.plan
        settings = replace(plan.settings, data=self.data, baseline=self.baseline)
        visible = tuple(known_by(snapshots, DAY, plan.registry))
        folders = Folders(self.data)
        ingest = Ingest(
            replace(plan, settings=settings, snapshots=snapshots, visible=visible, folders=folders, store=store)
        )
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
