"""What was checked, what was refused and what was left out: as tables for the build, and as a page for people.

Owns: those two renderings of an ingest. Never: checks anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from lmi.engine import replacing
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.outcomes import Outcome
from lmi.tables import CHECKS, OUTCOMES
from lmi.validate import LeftOut, Refusal, ValidationReport, report_page

#: Refused cells named on the page for each file and rule; the table `quarantine` has all of them.
_NAMED = 10


def outcomes_table(outcomes: Iterable[Outcome]) -> pa.Table:
    """Return one row for each published file that the build could see (tables.OUTCOMES)."""
    rows = [{name: getattr(outcome, name) for name in OUTCOMES.names} for outcome in outcomes]
    return pa.Table.from_pylist(rows, schema=OUTCOMES.arrow_schema())


def checks_table(reports: Mapping[int, ValidationReport]) -> pa.Table:
    """Return one row for each check intended for a file (tables.CHECKS). `reports` are by snapshot."""
    rows = [
        {
            "snapshot_id": snapshot_id,
            "rule": check.rule,
            "severity": check.severity,
            "action": check.action,
            "status": check.status,
            "failing_rows": check.unexpected_count,
            "reason": check.reason,
            "note": check.note,
        }
        for snapshot_id, report in sorted(reports.items())
        for check in report.checks
    ]
    return pa.Table.from_pylist(rows, schema=CHECKS.arrow_schema())


def write_page(ingest: Ingest, path: Path) -> None:
    """Write the page of checks: files left out, cells refused, then every check of every file."""
    outcomes = ingest.visible_outcomes()
    left_out = [LeftOut(_name(o), o.error) for o in outcomes if o.state == "stopped"]
    refusals = _refusals({o.snapshot_id: _name(o) for o in outcomes}, ingest.quarantined())
    title = f"Checks of the published figures: {ingest.plan.area.name}, as of {ingest.plan.settings.as_of}"
    text = report_page(list(ingest.reports().values()), title, left_out=left_out, refusals=refusals)
    with replacing(path, durable=False) as part:
        part.write_text(text, encoding="utf-8")


def _refusals(names: Mapping[int, str], quarantined: pa.Table) -> list[Refusal]:
    """Return one refusal for each file and rule, with the first cells of each by their place."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    columns = (quarantined[name].to_pylist() for name in ("snapshot_id", "rule", "reason", "place", "text"))
    for snapshot_id, rule, reason, place, text in zip(*columns, strict=True):
        cells = grouped.setdefault((names[snapshot_id], rule, reason), [])
        cells.append(f"{place}: {text if text is not None else '(empty)'}")
    return [
        Refusal(name, rule, reason, len(cells), tuple(cells[:_NAMED]))
        for (name, rule, reason), cells in sorted(grouped.items())
    ]


def _name(outcome: Outcome) -> str:
    return f"{outcome.source_id}, {outcome.vintage} {outcome.layout} {outcome.part}".strip()
