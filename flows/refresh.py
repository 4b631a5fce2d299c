"""The refresh as a Prefect flow: one task for each source and stage, retries, and a summary kept as an artifact.

Owns: Prefect's settings for this project, tasks and artifacts. Never: computes anything; each task is one library call.
Run it with `python -m flows.refresh` or `lmi refresh`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from flows.live import live_now
from lmi.errors import LmiError, SourceUnavailable
from lmi.pipeline import Report, Settings, run
from lmi.pipeline.live import refresh_live

# Prefect reads these when it is imported. Its database lies with the project, and nothing is sent anywhere.
os.environ.setdefault("PREFECT_HOME", str(Path(__file__).resolve().parents[1] / ".prefect"))
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
# The first start migrates a new database and takes longer than Prefect's own limit on a small machine.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

Result = TypeVar("Result")
#: Reading a file may meet a disk or a share that is away for a moment; everything else fails the same way twice. Fetching
#: has tries and waits of its own, which must not be multiplied.
_RETRIED = ("gather", "look up", "stage")
_WAITS_SECONDS = [2, 10, 30]


def as_task(stage: str, what: str, step: Callable[..., Result], *arguments: Any) -> Result:
    """Run one step of the pipeline as a Prefect task named after its stage and what it works on."""

    def body() -> Result:
        return step(*arguments)

    retries = len(_WAITS_SECONDS) if stage in _RETRIED else 0
    made = task(
        body,
        name=f"{stage}: {what}",
        task_run_name=f"{stage}: {what}",
        retries=retries,
        retry_delay_seconds=_WAITS_SECONDS if retries else 0,
        retry_condition_fn=_worth_another_try if retries else None,
        cache_policy=NO_CACHE,
        persist_result=False,
        tags=[stage],
    )
    return made()


def _worth_another_try(task_: Any, run_: Any, state: Any) -> bool:
    """Retry what the machine may mend by itself, never a stated failure of the data."""
    error = state.result(raise_on_failure=False)
    # A SourceUnavailable is a stated failure too, but one that passes by itself.
    return isinstance(error, (SourceUnavailable, OSError))


@flow(name="refresh", flow_run_name="refresh as of {settings.as_of}", validate_parameters=False)
def refresh_flow(settings: Settings, live: bool = False) -> Report:
    """Refresh the marts of one area; the report is also kept as an artifact. `live` asks the publishers first.

    Keys are read within: what is given to a flow is kept by the server.
    Raises LmiError when nothing was published, so that a schedule does not show a failed night as a good one.
    """
    report = refresh_live(settings, as_task, live_now()) if live else run(settings, as_task)
    key = re.sub(r"[^a-z0-9-]+", "-", f"refresh-{report.area_id}".lower())
    create_markdown_artifact(markdown=markdown(report, settings), key=key, description="What the refresh did")
    if report.marts:
        rows = [{"mart": name, "rows": count} for name, count in sorted(report.marts.items())]
        create_table_artifact(table=rows, key=f"{key}-marts", description="Rows by mart")
    if not report.published:
        raise LmiError(f"nothing was published; the build before stays. {report.error}")
    return report


def markdown(report: Report, settings: Settings) -> str:
    """Return the run summary as markdown."""
    lines = [f"# Refresh of {report.area_id}, as of {settings.as_of}", "", report.summary().replace("\n", "\n\n"), ""]
    if report.counts:
        lines += ["| figures | number |", "|---|---:|", *(f"| {name} | {n:,} |" for name, n in report.counts.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    data = Path(os.environ.get("LMI_DATA", "data")).resolve()
    try:
        print(refresh_flow(Settings(data, os.environ.get("LMI_AREA", ""), date.today())).summary())
    except LmiError as error:
        raise SystemExit(str(error)) from error
