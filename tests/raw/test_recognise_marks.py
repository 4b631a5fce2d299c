"""The marks by which a workbook is known: texts that stand in it, and cells that hold nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.raw.probe import Probe
from lmi.raw.recognise import misses
from lmi.registry import Recognise
from tests.parsers.workbooks import write_workbook

MARKS = Recognise(format="workbook", cells={"Data!A1": "^survey$"}, empty=("Data!C1",))


@pytest.mark.parametrize(
    ("row", "missed"),
    [
        (["survey", "age"], []),
        (["survey", "age", ""], []),
        (["survey", "age", "occupation"], ["nothing in cell Data!C1"]),
        (["census", "age"], ["cell Data!A1 like '^survey$'"]),
    ],
)
def test_a_workbook_that_goes_on_where_another_ends_is_another(
    row: list[str], missed: list[str], tmp_path: Path
) -> None:
    assert misses(Probe(write_workbook(tmp_path / "w.xlsx", {"Data": [row]})), MARKS) == missed
