"""What became of a snapshot, and the files in which that is kept.

Owns: the outcome's fields, and how a kept one is read. Never: works on a snapshot.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.engine import read_parquet
from lmi.validate import ValidationReport


@dataclass(frozen=True)
class Outcome:
    """What became of one snapshot. `state` is ok or stopped; `error` is the paragraph when it stopped, `kind` its class."""

    source_id: str
    vintage: str
    layout: str
    part: str
    sha256: str
    snapshot_id: int
    origin: str
    released: str
    state: str
    error: str = ""
    kind: str = ""
    account: dict[str, Any] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    checks: dict[str, Any] = field(default_factory=dict)
    reused: bool = False


def rules_broken(path: Path) -> dict[str, int]:
    """Return how many rows of a file of quarantined rows each rule refused; none when there is no file."""
    return count_rules(read_parquet(path)) if path.is_file() else {}


def count_rules(table: pa.Table) -> dict[str, int]:
    """Return how many rows of tables.QUARANTINE each rule refused."""
    counts = table["rule"].value_counts()
    return {str(row["values"]): int(row["counts"]) for row in counts.to_pylist()}


def count_checks(report: ValidationReport) -> dict[str, Any]:
    """Return how many checks came to what, and in words those that failed."""
    told = [f"{c.rule}: {c.unexpected_count} rows; {c.reason}" for c in report.having("failed")]
    numbers = {name: len(report.having(name)) for name in ("passed", "failed", "not_applicable")}
    return {"intended": report.intended, "run": report.run, **numbers, "failures": told}


def read_meta(path: Path) -> dict[str, Any] | None:
    """Return what a step noted of its work, or None when it did not, or not whole: the step is then done again."""
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return body
    except (OSError, ValueError):
        return None


def digest_of_texts(*parts: str) -> str:
    """Return the sha256 (hex) of texts in their order."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
