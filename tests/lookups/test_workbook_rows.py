"""A sheet that is one list: cells at their address, labels by header."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from lmi.errors import ParseError
from lmi.sources.parsers.workbook_rows import parse


def write(path: Path, rows: list[list[str | float | None]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("List")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is not None:
                sheet.write(r, c, value)
    book.close()
    return path


def test_a_record_is_one_cell_in_its_first_column_with_all_columns_as_labels(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsx",
        [["SOC\n2020  Major", "Title", None], [1, "Managers", "loose"], [None, None, None], [None, "Other", None]],
    )
    made = parse(path, {"sheet": "List"}, "a/source")
    assert made.to_pylist() == [
        {
            "ordinal": 0,
            "sheet": "List",
            "row": 2,
            "column": "A",
            "text": "1",
            "conf_text": None,
            "flag_text": None,
            "SOC 2020 Major": "1",
            "Title": "Managers",
        },
        {
            "ordinal": 2,
            "sheet": "List",
            "row": 4,
            "column": "A",
            "text": None,
            "conf_text": None,
            "flag_text": None,
            "SOC 2020 Major": None,
            "Title": "Other",
        },
    ]


def test_named_value_columns_give_one_cell_each_at_their_own_address(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsx", [["a list"], ["code", "men", "women", "row"], ["11", 0.25, 3, "x"], ["12", None, 4, "y"]]
    )
    made = parse(path, {"sheet": "List", "header_row": 2, "values": ["men", "women"]}, "a/source")
    shown = [
        (r["ordinal"], r["column"], r["row"], r["text"], r["measure"], r["code"], r["row_label"])
        for r in made.to_pylist()
    ]
    assert shown == [
        (0, "B", 3, "0.25", "men", "11", "x"),
        (1, "C", 3, "3", "women", "11", "x"),
        (2, "B", 4, None, "men", "12", "y"),
        (3, "C", 4, "4", "women", "12", "y"),
    ]


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        ([["code", "code"], ["1", "2"]], {}, "sheet List, row 1"),
        ([["code"], ["1"]], {"values": ["men"]}, "Expected: men. Found: code"),
        ([["code"], ["1"]], {"header_row": 9}, "no name at all"),
        ([["code"], ["1"]], {"sheet": "Other"}, "no such sheet"),
    ],
)
def test_another_header_or_sheet_is_refused(tmp_path: Path, rows: list, options: dict, told: str) -> None:
    with pytest.raises(ParseError, match=told):
        parse(write(tmp_path / "a.xlsx", rows), {"sheet": "List", **options}, "a/source")
