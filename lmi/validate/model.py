"""What a check is and what became of it.

Owns: `Rule`, `Suite`, `CheckResult`, `ValidationReport`. Never: reads a file, runs a check.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
Action = Literal["stop", "quarantine", "report"]
Status = Literal["passed", "failed", "error", "not_applicable"]

#: Keys and details kept of a failed check: enough to see the pattern, never the rows themselves.
SAMPLES = 20
#: The name under which SQL of a rule may read each relation that accompanies the observations.
RELATIONS = ("codes", "members", "snapshots")


@dataclass(frozen=True)
class Rule:
    """One check that is intended for a source.

    `kwargs` are those of the Great Expectations type. `applies` is an SQL truth over `{batch}`: when it is false there
    is nothing that the rule speaks of. `needs` names relations beside the observations that the rule cannot do without.
    """

    rule: str
    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    action: Action
    reason: str
    origin: Literal["contract", "common", "source"]
    applies: str = ""
    needs: tuple[str, ...] = ()

    @property
    def query(self) -> str | None:
        """The rule's SQL with `{batch}` in it, or None when the type is not one that asks SQL."""
        found = self.kwargs.get("unexpected_rows_query")
        return str(found) if found is not None else None


@dataclass(frozen=True)
class Suite:
    """Every rule of one source: the contract's, those common to all sources, its own."""

    source_id: str
    name: str
    why: str
    rules: tuple[Rule, ...]

    @cached_property
    def digest(self) -> str:
        """The sha256 of what is asked: SQL, limits, severity, action and wording, not the file's layout."""
        said = [{**vars(rule), "kwargs": dict(rule.kwargs)} for rule in self.rules]
        return sha256_of({"source_id": self.source_id, "rules": said})

    @property
    def needs(self) -> tuple[str, ...]:
        """The accompanying relations that any rule needs, sorted."""
        return tuple(sorted({name for rule in self.rules for name in rule.needs}))


@dataclass(frozen=True)
class CheckResult:
    """What became of one rule. `note` says why it was not applicable, or how it went wrong."""

    rule: str
    type: str
    severity: Severity
    action: Action
    status: Status
    unexpected_count: int
    sample_keys: tuple[int, ...]
    details: tuple[str, ...]
    reason: str
    note: str = ""


@dataclass(frozen=True)
class ValidationReport:
    """What was intended for a table of observations, what was run and what came of it.

    `digest` is of the observations. `receipt_used`: the results are of an earlier run on the same bytes. `about` tells
    tables of one source apart, for people.
    """

    source_id: str
    checks: tuple[CheckResult, ...]
    intended: int
    run: int
    digest: str
    receipt_used: bool
    rows: int = 0
    about: str = ""
    receipt_note: str = ""

    def having(self, status: Status) -> tuple[CheckResult, ...]:
        """Return the checks with this status, in the suite's order."""
        return tuple(check for check in self.checks if check.status == status)

    @property
    def stopping(self) -> tuple[CheckResult, ...]:
        """The failed checks for which the source must stop."""
        return tuple(check for check in self.having("failed") if check.action == "stop")

    @property
    def quarantining(self) -> tuple[CheckResult, ...]:
        """The failed checks whose rows must go to quarantine."""
        return tuple(check for check in self.having("failed") if check.action == "quarantine")

    @property
    def verdict(self) -> str:
        """One line for people: passed or not, and whether the run was an earlier one on the same bytes."""
        errors, stops, refusing = len(self.having("error")), len(self.stopping), len(self.quarantining)
        listed = len(self.having("failed")) - stops - refusing
        said = [
            f"{_counted(errors, 'check')} could not be run" if errors else "",
            f"stopped by {_counted(stops, 'check')}" if stops else "",
            "passed" if not errors and not stops else "",
            f"rows refused by {_counted(refusing, 'check')}" if refusing else "",
            _counted(listed, "remark") if listed else "",
            "checked before on the same bytes" if self.receipt_used else "",
        ]
        return ", ".join(part for part in said if part)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sha256_of(value: Any) -> str:
    """Return the sha256 (hex) of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
