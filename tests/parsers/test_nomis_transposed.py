"""The transposed Nomis CSV, areas across: read block by block, any other shape named by its line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from lmi.sources.parsers.nomis_transposed import parse
from tests.parsers.workbooks import Sheets, changed, refusal, with_row, without_row

OPTIONS: dict[str, Any] = {
    "title": "annual survey",
    "keys": {"Date": "date"},
    "expect": {"Confidence": "95%", "Analysis": "standard"},
    "columns": ["T1:*"],
}
BLANK = [""] * 7
COPYRIGHT = "ONS Crown Copyright Reserved [from Nomis on 18 May 2022]"
HEAD = ["Cell", "country:Here", "", "Conf", "lep:There", "", "Conf"]


def block(year: str, *rows: list[str]) -> list[list[str]]:
    keys = [["Analysis   :", "standard"], ["Date       :", year], ["Confidence :", "95%"]]
    lines = [
        ["annual survey"],
        [COPYRIGHT],
        *keys,
        [],
        HEAD,
        [],
        *rows,
        [],
        [],
        ["!", "not available"],
        ["", "see [x]"],
        [],
    ]
    return [[*line, *BLANK][:7] for line in lines]


BOOK: Sheets = {
    "csv": [
        *block(
            "Jan 2015-Dec 2015",
            ["T1:1 (Cooks, all )", "100", "", "5", "!", "", "!"],
            ["T1:2 (Bakers )", "30", "p", "*"],
        ),
        *block("Jan 2016-Dec 2016", ["T1:1 (Cooks, all )", "110", "", "6", "~", "", "*"]),
    ]
}


def write_csv(path: Path, sheets: Sheets) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(sheets["csv"])
    return path


def test_areas_across_become_cells_with_their_companions(tmp_path: Path) -> None:
    table = parse(write_csv(tmp_path / "f.csv", BOOK), OPTIONS, "test/source")
    names = ("row", "column", "text", "conf_text", "flag_text", "area", "date", "cell")
    assert [tuple(r[n] for n in names) for r in table.to_pylist()] == [
        (9, "country:Here", "100", "5", None, "country:Here", "Jan 2015-Dec 2015", "T1:1 (Cooks, all )"),
        (9, "lep:There", "!", "!", None, "lep:There", "Jan 2015-Dec 2015", "T1:1 (Cooks, all )"),
        (10, "country:Here", "30", "*", "p", "country:Here", "Jan 2015-Dec 2015", "T1:2 (Bakers )"),
        (10, "lep:There", None, None, None, "lep:There", "Jan 2015-Dec 2015", "T1:2 (Bakers )"),
        (24, "country:Here", "110", "6", None, "country:Here", "Jan 2016-Dec 2016", "T1:1 (Cooks, all )"),
        (24, "lep:There", "~", "*", None, "lep:There", "Jan 2016-Dec 2016", "T1:1 (Cooks, all )"),
    ]
    assert table["ordinal"].to_pylist() == [57, 60, 64, 67, 162, 165]  # 7 cells a line, the first being A1


def file(**cells: Any) -> Sheets:
    return changed(BOOK, "csv", cells)


FAULTS: dict[str, tuple[Sheets, str, str, str]] = {
    "another dataset": (file(A1="labour survey"), "line 1, column A", "'annual survey'", "labour survey"),
    "heading moved down": (with_row(BOOK, "csv", 1, BLANK), "line 2, column A", "ONS Crown Copyright", "annual"),
    "key renamed": (file(A4="Period     :"), "line 1", "Date = ...", "Period = Jan"),
    "another interval": (file(B5="90%"), "line 1", "Confidence = 95%", "Confidence = 90%"),
    "header renamed": (file(A7="Variable"), "line 1, column A", "a line that begins Cell", "none"),
    "header dropped": (without_row(BOOK, "csv", 7), "line 1, column A", "a line that begins Cell", "none"),
    "areas moved": (file(B7="", C7="country:Here"), "line 7, column B", "an area", "''"),
    "companion renamed": (file(D7="Std err"), "line 7, column D", "Conf", "Std err"),
    "companions reordered": (file(C7="Conf", D7=""), "line 7, column C", "no heading", "Conf"),
    "area twice": (file(E7="country:Here"), "line 7, column B", "each once", "country:Here"),
    "area added in part": (file(G7=""), "line 7, column B", "with Conf", "lep:There"),
    "row renamed": (file(A9="T2:1 (Cooks )"), "line 9, column A", "T1:*", "T2:1"),
    "no rows": (file(A24=""), "line 24, column A", "lines with a name", "none"),
    "a figure below the table": (file(E13="7"), "line 13, column E", "notes only", "'7'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_another_shape_is_named_by_its_line(name: str, tmp_path: Path) -> None:
    sheets, place, expected, found = FAULTS[name]
    error = refusal(parse, write_csv(tmp_path / "f.csv", sheets), OPTIONS)
    assert error.place == place
    assert expected in (error.expected or "") and found in (error.found or "")


@pytest.mark.parametrize("content", [b"", b"a,b\n1\n", b"annual survey,\n"])
def test_a_file_that_is_empty_or_cut_short_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    refusal(parse, path, OPTIONS)


def test_a_line_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", BOOK)
    path.write_bytes(path.read_bytes()[:-4])
    assert refusal(parse, path, OPTIONS).expected == "lines with one number of fields"


@pytest.mark.data
def test_the_published_file_is_read_whole(shared_data: Path) -> None:
    """Seven blocks of 225 lines (T09a:1 to 225) and 207 areas; line 1619 is the first of 2021."""
    options = {
        "title": "annual population survey",
        "keys": {"Date": "date"},
        "expect": {"Analysis": "standard", "Confidence": "95% confidence interval (+/-)"},
        "columns": ["T09a:* (* (SOC2010) : * )"],
    }
    path = shared_data / "ons/aps_employment_by_occupation/aps_soc2010_lep_2015_2021.csv"
    table = parse(path, options, "t")
    assert table.num_rows == 7 * 225 * 207
    assert len(pc.unique(table["date"])) == 7
    with path.open(encoding="utf-8", newline="") as opened:
        lines = list(csv.reader(opened))
    at = lines[6].index("lep:Lancashire")
    found = table.filter(pc.equal(table["area"], "lep:Lancashire")).to_pylist()
    assert [(r["text"], r["conf_text"]) for r in found] == [
        (lines[r["row"] - 1][at], lines[r["row"] - 1][at + 2]) for r in found
    ]
    assert len(found) == 7 * 225
    last = [r for r in found if r["row"] == 1619]
    assert [(r["text"], r["conf_text"], r["date"]) for r in last] == [("44600", "7300", "Jan 2021-Dec 2021")]
