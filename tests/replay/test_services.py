"""Every service: a whole answer is landed and read to its last cell, a second run asks for no more than it must."""

from __future__ import annotations

import pytest

from lmi.raw.store import RawStore
from tests.replay.bench import KEYS, LiveBench
from tests.replay.publisher import Publisher
from tests.replay.queries import cases

CASES = cases()


@pytest.mark.parametrize("service", CASES)
def test_an_answer_is_landed_and_every_cell_of_it_is_accounted_for(bench: LiveBench, service: str) -> None:
    case = CASES[service]
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert asked.outcome == "new", asked.message
    snapshot = RawStore(bench.data).landed()[0]
    assert (snapshot.source_id, snapshot.layout, snapshot.origin) == (case.source_id, case.query.layout, "live")
    _, (outcome,) = bench.take_in(case.source_id)
    assert (outcome.state, outcome.error, outcome.quarantined) == ("ok", "", {})
    if case.source_id.startswith("geography/"):
        return  # a look-up has no account of cells
    account = outcome.account
    assert account["found"] == case.cells
    assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())


@pytest.mark.parametrize("service", CASES)
def test_a_second_run_keeps_nothing_twice(bench: LiveBench, service: str) -> None:
    case = CASES[service]
    (first,) = bench.ask(case.source_id, {"q": case.query})
    (again,) = bench.ask(case.source_id, {"q": case.query})
    assert again.outcome == "unchanged"
    assert len(RawStore(bench.data).landed()) == 1
    assert first.vintage in again.serves


@pytest.mark.parametrize("service", ["ees_files", "ons_website", "govuk"])
def test_a_file_is_asked_for_on_condition_that_it_changed(bench: LiveBench, publisher: Publisher, service: str) -> None:
    case = CASES[service]
    for _ in range(2):
        bench.ask(case.source_id, {"q": case.query})
    conditional = [a for a in publisher.of(service) if "if-none-match" in a.headers]
    assert len(conditional) == 1


def test_a_key_goes_to_its_own_service_and_to_no_other(bench: LiveBench, publisher: Publisher) -> None:
    for case in CASES.values():
        bench.ask(case.source_id, {"q": case.query})
    for asked in publisher.asked:
        sent = [
            name for name, key in KEYS.items() if key.value in (asked.headers.get("apikey"), asked.params.get("uid"))
        ]
        assert sent == ([asked.service] if asked.service in KEYS else [])
    kept = [p.read_text("utf-8", "replace") for p in bench.data.rglob("*") if p.is_file()]
    assert not [text for text in kept for key in KEYS.values() if key.value in text]


def test_a_service_that_needs_a_key_is_skipped_without_one_and_says_how_to_get_it(bench: LiveBench) -> None:
    case = CASES["statxplore"]
    bench.live.keys["statxplore"] = type(KEYS["nomis"])()  # type: ignore[index]
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert asked.outcome == "skipped"
    assert "STATXPLORE_KEY" in asked.line() and "stat-xplore.dwp.gov.uk" in asked.line()
