"""Are these figures fit to use? Expectations with reasons, run where the rows lie, and what to do when one fails.

Owns: the only use of Great Expectations, the suites under `expectations/`, receipts, quarantine, the page of results.
Never: mends a figure, fetches one, or lets a check that did not run count as passed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from lmi.engine import Connection
from lmi.errors import LmiError, ValidationFailed
from lmi.validate.kept import read_report, write_report
from lmi.validate.model import Action, CheckResult, Rule, Severity, Status, Suite, ValidationReport
from lmi.validate.page import LeftOut, Refusal, report_page
from lmi.validate.receipts import Receipts, content_of, receipt_key, relations_for
from lmi.validate.rows import accepted_rows, inapplicable, opened, quarantine_rows
from lmi.validate.suites import load_suite, load_suites

__all__ = [
    "Action", "CheckResult", "LeftOut", "Receipts", "Refusal", "Rule", "Severity", "Status", "Suite", "ValidationReport",
    "accepted_rows", "demand_passed", "load_suite", "load_suites", "quarantine_rows", "read_report", "report_page",
    "validate", "write_report",
]  # fmt: skip

#: Great Expectations keeps its context for the whole process.
_ONE_AT_A_TIME = threading.Lock()


def validate(
    con: Connection | None,
    table: pa.Table | Path,
    suite: Suite,
    source_id: str,
    *,
    relations: Mapping[str, pa.Table] | None = None,
    receipts: Receipts | None = None,
    about: str = "",
) -> ValidationReport:
    """Return what was intended for a table of observations (tables.OBSERVATIONS), what was run and what came of it.

    `table` is a table or a Parquet file sorted on obs_key. `con` lends its database (memory limit, threads); None opens
    one. `relations` may hold `codes`, `snapshots` (their contracts) and `members` (one column, area_code: the districts
    that must be there). `about` names the table for people (its vintage). With a receipt of exactly these rows,
    relations and suite nothing is run. Failed checks are in the report; see `demand_passed`. Raises ContractError for
    other columns, DeclarationError for a rule that cannot be made, LmiError for SQL of a suite that cannot be run.
    """
    if suite.source_id != source_id:
        raise LmiError(
            "the suite is of another source.", source=source_id, found=suite.source_id, do="load its own suite."
        )
    content = content_of(table)
    given = relations_for(suite, relations or {}, content)
    key, note = receipt_key(content, suite, given), ""
    if receipts is not None:
        known, note = receipts.find(source_id, key, suite)
        if known is not None:
            return replace(known, about=about)
    checks = _run(con, table, suite, given)
    run = sum(check.status in ("passed", "failed") for check in checks)
    intended = len(suite.rules)
    report = ValidationReport(source_id, checks, intended, run, content.digest, False, content.rows, about, note)
    if receipts is not None and not report.having("error"):
        receipts.keep(report, key)
    return report


def demand_passed(report: ValidationReport) -> None:
    """Raise ValidationFailed when a check failed for which the source must stop; LmiError when one could not be run."""
    errors = report.having("error")
    if errors:
        raise LmiError(
            f"{len(errors)} of {report.intended} checks could not be run, which says nothing of the figures.",
            source=report.source_id,
            place=f"check {errors[0].rule}",
            found=errors[0].note,
            do="mend the suite or lmi/validate; figures are not published unchecked.",
        )
    stopping = report.stopping
    if stopping:
        first = stopping[0]
        more = f" {len(stopping) - 1} more failed: {', '.join(c.rule for c in stopping[1:])}." if stopping[1:] else ""
        raise ValidationFailed(
            f"check {first.rule} failed, {first.unexpected_count} times in {report.rows} rows. {first.reason}{more}",
            source=report.source_id,
            found="; ".join(first.details[:3]) or f"keys {', '.join(str(k) for k in first.sample_keys[:3])}",
            do="the last good vintage stays in use; see the page of checks, ask the publisher or declare a correction.",
        )


def _run(
    con: Connection | None, table: pa.Table | Path, suite: Suite, relations: Mapping[str, pa.Table]
) -> tuple[CheckResult, ...]:
    """Return one result for each rule: those that apply are run, the others say why not."""
    from lmi.validate.checks import run_checks  # costs seconds, so only when a check must really run

    with _ONE_AT_A_TIME, opened(con, table, relations) as cursor:
        why = inapplicable(cursor, suite.rules, relations)
        ran = {c.rule: c for c in run_checks(cursor, [rule for rule in suite.rules if rule.rule not in why])}
    return tuple(
        ran.get(r.rule)
        or CheckResult(r.rule, r.type, r.severity, r.action, "not_applicable", 0, (), (), r.reason, why[r.rule])
        for r in suite.rules
    )
