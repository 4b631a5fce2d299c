"""`lmi refresh --live` as a whole: what is new is published, and a publisher that fails leaves the last good vintage."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lmi.cli import app
from lmi.pipeline import Settings, run
from lmi.pipeline.live import refresh_live
from lmi.pipeline.status import State, read_live, read_status, status_table
from lmi.publish import published_build
from lmi.raw.store import RawStore
from lmi.registry import load
from tests.pipeline.builds import DAY, Built, plainly, published_like
from tests.pipeline.files import DISTRICTS
from tests.replay.bench import Clock, LiveBench, live_on
from tests.replay.faults import CONNECTION, CONTENT
from tests.replay.publisher import Publisher
from tests.replay.world import world

CLAIMANTS, REGISTER = "dwp/nomis_claimant_count", "ons/nomis_bres"
QUERIES = {(s.source_id, q) for s in load().sources.values() for q in s.queries}


@pytest.fixture
def data(baseline_build: Built, tmp_path: Path) -> Path:
    """A data folder where the baseline's build is published."""
    folder = tmp_path / "data"
    folder.mkdir()
    return published_like(baseline_build, folder).data


@pytest.fixture(scope="module")
def good_day(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which one source was fetched and published on a good day. Never change it."""
    folder = tmp_path_factory.mktemp("good-day") / "data"
    folder.mkdir()
    publisher = Publisher(world())
    published_like(baseline_build, folder)
    report = refresh_live(Settings(folder, "", DAY, (CLAIMANTS,)), plainly, live_on(publisher, Clock()))
    publisher.close()
    assert report.new and report.live == (f"new: {CLAIMANTS} (by_age): 2026-11-17",)
    return folder


@pytest.fixture
def day_after(good_day: Path, publisher: Publisher, tmp_path: Path) -> Path:
    """The same folder, on a day when the publisher has a newer edition."""
    folder = tmp_path / "data"
    folder.mkdir()
    published_like(Built(good_day, None), folder)  # type: ignore[arg-type]
    for name in ("raw", "responses"):
        shutil.copytree(good_day / name, folder / name)
    publisher.services["nomis"].datasets["NM_162_1"].updated = "2026-11-20 09:30:00"  # type: ignore[attr-defined]
    return folder


def live_status(data: Path) -> list[dict[str, str]]:
    """Return what `lmi status` says of each source after what the last live refresh left."""
    return status_table(State((), "", ""), load(), DAY, read_live(data)).to_pylist()


def digest(data: Path) -> str:
    return hashlib.sha256(published_build(data / "curated").database.read_bytes()).hexdigest()


def test_every_declared_query_is_asked_and_what_is_new_reaches_the_marts(data: Path, publisher: Publisher) -> None:
    report = refresh_live(Settings(data, "", DAY), plainly, live_on(publisher, Clock()))
    assert report.published and report.new, report.summary()
    assert {line.split(" (")[0].split(": ")[1] for line in report.live} == {s for s, _ in QUERIES}
    assert len(report.live) == len(QUERIES)
    # The workbook of the projections has no small copy, so that its page is not there.
    stale = [line for line in report.live if not line.startswith("new: ")]
    assert [line.partition(" (")[0] for line in stale] == ["stale: dfe/skills_imperative_2035"]
    assert report.stopped == ()
    built = Built(data, report)
    slack = "select age, sum(claimants) from labour_slack where period_start = date '2025-12-01' and area_code in "
    by_age = dict(built.ask(f"{slack} (select unnest(?)) group by age", [list(DISTRICTS)]))
    assert by_age == {"_T": 14 * 1000, "16-24": 14 * 200, "25-49": 14 * 550, "50+": 14 * 250}
    origin = "select distinct origin from dim_snapshot where source_id = ?"
    assert built.one(origin, [CLAIMANTS]) == "live"


def test_when_every_publisher_fails_nothing_is_rebuilt_and_every_source_is_called_stale(
    data: Path, publisher: Publisher
) -> None:
    before = digest(data)
    publisher.fault = lambda asked, reply: reply.having(status=503, body=b"")
    report = refresh_live(Settings(data, "", DAY), plainly, live_on(publisher, Clock()))
    assert report.published and not report.new
    assert len(report.live) == len(QUERIES)
    assert all(line.startswith("stale: ") and "503" in line for line in report.live)
    assert digest(data) == before
    told = json.loads((data / "curated" / "live.json").read_text())
    assert {row["outcome"] for row in told.values()} == {"stale"}
    for row in live_status(data):
        asked = {q for s, q in QUERIES if s == row["source"]}
        assert row["came"] == (f"{len(asked)} stale" if asked else "")
        assert row["why_not"] in (("unreachable", "late; unreachable") if asked else ("",))
        assert (row["asked"], "503" in row["told"]) == ("2026-11-23 09:30" if asked else "", bool(asked))


@pytest.mark.parametrize("fault", ["200 with HTML", "cut short", "timeout", "not UTF-8", "429, wait an hour", "401"])
def test_a_source_that_fails_after_a_good_day_leaves_the_published_bytes_as_they_were(
    day_after: Path, publisher: Publisher, fault: str
) -> None:
    before = digest(day_after)
    publisher.fault = CONNECTION[fault]
    live = live_on(publisher, Clock(), silence_seconds=1 if fault == "timeout" else 20)
    report = refresh_live(Settings(day_after, "", DAY, (CLAIMANTS,)), plainly, live)
    assert not report.new and digest(day_after) == before
    (line,) = report.live
    assert line.startswith(f"stale: {CLAIMANTS} (by_age): 2026-11-17, released 2026-11-17, serves. ")


def test_wrong_figures_are_kept_apart_and_the_marts_stay_as_they_were(day_after: Path, publisher: Publisher) -> None:
    tables = "select * from labour_slack order by all"
    before = Built(day_after, None).ask(tables)  # type: ignore[arg-type]
    publisher.fault = CONTENT["nomis"]["figures x 1000"]
    report = refresh_live(Settings(day_after, "", DAY, (CLAIMANTS,)), plainly, live_on(publisher, Clock()))
    assert report.published and report.new
    assert any(CLAIMANTS in text and "rate.is_a_percentage" in text for text in report.stopped)
    assert Built(day_after, report).ask(tables) == before
    assert [s.vintage for s in RawStore(day_after).landed()] == ["2026-11-17", "2026-11-20"]  # every vintage is kept


def test_a_live_file_that_passes_its_checks_and_breaks_the_build_is_set_aside_and_the_vintage_before_serves(
    day_after: Path, publisher: Publisher
) -> None:
    """A register without a job in any division is whole and plausible, cell by cell, and nothing can be projected from it."""
    before = digest(day_after)
    jobs = publisher.services["nomis"].datasets["NM_189_1"]  # type: ignore[attr-defined]
    jobs.figures = dict.fromkeys(jobs.figures, "0")
    settings = Settings(day_after, "", DAY, (REGISTER,))
    report = refresh_live(settings, plainly, live_on(publisher, Clock()))
    assert report.published and not report.new and digest(day_after) == before
    (line,) = report.live
    assert line.startswith(f"stale: {REGISTER} (divisions): ") and "2026-11-17 came and is set aside" in line
    (told,) = report.stopped
    assert REGISTER in told and "no build can be made with it" in told
    status = read_status(day_after)
    (outcome,) = [o for o in status.outcomes if o.source_id == REGISTER]
    assert (outcome.state, outcome.origin, status.error) == ("stopped", "live", "")
    row = next(r for r in live_status(day_after) if r["source"] == REGISTER)
    assert (row["came"], row["why_not"]) == ("1 stale", "no build can be made with it")
    # Without asking again, the same: the file is kept, known to be of no use, and in nobody's way.
    again = run(replace(settings, sources=()), plainly)
    assert (again.published, again.new, again.stopped) == (True, False, report.stopped) and digest(day_after) == before
    assert [s.vintage for s in RawStore(day_after).landed() if s.source_id == REGISTER] == ["2026-11-17"]


def test_sources_without_a_key_are_skipped_and_the_others_go_on(data: Path, publisher: Publisher) -> None:
    live = live_on(publisher, Clock(), keys={})
    report = refresh_live(Settings(data, "", DAY), plainly, live)
    skipped = {line for line in report.live if line.startswith("skipped: ")}
    needing = {(s, q) for s, q in QUERIES if load().sources[s].queries[q].end == "statxplore"}
    assert len(skipped) == len(needing) > 0
    assert all("set STATXPLORE_KEY in the environment" in line for line in skipped)
    assert sum(line.startswith("new: ") for line in report.live) == len(QUERIES) - len(skipped) - 1
    told = {row["source"]: row for row in live_status(data)}
    assert {s for s, row in told.items() if row["why_not"] == "no key"} == {s for s, _ in needing}
    assert all("set STATXPLORE_KEY" in told[s]["told"] for s, _ in needing)
    assert (told[CLAIMANTS]["came"], told[CLAIMANTS]["why_not"], told[CLAIMANTS]["told"]) == ("1 new", "", "")


def test_one_source_is_asked_alone_and_one_without_a_query_is_named(good_day: Path, publisher: Publisher) -> None:
    settings = Settings(good_day, "", DAY, (CLAIMANTS, "dfe/local_skills_data_hub"))
    report = refresh_live(settings, plainly, live_on(publisher, Clock()))
    assert report.live == (f"unchanged: {CLAIMANTS} (by_age): 2026-11-17",) and not report.new
    assert {a.service for a in publisher.asked} == {"nomis"}
    assert any("dfe/local_skills_data_hub has no live query" in note for note in report.notes)


def test_requests_to_one_service_keep_their_distance_whichever_source_asks(
    bench: LiveBench, publisher: Publisher
) -> None:
    bench.live = live_on(publisher, clock := Clock(), gap_seconds=5)
    for source_id in ("dwp/statxplore_uc_people", "dwp/statxplore_alternative_claimant_count"):
        assert bench.ask(source_id)[0].outcome == "new"
    assert len([w for w in clock.waited if 4 < w <= 5]) == len(publisher.of("statxplore")) - 1


def test_the_command_asks_the_services_that_the_environment_names(
    day_after: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in load().services:
        monkeypatch.setenv(f"LMI_URL_{service.upper()}", publisher.url(service))
    monkeypatch.setenv("NOMIS_UID", "from-the-environment")
    publisher.fault = CONNECTION["404"]
    done = CliRunner().invoke(app, ["--data", str(day_after), "refresh", "--live", "--direct", "--source", CLAIMANTS])
    assert done.exit_code == 0, done.output
    assert f"stale: {CLAIMANTS} (by_age): 2026-11-17, released 2026-11-17, serves." in done.output
    assert "Nothing new" in done.output and "from-the-environment" not in done.output
    assert {a.params["uid"] for a in publisher.of("nomis")} == {"from-the-environment"}
    for form, read in (("json", json.loads), ("csv", lambda text: list(csv.DictReader(io.StringIO(text))))):
        done = CliRunner().invoke(app, ["--data", str(day_after), "status", "--format", form, "--as-of", str(DAY)])
        (row,) = (row for row in read(done.stdout) if row["source"] == CLAIMANTS)
        assert (row["came"], row["why_not"]) == ("1 stale", "changed shape") and "404" in row["told"]
    shown = CliRunner().invoke(app, ["--data", str(day_after), "status", "--as-of", str(DAY)]).stdout
    assert "asked" in shown and "why_not" in shown and "404" not in shown  # the publisher's words stand in CSV and JSON


def test_live_and_another_day_exclude_each_other(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--data", str(tmp_path), "refresh", "--live", "--as-of", "2026-01-31"])
    assert done.exit_code == 2 and not (tmp_path / "curated").exists()
