"""Nomis: pages make a whole, codes are found by their descriptions, and the key stays out of everything that is kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lmi.raw.store import RawStore
from tests.pipeline.files import DISTRICTS
from tests.replay.bench import KEYS, NOW, LiveBench
from tests.replay.publisher import Asked, Publisher, Reply
from tests.replay.world import nomis

CLAIMANTS = "dwp/nomis_claimant_count"
#: areas x months x ages x measures
RECORDS = 17 * 3 * 4 * 2


def data_requests(publisher: Publisher) -> list[Asked]:
    return [a for a in publisher.of("nomis") if a.path.endswith(".data.csv")]


def test_a_dataset_is_landed_as_one_file_and_read_to_the_last_figure(bench: LiveBench) -> None:
    (asked,) = bench.ask(CLAIMANTS)
    assert (asked.outcome, asked.vintage) == ("new", "2026-11-17"), asked.message
    _, (outcome,) = bench.take_in(CLAIMANTS)
    assert (outcome.state, outcome.error, outcome.quarantined) == ("ok", "", {})
    assert outcome.account["found"] == RECORDS
    assert sum(outcome.account["ignored"].values()) == 17 * 3 * 3  # the rate beside each of three ages
    assert outcome.account["observed"] == RECORDS - 17 * 3 * 3


def test_pages_of_the_limit_make_the_same_bytes_as_one_page(bench: LiveBench, publisher: Publisher) -> None:
    bench.ask(CLAIMANTS)
    whole = RawStore(bench.data).landed()[0]
    publisher.services["nomis"] = nomis(cap=100)
    bench.data = bench.data.parent / "paged"
    publisher.asked.clear()
    bench.ask(CLAIMANTS)
    paged = RawStore(bench.data).landed()[0]
    offsets = [int(a.params["RecordOffset"]) for a in data_requests(publisher)]
    assert offsets == [0, 100, 200, 300, 400]
    assert paged.bytes == whole.bytes and paged.sha256 == whole.sha256


def test_no_page_is_asked_for_beyond_the_record_count_when_it_is_a_multiple_of_the_limit(
    bench: LiveBench, publisher: Publisher
) -> None:
    publisher.services["nomis"] = nomis(cap=RECORDS // 2)
    assert bench.ask(CLAIMANTS)[0].outcome == "new"
    assert len(data_requests(publisher)) == 2


def test_codes_are_found_by_description_and_every_dimension_is_pinned(bench: LiveBench, publisher: Publisher) -> None:
    bench.ask(CLAIMANTS)
    asked = data_requests(publisher)[0].params
    assert asked["age"] == "0,2,3,4"
    assert (asked["gender"], asked["measure"], asked["measures"]) == ("0", "1,2", "20100")
    assert asked["geography"].split(",") == [*DISTRICTS, "E12000002", "E92000001", "K02000001"]
    assert {"RECORD_OFFSET", "RECORD_COUNT", "OBS_STATUS_NAME"} <= set(asked["select"].split(","))
    assert "ExcludeMissingValues" not in asked  # it would turn suppressed figures into absent ones


def test_an_edition_that_is_held_is_not_fetched_again(bench: LiveBench, publisher: Publisher) -> None:
    bench.ask(CLAIMANTS)
    publisher.asked.clear()
    (again,) = bench.ask(CLAIMANTS)
    assert (again.outcome, again.vintage) == ("unchanged", "2026-11-17")
    assert data_requests(publisher) == []


def test_a_broken_run_goes_on_where_it_broke(bench: LiveBench, publisher: Publisher) -> None:
    publisher.services["nomis"] = nomis(cap=100)

    def third_page_fails(asked: Asked, reply: Reply) -> Reply:
        return reply.having(status=503) if asked.params.get("RecordOffset") == "200" else reply

    publisher.fault = third_page_fails
    (broken,) = bench.ask(CLAIMANTS)
    assert broken.outcome == "stale" and "503" in broken.message
    publisher.fault = None
    publisher.asked.clear()
    assert bench.ask(CLAIMANTS)[0].outcome == "new"
    assert [a.params["RecordOffset"] for a in data_requests(publisher)] == ["200", "300", "400"]


def test_pages_of_another_edition_are_not_taken_up(bench: LiveBench, publisher: Publisher) -> None:
    publisher.services["nomis"] = service = nomis(cap=100)
    publisher.fault = lambda a, r: r.having(status=503) if a.params.get("RecordOffset") == "200" else r
    bench.ask(CLAIMANTS)
    publisher.fault = None
    publisher.asked.clear()
    service.datasets["NM_162_1"].updated = "2026-11-20 09:30:00"
    assert bench.ask(CLAIMANTS)[0].vintage == "2026-11-20"
    assert [a.params["RecordOffset"] for a in data_requests(publisher)] == ["0", "100", "200", "300", "400"]


def test_the_key_is_sent_and_is_in_nothing_that_is_kept_logged_or_said(
    bench: LiveBench, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bench.ask(CLAIMANTS)
    assert all(a.params["uid"] == KEYS["nomis"].value for a in publisher.of("nomis"))
    publisher.fault = lambda a, r: Reply(f"bad uid {a.params['uid']}".encode(), 403, "text/plain")
    bench.data = bench.data.parent / "refused"
    (refused,) = bench.ask(CLAIMANTS)
    assert "NOMIS_UID" in refused.message and "[key]" in refused.message
    told = [caplog.text, repr(bench.live), repr(refused), str(bench.error), repr(bench.error)]
    kept = [p.read_text("utf-8", "replace") for p in Path(bench.data.parent).rglob("*") if p.is_file()]
    assert kept
    for text in (*told, *kept):
        assert "nomis-secret" not in text


def test_every_answer_is_kept_unchangeable_with_its_papers(bench: LiveBench) -> None:
    bench.ask(CLAIMANTS)
    (run,) = (bench.data / "responses" / CLAIMANTS / "by_age").iterdir()
    bodies, papers = sorted(run.glob("*.body")), sorted(run.glob("*.json"))
    assert len(bodies) == len(papers) == 3  # the dataset, its ages, its records
    assert all(p.stat().st_mode & 0o222 == 0 for p in (*bodies, *papers))
    assert all(f'"retrieved": "{NOW.isoformat()}"' in p.read_text() for p in papers)
    snapshot = RawStore(bench.data).landed()[0]
    assert (snapshot.origin, snapshot.released_basis) == ("live", "LastUpdated of the dataset")
    assert snapshot.url.startswith(f"{bench.live.services['nomis'].url}/dataset/NM_162_1.data.csv?")
