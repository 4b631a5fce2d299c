"""Workbooks are read by address, and a file that is none is refused in words."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from lmi.errors import ParseError
from lmi.raw.readers import Workbook, cell_address, cell_index, column_index, column_letters, number_texts, text_of
from tests.parsers.workbooks import write_workbook


@pytest.mark.parametrize(
    ("letters", "index"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("XFD", 16383)]
)
def test_columns_count_from_a(letters: str, index: int) -> None:
    assert (column_letters(index), column_index(letters)) == (letters, index)


@given(st.integers(0, 10**6), st.integers(0, 16383))
def test_an_address_finds_its_cell(row: int, column: int) -> None:
    assert cell_index(cell_address(row, column)) == (row, column)


@pytest.mark.parametrize("address", ["", "A", "1", "A0", "a1", "A1:B2", "Ä1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        cell_index(address)


def test_empty_rows_and_columns_before_the_first_value_are_kept(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "w.xlsx", {"S": [[], [], ["", "", "first"], [], ["", "", "", 5]]})
    grid = Workbook.open(path, "t").grid("S")
    assert (grid.at("C3"), grid.at("D5"), grid.at("A1"), grid.at("Z99")) == ("first", 5.0, "", "")
    assert (grid.height, grid.width) == (5, 4)


def test_published_text_of_each_kind_of_value() -> None:
    values = [
        15.732999999999993,
        5000.0,
        0.0,
        -0.5,
        0.00044182,
        "!",
        "",
        " ",
        True,
        datetime(2024, 2, 28),
        date(2024, 2, 29),
        7,
    ]
    texts = number_texts(values).to_pylist()
    assert texts == [
        *["15.732999999999993", "5000", "0", "-0.5", "0.00044182", "!", None, " ", "TRUE"],
        *["2024-02-28 00:00:00", "2024-02-29", "7"],
    ]
    assert [text_of(v) or None for v in values] == texts


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_the_text_of_a_number_reads_back_as_the_number(numbers: list[float]) -> None:
    assert [float(t) for t in number_texts(list(numbers)).to_pylist()] == numbers
    assert [text_of(n) for n in numbers] == number_texts(list(numbers)).to_pylist()


def _encrypted() -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>not found</html>", "not a workbook"),
        (b"Area,2015\nx,1\n", "not a workbook"),
        (_encrypted(), "encrypted"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), "cut short or damaged"),
        (b"PK\x03\x04", "cut short or damaged"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused(content: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    with pytest.raises(ParseError) as caught:
        Workbook.open(path, "test/source")
    assert what in caught.value.what
    assert (caught.value.source, caught.value.place) == ("test/source", "file.xlsx")
    assert caught.value.expected and caught.value.found and caught.value.do


@pytest.mark.parametrize("kept", [10, 100, 1000, -100, -30])
def test_a_workbook_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "whole.xlsx", {"S": [[n, n + 1] for n in range(500)]})
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ParseError, match="cut short or damaged"):
        Workbook.open(cut, "test/source")


def test_a_sheet_with_damaged_bytes_is_refused(tmp_path: Path) -> None:
    whole = write_workbook(tmp_path / "whole.xlsx", {"S": [[n, n + 1] for n in range(50)]})
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if name.endswith("sheet1.xml") else content)
    with pytest.raises(ParseError, match=r"sheet S: the sheet is damaged"):
        Workbook.open(broken, "test/source").grid("S")


def test_another_zip_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(ParseError, match="cut short or damaged"):
        Workbook.open(path, "test/source")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="cannot be read"):
        Workbook.open(tmp_path / "none.xlsx", "test/source")


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    book = Workbook.open(write_workbook(tmp_path / "w.xlsx", {"One": [[1]], "Two": [[2]]}), "test/source")
    with pytest.raises(ParseError, match=r"sheet Three.*'Three'.*One, Two"):
        book.grid("Three")


def test_a_stray_cell_in_a_far_corner_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        sheet.write(20_000, 600, 1)
    with pytest.raises(ParseError, match=r"too large.*20001 rows by 601 columns"):
        Workbook.open(path, "test/source").grid("S")
