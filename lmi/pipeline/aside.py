"""Live files that no build can be made with: found, named, and left out until the code, a declaration or the file changes.

Owns: `aside.json`, and which of several new files a build fails on. Never: builds anything.

A live file may pass every check of its own and still lack a code, an age or a year that projections or marts need, which
shows only when a build is made. Such a file must not keep the other sources' news from being published.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from lmi.engine import replacing
from lmi.errors import CoverageError
from lmi.pipeline.plan import Plan
from lmi.raw.manifest import Snapshot

if TYPE_CHECKING:
    from lmi.pipeline.ingest import Outcome

#: Tries a plan and returns why no build can be made of it; empty when one can.
Try = Callable[[Plan], str]


def suspects_of(plan: Plan, held: Mapping[str, Sequence[str]]) -> list[Snapshot]:
    """Return the live files that the build would read and the published one (`held`: source -> sha256) did not."""
    known = {sha256 for listed in held.values() for sha256 in listed}
    return [s for s in plan.visible if s.origin == "live" and s.sha256 not in known]


def leave_out(plan: Plan, suspects: Sequence[Snapshot], said: str, why_not: Try) -> Plan | None:
    """Return the plan without those of `suspects` with which no build can be made; None when they are not to blame.

    `said` is what the build with all of them failed with. Sources are tried in halves, so one among many takes few trials.
    """
    sources = sorted({s.source_id for s in suspects})
    of = {source: {s.sha256 for s in suspects if s.source_id == source} for source in sources}
    before = {s.sha256: reason for s, reason in plan.aside}

    def without(left: Mapping[str, str]) -> Plan:
        out = {sha256: reason for source, reason in left.items() for sha256 in of[source]}
        return plan.without({**before, **out})

    if why_not(without(dict.fromkeys(sources, said))):
        return None
    guilty: dict[str, str] = {}
    harmless: list[str] = []

    def search(group: Sequence[str], failed: str) -> None:
        """Sort a group of sources, with which and with all harmless ones the build `failed`."""
        if len(group) == 1:
            guilty[group[0]] = failed
            return
        for half in (group[: len(group) // 2], group[len(group) // 2 :]):
            told = why_not(without({s: said for s in sources if s not in half and s not in harmless}))
            if told:
                search(half, told)
            else:
                harmless.extend(half)

    search(sources, said)
    return without(guilty) if guilty else None


def keep_aside(plan: Plan) -> None:
    """Write down what the plan leaves out, so that the next refresh does not stumble over it again."""
    body = {s.sha256: {"reason": reason, "mark": plan.mark} for s, reason in plan.aside}
    with replacing(plan.folders.aside) as part:
        part.write_text(json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def outcomes_aside(plan: Plan) -> list[Outcome]:
    """Return what became of the files that the plan leaves out: each stopped, with the reason."""
    if not plan.aside:
        return []
    from lmi.pipeline.ingest import Outcome

    return [
        Outcome(
            s.source_id, s.vintage, s.layout, s.part, s.sha256, s.snapshot_id, s.origin, s.released.isoformat(), "stopped",
            error=str(_error(s, reason)), kind=CoverageError.__name__,
        )
        for s, reason in plan.aside
    ]  # fmt: skip


def _error(snapshot: Snapshot, reason: str) -> CoverageError:
    return CoverageError(
        "the file passes its checks, but no build can be made with it.",
        source=snapshot.source_id,
        place=snapshot.folder,
        found=reason.rstrip("."),
        do="see what the publisher left out or renamed; the vintage before serves until the declaration or the code knows it.",
    )
