"""Where things lie below one data folder.

Owns: the layout of `data/`. Never: reads or writes a file's content.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """The data folder and what is where below it."""

    data: Path

    @property
    def raw(self) -> Path:
        """Snapshots; only the raw store writes here."""
        return self.data / "raw"

    @property
    def responses(self) -> Path:
        """Answers of publishers' services as they came; only fetching writes here."""
        return self.data / "responses"

    @property
    def curated(self) -> Path:
        """Everything that can be made again from raw."""
        return self.data / "curated"

    @property
    def receipts(self) -> Path:
        """Results of validation, kept by the bytes that were checked."""
        return self.curated / "receipts"

    @property
    def builds(self) -> Path:
        """One folder a build."""
        return self.curated / "builds"

    @property
    def status(self) -> Path:
        """What the last refresh found, source by source."""
        return self.curated / "status.json"

    @property
    def live(self) -> Path:
        """What asking the publishers brought the last time, query by query."""
        return self.curated / "live.json"

    @property
    def aside(self) -> Path:
        """Live files that no build can be made with, and why."""
        return self.curated / "aside.json"

    def staged(self, snapshot_id: int) -> Path:
        """Return the folder of one snapshot's cells, observations and quarantined rows."""
        return self.curated / "staged" / f"{snapshot_id:010d}"
