"""What the last refresh found, kept so that `lmi status` can say it without building anything.

Owns: `status.json` and its tables. Never: refreshes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.engine import replacing
from lmi.errors import StoreError
from lmi.pipeline.folders import Folders
from lmi.pipeline.outcomes import Outcome
from lmi.publish import Build
from lmi.registry import Registry, Source
from lmi.releases import expectation, releases_between

#: Errors that say that a file is not laid out, or not labelled, as its source declares.
_SHAPE = ("ParseError", "UnrecognisedFile", "ContractError", "UnknownCode")
#: Columns of the table for the screen; CSV and JSON have all.
SHOWN = (
    "source", "vintage", "released", "day", "from", "release", "next_by", "figures", "quarantined", "checks", "asked", "why_not",
    "state",
)  # fmt: skip
#: What kept a live answer away, by the class of the error.
_WHY_NOT = {
    "NoKey": "no key",
    "AccessRefused": "key refused",
    "SourceUnavailable": "unreachable",
    "SourceChanged": "changed shape",
    "ParseError": "changed shape",
    "UnknownCode": "changed shape",
    "SnapshotMismatch": "another file of that vintage",
    "CoverageError": "no build can be made with it",
}
#: How a live query ends, the best first.
_CAME = ("new", "unchanged", "stale", "skipped")


@dataclass(frozen=True)
class State:
    """The last refresh: one outcome a snapshot, when the build ran, and which build is published.

    `revised` counts by source the figures that its newest edition changed; `boundaries` names the look-ups that give the
    area other members than declared; `page` is where the published build's checks are told in full.
    """

    outcomes: tuple[Outcome, ...]
    build_id: str
    ran: str
    error: str = ""
    notes: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    revised: Mapping[str, int] = field(default_factory=dict)
    boundaries: tuple[str, ...] = ()
    page: str = ""

    def remarks(self) -> list[str]:
        """Return what a person should know beyond the table."""
        lines = [f"\n{o.error}" for o in self.outcomes if o.state == "stopped"]
        if self.error:
            lines.append(f"\nThe last refresh failed and the build before it stays published: {self.error}")
        lines += [f"note: {note}" for note in self.notes]
        lines.append(f"\npublished: {self.build_id or 'nothing yet'}; last refresh {self.ran}")
        if self.page:
            lines.append(f"what was checked and refused: {self.page}")
        return lines


def write_status(data: Path, state: State) -> None:
    """Replace the status file in one step."""
    with replacing(Folders(data).status) as part:
        part.write_text(json.dumps(asdict(state), indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def read_status(data: Path) -> State:
    """Return the last refresh's findings. Raises StoreError when there was none."""
    folders = Folders(data)
    try:
        body: dict[str, Any] = json.loads(folders.status.read_text(encoding="utf-8"))
        outcomes = tuple(Outcome(**row) for row in body.pop("outcomes"))
        listed: dict[str, Any] = {name: tuple(body[name]) for name in ("notes", "boundaries") if name in body}
        state = State(outcomes=outcomes, **(body | listed))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "there is no status to show.", place=str(folders.status), found=str(error), do="run lmi refresh first."
        ) from error
    page = Build(state.build_id, folders.builds / state.build_id).page
    return replace(state, page=str(page) if state.build_id and page.is_file() else "")


def read_live(data: Path) -> dict[str, list[dict[str, str]]]:
    """Return what became of each live query the last time, by source; nothing where none was ever asked.

    Raises StoreError when the file is there and cannot be read.
    """
    path = Folders(data).live
    if not path.is_file():
        return {}
    asked: dict[str, list[dict[str, str]]] = {}
    try:
        for _, row in sorted(json.loads(path.read_text(encoding="utf-8")).items()):
            asked.setdefault(row["source_id"], []).append({name: str(value) for name, value in row.items()})
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise StoreError(
            "what the last live refresh found cannot be read.",
            place=str(path),
            found=str(error),
            do="delete the file; the next lmi refresh --live writes it anew.",
        ) from error
    return asked


def status_table(
    state: State, registry: Registry, today: date, live: Mapping[str, Sequence[Mapping[str, str]]] | None = None
) -> pa.Table:
    """Return one row per declared source: what serves, how fresh it is on `today`, and what is wrong with it.

    `day` says how `released` is known: stated by the publisher or in the file, no later than the day of a public copy, a guess,
    or the day of landing. `from` is baseline, landed or live. `release`, `next_by` (the day by which the next release was or is expected) and
    `missed` are the calendar's words (lmi.releases). `checks` is passed/intended, `checked` the as-of day of the run that
    did them. `revised` counts figures that the newest edition changed. `asked` (the last time), `came` (queries by how they
    ended), `why_not` and `told` (the publishers' errors in full) are what `live` (read_live) says of the source.
    """
    grouped = _by_source(state.outcomes)
    rows = []
    for source_id in sorted(registry.sources):
        source = registry.sources[source_id]
        row = _source_row(source, grouped.get(source_id, []))
        held = date.fromisoformat(row["released"]) if row["released"] else None
        told = expectation(source, held, today, registry.house.days_of_grace)
        row["release"], row["missed"] = told.state, told.missed
        row["next_by"] = told.next_by.isoformat() if told.next_by else ""
        row["revised"], row["boundary_moved"] = state.revised.get(source_id, 0), source_id in state.boundaries
        row |= _live_row(source, (live or {}).get(source_id, ()), told.state == "late")
        rows.append({name: row[name] for name in _COLUMNS})
    return pa.Table.from_pylist(rows)


def upcoming(registry: Registry, today: date, days: int) -> pa.Table:
    """Return one row per release that is expected to be out by a day from `today` to `days` later, soonest first."""
    rows = [
        {"by": release.by.isoformat(), "opens": release.opens.isoformat(), "source": source_id, "title": source.title}
        for source_id, source in registry.sources.items()
        for release in releases_between(source, today, today + timedelta(days=days))
    ]
    schema = pa.schema([(name, pa.string()) for name in ("by", "opens", "source", "title")])
    return pa.Table.from_pylist(sorted(rows, key=lambda r: (r["by"], r["source"])), schema=schema)


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


#: Every column of the status table, in order.
_COLUMNS = (
    "source", "vintage", "released", "day", "from", "release", "next_by", "missed", "files", "figures", "missing", "revised",
    "quarantined", "checks", "checked", "changed_shape", "boundary_moved", "asked", "came", "why_not", "told", "state",
)  # fmt: skip


def _source_row(source: Source, outcomes: list[Outcome]) -> dict[str, Any]:
    good = [o for o in outcomes if o.state == "ok"]
    used = good[-1] if good else None
    checks = [o.checks for o in good if o.checks]
    stopped = len(outcomes) - len(good)
    return {
        "source": source.source_id,
        "vintage": used.vintage if used else "none",
        "released": used.released if used else "",
        "day": _day_of(source, used) if used else "",
        "from": used.origin if used else "",
        "files": len(good),
        "figures": sum(int(o.account.get("observed", 0)) for o in good),
        "missing": sum(int(o.account.get("missing", 0)) for o in good),
        "quarantined": sum(sum(o.quarantined.values()) for o in outcomes),
        "checks": f"{sum(c['passed'] for c in checks)}/{sum(c['intended'] for c in checks)}" if checks else "",
        "checked": max((str(c.get("on", "")) for c in checks), default=""),
        "changed_shape": any(o.kind in _SHAPE for o in outcomes),
        "state": f"stopped: {stopped} of {len(outcomes)} files" if stopped else "ok" if good else "nothing at hand",
    }


def _day_of(source: Source, used: Outcome) -> str:
    """Return how the day of release is known: stated, no later than it, a guess, or the day on which we landed the file."""
    days = {e.day for e in source.editions if (e.vintage, e.part) == (used.vintage, used.part)}
    if days:
        return "guess" if "guess" in days else min(days)
    return "landed" if used.vintage.startswith("landed-") else "stated"


def _live_row(source: Source, asked: Sequence[Mapping[str, str]], late: bool) -> dict[str, str]:
    """Return what asking the publisher brought. Queries that are no longer declared are not told of."""
    rows = [row for row in asked if row["query"] in source.queries]
    if not rows:
        return {"asked": "", "came": "never asked" if source.queries else "", "why_not": "", "told": ""}
    ends = [row["outcome"] for row in rows]
    failed = [row for row in rows if row["outcome"] in ("stale", "skipped")]
    why = {_WHY_NOT.get(row.get("kind", ""), row.get("kind", "")) for row in failed}
    if late and "new" not in ends:
        why.add("late")
    return {
        "asked": max(row["when"] for row in rows)[:16].replace("T", " "),
        "came": ", ".join(f"{ends.count(end)} {end}" for end in _CAME if end in ends),
        "why_not": "; ".join(sorted(why - {""})),
        "told": " ".join(dict.fromkeys(row["message"] for row in failed)),
    }
