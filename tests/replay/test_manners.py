"""How the services are asked: waits that they ask for, limits that they state, notices that they give."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lmi.errors import SourceUnavailable, StoreError
from tests.replay.bench import Clock, LiveBench, live_on
from tests.replay.faults import is_data
from tests.replay.publisher import Asked, Publisher, Reply
from tests.replay.queries import cases
from tests.replay.statxplore import StatXplore
from tests.replay.world import STATX_KEY, uc_people

CASES = cases()


def once(reply: Reply) -> object:
    """Return a fault that spoils the first answer with figures, and no other."""
    left = [reply]

    def spoil(asked: Asked, good: Reply) -> Reply:
        return left.pop() if left and is_data(asked) else good

    return spoil


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 23 Nov 2026 09:30:09 GMT", "Date": "Mon, 23 Nov 2026 09:30:00 GMT"}, 9.0),
        ({}, 2.0),  # none stated: our own, as declared
    ],
)
def test_the_wait_that_a_publisher_asks_for_is_kept(
    bench: LiveBench, publisher: Publisher, headers: dict[str, str], seconds: float
) -> None:
    bench.live = live_on(publisher, clock := Clock(), gap_seconds=0)
    publisher.fault = once(Reply(b"slow down", 429, headers=headers))  # type: ignore[assignment]
    case = CASES["ees_files"]
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert asked.outcome == "new", asked.message
    assert clock.waited == [seconds]


def test_a_wait_beyond_our_patience_is_not_waited_and_says_how_long_it_would_be(
    bench: LiveBench, publisher: Publisher
) -> None:
    bench.live = live_on(publisher, clock := Clock(), gap_seconds=0)
    publisher.fault = once(Reply(b"slow down", 429, headers={"Retry-After": "3600"}))  # type: ignore[assignment]
    case = CASES["ees_files"]
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert asked.outcome == "stale" and "asks to wait 3600 seconds" in asked.message
    assert clock.waited == [] and len(publisher.asked) == 1


def test_waits_grow_and_tries_have_an_end(bench: LiveBench, publisher: Publisher) -> None:
    bench.live = live_on(publisher, clock := Clock(), gap_seconds=0, tries=4)
    publisher.fault = lambda asked, reply: Reply(b"", 503)
    case = CASES["ees_files"]
    bench.ask(case.source_id, {"q": case.query})
    assert clock.waited == [2.0, 4.0, 8.0] and len(publisher.asked) == 4
    assert isinstance(bench.error, SourceUnavailable) and "tried 4 times" in str(bench.error)


def test_a_service_that_is_to_end_is_told_of_in_the_log(
    bench: LiveBench, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    told = {"Deprecation": "Tue, 01 Dec 2026 00:00:00 GMT", "Sunset": "Mon, 01 Mar 2027 00:00:00 GMT"}
    publisher.fault = lambda asked, reply: reply.having(headers={**reply.headers, **told})
    case = CASES["ons_beta"]
    assert bench.ask(case.source_id, {"q": case.query})[0].outcome == "new"
    for text in ("sunset: Mon, 01 Mar 2027", "deprecation: Tue, 01 Dec 2026", case.source_id):
        assert text in caplog.text
    assert {r.levelno for r in caplog.records if "sunset" in r.message} == {logging.WARNING}


def test_lists_of_more_than_a_page_are_followed_to_their_end(bench: LiveBench, publisher: Publisher) -> None:
    case = CASES["statxplore"]
    publisher.services["statxplore"] = StatXplore([uc_people()], STATX_KEY, shown=3)
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert (asked.outcome, asked.vintage) == ("new", "2026-09"), asked.message
    assert [a for a in publisher.asked if "offset" in a.params]


def test_an_allowance_that_is_spent_ends_the_asking(bench: LiveBench, publisher: Publisher) -> None:
    case = CASES["statxplore"]
    publisher.services["statxplore"] = service = StatXplore([uc_people()], STATX_KEY)
    service.left = 3
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert asked.outcome == "stale" and "allowance of requests is spent" in asked.message
    assert len(publisher.asked) == 3


def test_an_id_that_drifted_is_named_with_those_that_are_there(bench: LiveBench, publisher: Publisher) -> None:
    case = CASES["statxplore"]
    database = uc_people()
    database.measure = "str:count:UC_Monthly:V_F_UC_CASELOAD_NEW"
    publisher.services["statxplore"] = StatXplore([database], STATX_KEY)
    (asked,) = bench.ask(case.source_id, {"q": case.query})
    assert "no longer in the database" in asked.message
    assert (
        "V_F_UC_CASELOAD_FULL" in asked.message and "V_F_UC_CASELOAD_NEW (People on Universal Credit)" in asked.message
    )


def test_a_disk_that_is_full_ends_the_run_and_is_told_in_words(
    bench: LiveBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    case = CASES["ees_files"]
    monkeypatch.setattr("lmi.raw.fetch.answers.os.rename", full)
    bench.ask(case.source_id, {"q": case.query})
    assert isinstance(bench.error, StoreError)
    assert "No space left on device" in str(bench.error) and str(Path(case.source_id)) in str(bench.error)
