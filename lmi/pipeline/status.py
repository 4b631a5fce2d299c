"""What the last refresh found, kept so that `lmi status` can say it without building anything.

Owns: `status.json` and its tables. Never: refreshes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.engine import replacing
from lmi.errors import StoreError
from lmi.pipeline.folders import Folders
from lmi.pipeline.ingest import Outcome


@dataclass(frozen=True)
class State:
    """The last refresh: one outcome a snapshot, when the build ran, and which build is published."""

    outcomes: tuple[Outcome, ...]
    build_id: str
    ran: str
    error: str = ""
    notes: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    def remarks(self) -> list[str]:
        """Return what a person should know beyond the table."""
        lines = [f"\n{o.error}" for o in self.outcomes if o.state == "stopped"]
        if self.error:
            lines.append(f"\nThe last refresh failed and the build before it stays published: {self.error}")
        lines += [f"note: {note}" for note in self.notes]
        lines.append(f"\npublished: {self.build_id or 'nothing yet'}; last refresh {self.ran}")
        return lines


def write_status(data: Path, state: State) -> None:
    """Replace the status file in one step."""
    with replacing(Folders(data).status) as part:
        part.write_text(json.dumps(asdict(state), indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def read_status(data: Path) -> State:
    """Return the last refresh's findings. Raises StoreError when there was none."""
    path = Folders(data).status
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        outcomes = tuple(Outcome(**row) for row in body.pop("outcomes"))
        return State(outcomes=outcomes, **{**body, "notes": tuple(body["notes"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "there is no status to show.", place=str(path), found=str(error), do="run lmi refresh first."
        ) from error


def status_table(state: State) -> pa.Table:
    """Return one row per source: the newest vintage that serves, its origin, rows, quarantined cells and state."""
    rows = [_source_row(source_id, outcomes) for source_id, outcomes in _by_source(state.outcomes).items()]
    return pa.Table.from_pylist(rows) if rows else pa.table({})


def refusals(state: State) -> pa.Table:
    """Return one row per rule that refused cells, or that stopped a snapshot."""
    rows = [
        {
            "source": o.source_id,
            "vintage": o.vintage,
            "part": o.part,
            "rule": rule,
            "cells": count,
            "stopped": o.state == "stopped",
        }
        for o in state.outcomes
        for rule, count in (o.quarantined.items() or ([("see below", 0)] if o.state == "stopped" else []))
    ]
    columns = {
        "source": pa.string(),
        "vintage": pa.string(),
        "part": pa.string(),
        "rule": pa.string(),
        "cells": pa.int64(),
        "stopped": pa.bool_(),
    }
    return pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items())))


def _by_source(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    grouped: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: (o.source_id, o.released, o.vintage, o.part)):
        grouped.setdefault(outcome.source_id, []).append(outcome)
    return grouped


def _source_row(source_id: str, outcomes: list[Outcome]) -> dict[str, Any]:
    good = [o for o in outcomes if o.state == "ok"]
    used = good[-1] if good else None
    checks = [o.checks for o in good if o.checks]
    return {
        "source": source_id,
        "vintage": used.vintage if used else "none",
        "released": used.released if used else "",
        "from": used.origin if used else "",
        "files": len(good),
        "figures": sum(int(o.account.get("observed", 0)) for o in good),
        "missing": sum(int(o.account.get("missing", 0)) for o in good),
        "quarantined": sum(sum(o.quarantined.values()) for o in outcomes),
        "checks": f"{sum(c['passed'] for c in checks)}/{sum(c['intended'] for c in checks)}" if checks else "",
        "state": "ok"
        if len(good) == len(outcomes)
        else f"stopped: {len(outcomes) - len(good)} of {len(outcomes)} files",
    }
