"""A report of checks comes back from its file as it was, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.errors import StoreError
from lmi.validate import CheckResult, ValidationReport, read_report, write_report

REPORT = ValidationReport(
    "ons/jobs",
    (CheckResult("a.b", "t", "critical", "stop", "failed", 2, (11, 12), ("C: £7",), "Because.", "note"),),
    1, 1, "ab" * 32, True, 7, "2023-09", "a receipt was rejected",
)  # fmt: skip


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    write_report(REPORT, tmp_path / "folder" / "report.json")
    assert read_report(tmp_path / "folder" / "report.json") == REPORT


@pytest.mark.parametrize("text", ["", "{}", '{"checks": [{}]}', "[1"])
def test_a_damaged_report_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(StoreError, match=r"report.json: the report of checks cannot be read"):
        read_report(path)
