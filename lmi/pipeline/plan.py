"""What a refresh would read, and whether that is anything new.

Owns: the settings of a run, the snapshots that serve, the digest of all inputs and the name of the build.
Never: reads a payload, reads the clock (the day is a setting).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lmi import __version__
from lmi.errors import CoverageError
from lmi.pipeline.folders import Folders
from lmi.raw.manifest import Snapshot
from lmi.raw.store import RawStore
from lmi.registry import Area, Registry, load, repository_root


@dataclass(frozen=True)
class Settings:
    """One run: where, for which area (empty: the default), as known on which day, limited to which sources (none: all)."""

    data: Path
    area_id: str
    as_of: date
    sources: tuple[str, ...] = ()
    baseline: Path | None = None


@dataclass(frozen=True)
class Plan:
    """All that a build depends on. Equal `digest` means equal marts.

    `snapshots` are all vintages at hand, which are staged and kept; `visible` those that the build may read; `aside` live
    files with which no build could be made, each with the reason (lmi.pipeline.aside).
    """

    settings: Settings
    registry: Registry
    area: Area
    snapshots: tuple[Snapshot, ...]
    visible: tuple[Snapshot, ...]
    digest: str
    folders: Folders
    store: RawStore
    code: str
    aside: tuple[tuple[Snapshot, str], ...] = ()

    @property
    def mark(self) -> str:
        """What decides whether a build can be made of the same files: code, declarations and area."""
        return f"{self.code} {self.registry.digest} {self.area.id}"

    def without(self, left: Mapping[str, str]) -> Plan:
        """Return the plan that leaves out the files with these digests (sha256 -> reason); older vintages serve."""
        aside = tuple((s, left[s.sha256]) for s in self.snapshots if s.sha256 in left)
        kept = [s for s in self.snapshots if s.sha256 not in left]
        visible = tuple(known_by(kept, self.settings.as_of, self.registry))
        digest = _digest(self.code, self.registry, self.area, visible)
        return replace(self, visible=visible, aside=aside, digest=digest)

    @property
    def build_id(self) -> str:
        """The build's name: area, day and digest of code, declarations and snapshots."""
        return f"{self.area.id}-{self.settings.as_of.isoformat()}-{self.digest[:12]}"

    def of_source(self, source_id: str) -> list[Snapshot]:
        """Return the source's snapshots, oldest first."""
        return [s for s in self.snapshots if s.source_id == source_id]

    def source_ids(self, kind: str) -> list[str]:
        """Return the ids of the sources of one kind that have a snapshot, in order."""
        have = {s.source_id for s in (self.visible if kind == "lookup" else self.snapshots)}
        return sorted(i for i in have if self.registry.sources[i].kind == kind)


def make_plan(settings: Settings, held: Mapping[str, Sequence[str]] | None = None) -> Plan:
    """Return the plan for `settings`.

    `held` maps a source to the sha256 of the files that the published build read; with `settings.sources` the other
    sources stay at those. Raises DeclarationError, StoreError, or CoverageError when nothing at all can be read.
    """
    registry = load()
    area = registry.area(settings.area_id)
    limited = {registry.source(name).source_id for name in settings.sources}
    store = RawStore(settings.data, settings.baseline)
    snapshots = [s for s in store.serving() if s.source_id in registry.sources]
    if limited and held is not None:
        snapshots = [s for s in snapshots if s.source_id in limited or s.sha256 in set(held.get(s.source_id, ()))]
    visible = known_by(snapshots, settings.as_of, registry)
    if not visible:
        raise CoverageError(
            "there is nothing to build from.",
            place=str(settings.data),
            expected=f"snapshots released by {settings.as_of}",
            found="none, and no baseline",
            do="restore data/raw/baseline with git checkout, or land published files with lmi land.",
        )
    code = code_digest()
    digest = _digest(code, registry, area, visible)
    folders = Folders(settings.data)
    plan = Plan(settings, registry, area, tuple(snapshots), tuple(visible), digest, folders, store, code)
    left = _left_aside(plan)
    return plan.without(left) if left else plan


def _digest(code: str, registry: Registry, area: Area, visible: Sequence[Snapshot]) -> str:
    seen = "".join(f"{s.source_id}|{s.folder}|{s.sha256}|{s.released}|{s.origin};" for s in visible)
    return hashlib.sha256(f"{__version__}|{code}|{registry.digest}|{area.id}|{seen}".encode()).hexdigest()


def _left_aside(plan: Plan) -> dict[str, str]:
    """Return the files that an earlier refresh set aside under the same code, declarations and area, with the reasons."""
    try:
        body = json.loads(plan.folders.aside.read_text(encoding="utf-8"))
        return {sha256: str(row["reason"]) for sha256, row in body.items() if row["mark"] == plan.mark}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, AttributeError, TypeError):
        return {}  # it can be found out again: a damaged one is written anew


def known_by(snapshots: Sequence[Snapshot], as_of: date, registry: Registry) -> list[Snapshot]:
    """Return the vintages released by `as_of`.

    A look-up describes the world rather than reports on it: where none was released by then, its oldest one serves.
    """
    known = [s for s in snapshots if s.released <= as_of]
    have = {s.source_id for s in known}
    oldest: dict[tuple[str, str, str], Snapshot] = {}
    for s in snapshots:
        if s.source_id not in have and registry.sources[s.source_id].kind == "lookup":
            oldest.setdefault((s.source_id, s.layout, s.part), s)
    return sorted([*known, *oldest.values()], key=lambda s: s.key)


def code_digest(root: Path | None = None) -> str:
    """Return the digest of everything that decides a figure and is no declaration: code, marts and expectations."""
    base = root or repository_root()
    digest = hashlib.sha256()
    files = [*(base / "lmi").rglob("*.py"), *(base / "lmi").rglob("*.sql"), *(base / "lmi").rglob("*.csv")]
    files += (base / "expectations").rglob("*.json")
    for path in sorted(files):
        digest.update(path.relative_to(base).as_posix().encode() + b"\x00" + path.read_bytes() + b"\x00")
    return digest.hexdigest()
