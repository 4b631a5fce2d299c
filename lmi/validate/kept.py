"""A report of checks as a file, so that a build made later can still say what was checked.

Owns: the file's form. Never: decides whether a report still holds; whoever keeps it does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lmi.engine import replacing
from lmi.errors import StoreError
from lmi.validate.model import CheckResult, ValidationReport


def write_report(report: ValidationReport, path: Path) -> None:
    """Write `report` to `path` in one step."""
    body = {**vars(report), "checks": [vars(check) for check in report.checks]}
    with replacing(path, durable=False) as part:
        part.write_text(json.dumps(body, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def read_report(path: Path) -> ValidationReport:
    """Return the report that `path` holds. Raises StoreError when it cannot be read."""
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        checks = tuple(
            CheckResult(**{**c, "sample_keys": tuple(c["sample_keys"]), "details": tuple(c["details"])})
            for c in body.pop("checks")
        )
        return ValidationReport(checks=checks, **body)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "the report of checks cannot be read.",
            place=str(path),
            found=str(error),
            do="delete it and run lmi refresh.",
        ) from error
