"""One fault tried on one connector: what was raised, and which figures got on.

Where an answer is only dressed differently, its figures are the very ones of the faultless answer: WHOLE lists those cases
with the reason, PART those where some figures are gone and the others are right. No other case may leave a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmi.engine import read_parquet
from lmi.errors import AccessRefused, LmiError, SourceChanged, SourceUnavailable
from lmi.pipeline.ingest import Ingest, Outcome
from lmi.pipeline.live import Asked
from tests.replay.bench import Clock, LiveBench, live_on
from tests.replay.faults import CONNECTION, CONTENT
from tests.replay.publisher import Publisher
from tests.replay.queries import cases

CASES = cases()
BOOKS, LISTS = ("govuk",), ("ees", "arcgis", "ees_csv", "ees_files", "ons_beta", "ons_website")
WHOLE = {
    **{(s, "gzip left on"): "it is unpacked" for s in CASES},
    **{(s, "byte order mark"): "it is left out" for s in CASES if s not in (*BOOKS, "ons_beta")},
    **{(s, "reordered columns"): "they are read by name" for s in LISTS},
    ("govuk", "repeated page"): "copies that agree are one figure",
    ("ons_website", "added column"): "a page of the website states no header, and a column more changes no figure",
}
PART = {
    ("govuk", "records lost"): "an area is gone, and its older vintage serves",
    ("govuk", "duplicate area"): "an area stands under the name of another, with the same figures",
}
EXPECTED: dict[str, type[LmiError]] = {
    "401": AccessRefused,
    "403": AccessRefused,
    **dict.fromkeys(("404", "422", "200 with HTML", "HTML named so", "empty 200", "wrong Content-Type"), SourceChanged),
    **dict.fromkeys(("no Content-Type", "gzip cut short", "redirect elsewhere"), SourceChanged),
    **dict.fromkeys(("429", "429, wait 1 second", "429, wait an hour", "timeout", "reset"), SourceUnavailable),
    **dict.fromkeys(("500", "501", "502", "503", "504", "slow drip"), SourceUnavailable),
}
#: How long an answer may be silent, and last, where that is what is tried.
IMPATIENT: dict[str, Any] = {"silence_seconds": 0.2, "whole_seconds": 0.4}


@dataclass(frozen=True)
class Trial:
    """What came of it: `got` are the figures that got on, `outcomes` what became of a file that was landed, if one was."""

    service: str
    fault: str
    bench: LiveBench
    asked: Asked
    got: set[Any]
    outcomes: tuple[Outcome, ...]
    longest_wait: float

    @property
    def ended(self) -> str:
        """In a word or two: the error that was raised, that the file stopped or lost its rows, or that it was whole."""
        if self.asked.outcome == "stale":
            return type(self.bench.error).__name__
        if (self.service, self.fault) in WHOLE:
            return "as without it"
        if (self.service, self.fault) in PART:
            return "a part, right"
        return "; ".join(
            sorted({f"stopped: {o.kind}" if o.state == "stopped" else "quarantined" for o in self.outcomes})
        )


def tried(server: Publisher, known: Ingest, whole: Set[Any], data: Path, service: str, fault: str) -> Trial:
    """Ask `service` for its case while `fault` is put in. `whole` are the figures of its faultless answer."""
    case = CASES[service]
    clock = Clock()
    patience: dict[str, Any] = IMPATIENT if fault in ("timeout", "slow drip") else {}
    bench = LiveBench(data, known, live_on(server, clock, **patience))
    server.fault = {**CONNECTION, **CONTENT[service]}[fault]
    try:
        (asked,) = bench.ask(case.source_id, {"q": case.query})
    finally:
        server.fault = None
        bench.live.close()
    got, outcomes = (set(), ()) if asked.outcome == "stale" else figures(bench, case.source_id, whole)
    return Trial(service, fault, bench, asked, got, tuple(outcomes), max(clock.waited, default=0))


def faultless(server: Publisher, known: Ingest, folder: Callable[[str], Path]) -> dict[str, set[Any]]:
    """Return the figures of every service's whole answer."""
    found = {}
    for service, case in CASES.items():
        bench = LiveBench(folder(service), known, live_on(server, Clock()))
        bench.ask(case.source_id, {"q": case.query})
        found[service], outcomes = figures(bench, case.source_id)
        assert found[service], (str(bench.error), [o.error for o in outcomes])
    return found


def figures(bench: LiveBench, source_id: str, known_good: Set[Any] | None = None) -> tuple[set[Any], list[Outcome]]:
    """Return what of a source gets on, figures with all they mean or members of a look-up, and what became of its files.

    The checks, which are slow, are spared where the figures are all of `known_good` and no other.
    """
    ingest, outcomes = bench.take_in(source_id, check=False)
    if ingest.plan.registry.sources[source_id].kind == "lookup":
        ids = {o.snapshot_id for o in outcomes if o.state == "ok"}
        rows = [r for t in ingest.lookups["area_members"] for r in t.to_pylist() if int(r["obs_key"]) // 2**32 in ids]
        return {tuple(str(v) for k, v in sorted(r.items()) if k != "obs_key") for r in rows}, outcomes
    staged = _rows(ingest, "corrected.parquet")
    if known_good is None or staged == known_good:
        return staged, outcomes
    ingest.validate_source(source_id)
    return _rows(ingest, "accepted.parquet"), [o for o in ingest.outcomes.values() if o.origin == "live"]


def _rows(ingest: Ingest, name: str) -> set[Any]:
    found: set[Any] = set()
    for outcome in ingest.outcomes.values():
        if outcome.state == "ok":
            table = read_parquet(ingest.plan.folders.staged(outcome.snapshot_id) / name)
            found |= {tuple(map(str, row.values())) for row in table.drop(["obs_key", "snapshot_id"]).to_pylist()}
    return found
