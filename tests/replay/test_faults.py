"""One thing wrong in one answer of one service: it ends in a stated error or in quarantine, and no wrong figure gets on.

Where an answer is only dressed differently, its figures are the very ones of the faultless answer: WHOLE lists those cases
with the reason, PART those where some figures are gone and the others are right. No other case may leave a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import pytest

from lmi.engine import read_parquet
from lmi.errors import AccessRefused, LmiError, SourceChanged, SourceUnavailable
from lmi.pipeline.ingest import Ingest
from lmi.raw.store import RawStore
from tests.replay.bench import Clock, LiveBench, live_on
from tests.replay.faults import CONNECTION, CONTENT
from tests.replay.publisher import Publisher
from tests.replay.queries import cases
from tests.replay.world import world

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
IMPATIENT = {"silence_seconds": 0.2, "whole_seconds": 0.4}


@pytest.fixture(scope="module")
def server() -> Iterator[Publisher]:
    made = Publisher(world())
    yield made
    made.close()


@pytest.fixture(scope="module")
def faultless(server: Publisher, known: Ingest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Any]]:
    """The figures of every service's whole answer."""
    found = {}
    for service, case in CASES.items():
        bench = LiveBench(tmp_path_factory.mktemp(service) / "data", known, live_on(server, Clock()))
        bench.ask(case.source_id, {"q": case.query})
        found[service] = figures(bench, case.source_id)
        assert found[service], (str(bench.error), [o.error for o in bench.take_in(case.source_id, check=False)[1]])
    return found


def figures(bench: LiveBench, source_id: str, known_good: Set[Any] | None = None) -> set[Any]:
    """Return what of a source gets on: figures with all they mean, or members of a look-up.

    The checks, which are slow, are spared where the figures are all of `known_good` and no other.
    """
    ingest, outcomes = bench.take_in(source_id, check=False)
    if ingest.plan.registry.sources[source_id].kind == "lookup":
        ids = {o.snapshot_id for o in outcomes if o.state == "ok"}
        rows = [r for t in ingest.lookups["area_members"] for r in t.to_pylist() if int(r["obs_key"]) // 2**32 in ids]
        return {tuple(str(v) for k, v in sorted(r.items()) if k != "obs_key") for r in rows}
    staged = _rows(ingest, "corrected.parquet")
    if known_good is None or staged == known_good:
        return staged
    ingest.validate_source(source_id)
    return _rows(ingest, "accepted.parquet")


def _rows(ingest: Ingest, name: str) -> set[Any]:
    found: set[Any] = set()
    for outcome in ingest.outcomes.values():
        if outcome.state == "ok":
            table = read_parquet(ingest.plan.folders.staged(outcome.snapshot_id) / name)
            found |= {tuple(map(str, row.values())) for row in table.drop(["obs_key", "snapshot_id"]).to_pylist()}
    return found


@pytest.mark.parametrize(
    ("service", "name"), [(s, f) for s in CASES for f in (*CONNECTION, *CONTENT[s])], ids=lambda v: str(v)
)
def test_no_wrong_figure_gets_on(
    server: Publisher, known: Ingest, faultless: dict[str, set[Any]], tmp_path: Path, service: str, name: str
) -> None:
    case = CASES[service]
    server.fault = {**CONNECTION, **CONTENT[service]}[name]
    clock = Clock()
    patience = IMPATIENT if name in ("timeout", "slow drip") else {}
    bench = LiveBench(tmp_path / "data", known, live_on(server, clock, **patience))
    try:
        (asked,) = bench.ask(case.source_id, {"q": case.query})
    finally:
        server.fault = None
        bench.live.close()
    if asked.outcome == "stale":
        assert isinstance(bench.error, EXPECTED.get(name, LmiError))
        told = str(bench.error)
        assert case.source_id in told and "What to do:" in told and "secret" not in told
        assert asked.line().startswith(f"stale: {case.source_id} (q): ") and " serves. " in asked.line()
        assert RawStore(bench.data).landed() == []
        assert (service, name) not in {**WHOLE, **PART}
    else:
        assert name not in EXPECTED
        got = figures(bench, case.source_id, faultless[service])
        if (service, name) in WHOLE:
            assert got == faultless[service]
        elif (service, name) in PART:
            assert got < faultless[service]
        else:
            assert got == set()
    assert max(clock.waited, default=0) <= bench.live.services[case.query.end].longest_wait_seconds
