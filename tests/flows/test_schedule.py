"""The schedule that Prefect holds is the release calendar, in London's time, one run at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lmi.registry import load, repository_root
from lmi.releases import watches
from tests.pipeline.builds import Built, published_like

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Prefect server of this module's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_LOGGING_LEVEL": "WARNING",
        }.items():
            patch.setenv(name, value)  # before Prefect is imported
        from prefect.testing.utilities import prefect_test_harness

        with prefect_test_harness(server_startup_timeout=180):
            yield


def test_the_server_holds_the_calendar_and_lets_one_run_at_a_time(prefect: None, tmp_path: Path) -> None:
    from prefect.client.orchestration import get_client

    from flows.schedule import deployment, rules

    registry = load()
    deployment(str(tmp_path), "lancashire", False, registry).apply()
    with get_client(sync_client=True) as client:
        held = client.read_deployment_by_name("scheduled-refresh/release-calendar")
    assert held.global_concurrency_limit is not None and held.global_concurrency_limit.limit == 1
    assert (
        held.concurrency_options is not None and str(held.concurrency_options.collision_strategy.value) == "CANCEL_NEW"
    )
    assert held.parameters == {"data": str(tmp_path), "area": "lancashire", "live": False}
    assert {s.slug for s in held.schedules} == set(rules(registry))
    assert {(s.schedule.timezone, s.active) for s in held.schedules} == {("Europe/London", True)}


def test_a_server_of_our_own_plans_the_next_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler belongs to `prefect server start`: the server of the other tests has none."""
    import json
    import urllib.request

    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.schedule import deployment, plan_runs, server

    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    registry = load()
    with server(None) as url, temporary_settings({PREFECT_API_URL: url}):
        plan_runs(deployment(str(tmp_path), "", True, registry), url)
        asked = urllib.request.Request(
            f"{url}/flow_runs/filter", data=b"{}", headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked) as answer:
            runs = json.load(answer)
    assert runs and {run["state_name"] for run in runs} == {"Scheduled"}
    london = ZoneInfo("Europe/London")
    moments = [datetime.fromisoformat(run["expected_start_time"]).astimezone(london) for run in runs]
    watched = watches(registry.sources.values())
    assert all(any(watch.holds(moment.date()) for watch in watched) for moment in moments)
    assert {(m.hour, m.minute) for m in moments} == {(9, 45)}


def test_the_moments_of_the_rules_are_the_days_of_the_calendar_at_the_same_time_in_summer_and_winter() -> None:
    import asyncio

    from prefect.server.schemas.schedules import RRuleSchedule

    from flows.schedule import rules

    registry = load()
    start = datetime(2027, 1, 1, tzinfo=UTC)
    moments = [
        moment.astimezone(ZoneInfo("Europe/London"))
        for rule in rules(registry).values()
        for moment in asyncio.run(
            RRuleSchedule(rrule=rule, timezone="Europe/London").get_dates(
                n=366, start=start, end=start + timedelta(365)
            )
        )
    ]
    days = [date(2027, 1, 1) + timedelta(n) for n in range(365)]
    watched = watches(registry.sources.values())
    assert sorted(m.date() for m in moments) == [d for d in days if any(w.holds(d) for w in watched)]
    assert {(m.hour, m.minute) for m in moments} == {(9, 45)}
    assert {m.utcoffset() for m in moments} == {timedelta(0), timedelta(hours=1)}


def test_prefect_yaml_says_the_same_as_the_declarations() -> None:
    import inspect

    import yaml

    from flows.schedule import prefect_yaml, rules, scheduled_refresh

    registry = load()
    text = (repository_root() / "prefect.yaml").read_text(encoding="utf-8")
    assert text == prefect_yaml(registry), "the calendar changed: run python -m flows.schedule"
    (told,) = yaml.safe_load(text)["deployments"]
    assert {s["slug"]: s["rrule"] for s in told["schedules"]} == rules(registry)
    assert {s["timezone"] for s in told["schedules"]} == {"Europe/London"}
    assert told["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    path, _, name = told["entrypoint"].partition(":")
    assert (repository_root() / path).is_file() and name == scheduled_refresh.fn.__name__
    assert set(told["parameters"]) == set(inspect.signature(scheduled_refresh.fn).parameters)


def test_a_scheduled_run_refreshes_as_known_today(prefect: None, baseline_build: Built, tmp_path: Path) -> None:
    from prefect.client.orchestration import get_client

    from flows.schedule import scheduled_refresh

    built = published_like(baseline_build, tmp_path)
    before = datetime.now(ZoneInfo("Europe/London")).date()
    report = scheduled_refresh(str(built.data), "", live=False)
    after = datetime.now(ZoneInfo("Europe/London")).date()
    assert (report.published, report.new) == (True, False)
    with get_client(sync_client=True) as client:
        names = {run.name for run in client.read_flow_runs()}
    assert names & {f"refresh as of {before}", f"refresh as of {after}"}
