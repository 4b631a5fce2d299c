"""The refresh on the release calendar: one deployment, one run at a time, in the publishers' time zone.

Owns: the deployment's schedule and concurrency, the file `prefect.yaml` that says the same, and serving it.
Never: decides when a publisher releases; sources declare that. `python -m flows.schedule` rewrites `prefect.yaml`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flows.refresh import refresh_flow
from lmi.errors import SourceUnavailable
from lmi.pipeline import Report, Settings
from lmi.registry import Registry, load, repository_root
from lmi.releases import EVERY_DAY, Watch, announced_beyond, watches

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

from prefect import flow

NAME = "release-calendar"
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SERVER_STARTS_WITHIN_SECONDS = 180.0
_ANSWERS_WITHIN_SECONDS = 30.0


@flow(name="scheduled-refresh", validate_parameters=False)
def scheduled_refresh(data: str = "data", area: str = "", live: bool = True) -> Report:
    """Refresh as known today, the day being that of the publishers' time zone; `live` asks the publishers first.

    Raises LmiError as the refresh does.
    """
    today = datetime.now(ZoneInfo(load().house.time_zone)).date()
    return refresh_flow(Settings(Path(data).resolve(), area, today), live)


def rules(registry: Registry) -> dict[str, str]:
    """Return the recurrence rules of the calendar by name; no moment is in two of them."""
    hour, minute = (int(part) for part in registry.house.refresh_at.split(":"))
    sources = tuple(registry.sources.values())
    watched = watches(sources)
    made = {_slug(watch): _rule(watch, hour, minute) for watch in watched}
    for day in announced_beyond(sources, watched):
        made[f"announced-{day}"] = f"DTSTART:{day:%Y%m%d}T{hour:02d}{minute:02d}00\nRRULE:FREQ=DAILY;COUNT=1"
    return made


def deployment(data: str, area: str, live: bool, registry: Registry) -> RunnerDeployment:
    """Return the deployment: the calendar's rules, and one run at a time, a second one being cancelled and not queued."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.flows import EntrypointType
    from prefect.schedules import RRule

    zone = registry.house.time_zone
    made: RunnerDeployment = scheduled_refresh.to_deployment(
        name=NAME,
        schedules=[RRule(rule, timezone=zone, slug=slug) for slug, rule in rules(registry).items()],
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        parameters={"data": data, "area": area, "live": live},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return made


def serve_schedule(data: Path, area: str, live: bool) -> None:
    """Serve the deployment until it is interrupted, on the server that PREFECT_API_URL names or one of our own.

    Raises DeclarationError for an unknown area, SourceUnavailable when the server does not come up or cannot plan runs.
    """
    from prefect import serve
    from prefect.settings import PREFECT_API_URL, temporary_settings

    registry = load()
    registry.area(area)
    given = os.environ.get("PREFECT_API_URL")
    with server(given) as url, temporary_settings({PREFECT_API_URL: url}):
        made = deployment(str(data), area, live, registry)
        plan_runs(made, url)
        serve(made, limit=1, print_starting_message=False)


def plan_runs(made: RunnerDeployment, url: str) -> None:
    """Register the deployment and have the server plan its next runs, as its scheduler does from then on.

    A server that fails here would never start a run and never say so. Raises SourceUnavailable.
    """
    deployment_id = made.apply()
    asked = urllib.request.Request(
        f"{url}/deployments/{deployment_id}/schedule", data=b"{}", headers={"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=_ANSWERS_WITHIN_SECONDS):
            return
    except OSError as error:
        raise SourceUnavailable(
            "the Prefect server cannot plan the runs of a schedule.",
            place=url,
            found=str(error),
            do="with Prefect 3.8 this is what SQLAlchemy 2.1 breaks: install sqlalchemy below 2.1 where the server runs.",
        ) from error


def prefect_yaml(registry: Registry) -> str:
    """Return the text of `prefect.yaml`: the same deployment for those who run a Prefect server with workers."""
    lines = [
        "# The refresh on the release calendar. Made from the declarations by `python -m flows.schedule`: do not edit.",
        "name: lancashire-lmi",
        "deployments:",
        f"- name: {NAME}",
        "  entrypoint: flows/schedule.py:scheduled_refresh",
        "  parameters:",
        "    data: data",
        '    area: ""',
        "    live: true",
        "  concurrency_limit:",
        "    limit: 1",
        "    collision_strategy: CANCEL_NEW",
        "  work_pool:",
        "    name: lmi",
        "  schedules:",
    ]
    for slug, rule in rules(registry).items():
        lines += [f"  - rrule: {json.dumps(rule)}", f"    timezone: {registry.house.time_zone}", f"    slug: {slug}"]
    return "\n".join(lines) + "\n"


def _rule(watch: Watch, hour: int, minute: int) -> str:
    def listed(values: tuple[int, ...]) -> str:
        return ",".join(str(value) for value in values)

    weekdays = ",".join(_WEEKDAYS[day] for day in watch.weekdays)
    days = "" if watch.days == EVERY_DAY else f"BYMONTHDAY={listed(watch.days)};"
    return (
        f"RRULE:FREQ=DAILY;BYMONTH={listed(watch.months)};{days}BYDAY={weekdays};"
        f"BYHOUR={hour};BYMINUTE={minute};BYSECOND=0"
    )


def _slug(watch: Watch) -> str:
    """Return a rule's name: its months, and whether it is for days of release or for the Mondays between."""
    months = "-".join(f"{month:02d}" for month in watch.months)
    return f"{'mondays' if len(watch.weekdays) == 1 else 'releases'}-{months}"


@contextmanager
def server(given: str | None) -> Iterator[str]:
    """Yield the address of a Prefect server: the given one, or one on this machine that ends with us."""
    if given:
        yield given
        return
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PREFECT_SERVER_UI_API_URL": url}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(f"{url}/health", process)
        yield url
    finally:
        process.terminate()
        process.wait()


def _await(url: str, process: subprocess.Popen[Any]) -> None:
    end = time.monotonic() + _SERVER_STARTS_WITHIN_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(1)
    raise SourceUnavailable(
        "the Prefect server did not start.",
        place=url,
        expected=f"an answer within {_SERVER_STARTS_WITHIN_SECONDS:.0f} seconds",
        do="run `prefect server start` to see why, or set PREFECT_API_URL to a server that runs.",
    )


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


if __name__ == "__main__":
    (repository_root() / "prefect.yaml").write_text(prefect_yaml(load()), encoding="utf-8")
