"""Rules that look from one edition of a source to the next: asked of the two newest together.

Owns: which rules and files those are, and where their results are told. Never: refuses a row; such rules report or stop.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lmi.curate import curate, snapshots_table
from lmi.raw.manifest import Snapshot
from lmi.validate import CheckResult, Receipts, Suite, ValidationReport, validate

#: The relation without which a rule cannot tell editions apart.
_NEEDED = "snapshots"


@dataclass(frozen=True)
class Compared:
    """What the two newest editions of a source gave together: told with `snapshot_id`, the last file of the newest."""

    snapshot_id: int
    report: ValidationReport

    def within(self, report: ValidationReport) -> ValidationReport:
        """Return the file's own report with these results in place of "not applicable"."""
        found: Mapping[str, CheckResult] = {check.rule: check for check in self.report.checks}
        checks = tuple(found.get(check.rule, check) for check in report.checks)
        run = sum(check.status in ("passed", "failed") for check in checks)
        return replace(report, checks=checks, run=run)


def compare_editions(
    suite: Suite, snapshots: Sequence[Snapshot], files: Mapping[int, Path], own: ValidationReport, receipts: Receipts
) -> Compared | None:
    """Ask the rules that `own`, the report of the newest file, had to leave out for want of an earlier edition.

    `snapshots` are the good files of one source, `files` their accepted observations by snapshot. Returns None when there
    is one edition only, or no such rule. Raises what `validate` raises.
    """
    editions = sorted({(s.released, s.vintage) for s in snapshots})[-2:]
    waiting = {check.rule for check in own.having("not_applicable")}
    rules = tuple(r for r in suite.rules if _NEEDED in r.needs and r.action != "quarantine" and r.rule in waiting)
    if len({vintage for _, vintage in editions}) < 2 or not rules:
        return None
    both = sorted((s for s in snapshots if (s.released, s.vintage) in editions), key=lambda s: s.snapshot_id)
    with tempfile.TemporaryDirectory(dir=files[both[0].snapshot_id].parent) as scratch:
        table = Path(scratch) / "editions.parquet"
        curate([files[s.snapshot_id] for s in both], table)
        relations = {_NEEDED: snapshots_table(both)}
        about = " and ".join(vintage for _, vintage in editions)
        asked = replace(suite, rules=rules)
        report = validate(None, table, asked, suite.source_id, relations=relations, receipts=receipts, about=about)
    return Compared(newest(snapshots).snapshot_id, report)


def newest(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return the last file of the newest edition."""
    return max(snapshots, key=lambda s: (s.released, s.vintage, s.snapshot_id))
