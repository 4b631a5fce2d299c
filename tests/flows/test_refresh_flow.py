"""The refresh as Prefect runs it: the same stages, one task each, and what it did kept as an artifact."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import LmiError
from lmi.pipeline import STAGES, Report, Settings, make_plan
from lmi.publish import published_build
from lmi.registry import load
from tests.pipeline.builds import AREA, DAY, Built, part_of_baseline, staged_like

pytestmark = pytest.mark.flow


@dataclass(frozen=True)
class Ran:
    """What a flow run left: its report, and what the server knows of its tasks."""

    data: Path
    report: Report
    state: str
    tasks: tuple[str, ...]
    states: frozenset[str]


@pytest.fixture(scope="module")
def ran(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """The flow, run once on the baseline; files are staged already, so that it is the flow that takes the time."""
    data = staged_like(baseline_build, tmp_path_factory.mktemp("flow"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_LOGGING_LEVEL": "WARNING",
        }.items():
            patch.setenv(name, value)  # before Prefect is imported
        from prefect.testing.utilities import prefect_test_harness

        from flows.refresh import refresh_flow

        with prefect_test_harness(server_startup_timeout=180):
            report = refresh_flow(Settings(data, "", DAY))
            yield Ran(data, report, *_known_to_the_server())


def _known_to_the_server() -> tuple[str, tuple[str, ...], frozenset[str]]:
    """Return the state of the only flow run, and its tasks; the server hears of tasks a little after they end."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        (run,) = client.read_flow_runs()
        for _ in range(60):
            tasks = client.read_task_runs(limit=200)
            states = frozenset(str(t.state_name) for t in tasks)
            if states == {"Completed"} and any(t.name.startswith("publish: ") for t in tasks):
                break
            time.sleep(1)
    return str(run.state_name), tuple(sorted(t.name for t in tasks)), states


def artifacts() -> dict[str, dict[str, Any]]:
    """Return the newest artifact of each key."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/latest/filter", json={}).json()
    return {a["key"]: a for a in found}


def test_the_flow_publishes_the_same_build_as_a_direct_run(ran: Ran, baseline_build: Built) -> None:
    assert ran.state == "Completed"
    assert (ran.report.published, ran.report.stopped) == (True, ())
    assert ran.report.build_id == published_build(ran.data / "curated").build_id == baseline_build.report.build_id
    assert ran.report.marts == baseline_build.report.marts
    assert ran.report.counts == baseline_build.report.counts
    built = Built(ran.data, ran.report)
    july = "area_code = ? and period_start = date '2023-07-01' and claimants is not null"
    assert built.one(f"select claimants from labour_slack where {july}", [AREA]) == 37_655


def test_each_source_has_a_task_in_each_stage_that_works_on_sources(ran: Ran) -> None:
    plan = make_plan(Settings(ran.data, "", DAY))
    assert plan.source_ids("lookup") and plan.source_ids("statistics")
    expected = {f"look up: {source_id}" for source_id in plan.source_ids("lookup")}
    for stage in ("stage", "validate", "curate"):
        expected |= {f"{stage}: {source_id}" for source_id in plan.source_ids("statistics")}
    assert expected <= set(ran.tasks)
    assert len(ran.tasks) == len(set(ran.tasks))
    others = {name.partition(": ")[0] for name in set(ran.tasks) - expected}
    assert others == {"gather", "load", "project", "marts", "close", "publish"}
    assert {stage for stage, _ in STAGES} <= {name.partition(": ")[0] for name in ran.tasks}
    assert ran.states == {"Completed"}


def test_the_summary_is_kept_as_an_artifact(ran: Ran) -> None:
    told = artifacts()["refresh-lancashire"]
    assert told["type"] == "markdown"
    for line in ran.report.summary().splitlines():
        assert line in told["data"]
    assert f"| new | {ran.report.counts['new']:,} |" in told["data"]
    rows = json.loads(artifacts()["refresh-lancashire-marts"]["data"])
    assert {r["mart"]: r["rows"] for r in rows} == ran.report.marts


def test_a_second_run_with_nothing_new_ends_at_once_and_says_so(ran: Ran) -> None:
    from flows.refresh import refresh_flow

    report = refresh_flow(Settings(ran.data, "", DAY))
    assert (report.published, report.new) == (True, False)
    assert "Nothing new" in artifacts()["refresh-lancashire"]["data"]


def test_a_refresh_that_publishes_nothing_is_a_failed_run_with_its_reason(ran: Ran, tmp_path: Path) -> None:
    from prefect.client.orchestration import get_client

    from flows.refresh import refresh_flow

    small = part_of_baseline(tmp_path / "baseline")  # look-ups alone
    with pytest.raises(
        LmiError, match=r"nothing was published.*no source has a figure that a build for Cumbria may use"
    ):
        refresh_flow(Settings(ran.data, "cumbria", DAY, baseline=small))
    with get_client(sync_client=True) as client:
        states = [str(r.state_name) for r in client.read_flow_runs()]
    assert sorted(states) == ["Completed", "Completed", "Failed"]
    assert "no source has a figure that a build for Cumbria may use" in artifacts()["refresh-cumbria"]["data"]
    assert published_build(ran.data / "curated").build_id == ran.report.build_id


def test_a_live_refresh_has_a_task_for_each_source_and_one_that_fails_is_tried_once_and_stops_no_other(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.client.orchestration import get_client

    from flows.refresh import refresh_flow
    from tests.replay.publisher import Publisher, Reply
    from tests.replay.world import world

    publisher = Publisher({**world(), "nomis": lambda asked: Reply(b"gone", 404, "text/plain")})
    for service in load().services:
        monkeypatch.setenv(f"LMI_URL_{service.upper()}", publisher.url(service))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("NOMIS_UID", "a-secret")
    sources = ("dwp/nomis_claimant_count", "dwp/statxplore_uc_people")
    report = refresh_flow(Settings(ran.data, "", DAY, sources), live=True)
    publisher.close()
    assert [line.partition(":")[0] for line in report.live] == ["stale", "skipped", "skipped", "skipped"]
    with get_client(sync_client=True) as client:
        newest = max(client.read_flow_runs(), key=lambda r: r.created)
        for _ in range(60):
            tasks = {t.name: t for t in client.read_task_runs(limit=200) if t.flow_run_id == newest.id}
            if {f"fetch: {s}" for s in sources} <= set(tasks):
                break
            time.sleep(1)
    assert newest.state_name == "Completed" and "a-secret" not in newest.model_dump_json()
    failed, skipped = (tasks[f"fetch: {source}"] for source in sources)
    assert (failed.state_name, failed.run_count) == ("Failed", 1)
    assert skipped.state_name == "Completed"
