"""A Nomis export is read block by block, and any other shape is named by its cell."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lmi.errors import DeclarationError
from lmi.raw.readers import Workbook, number_texts
from lmi.sources.parsers.nomis_workbook import parse
from lmi.tables import CELL_FIELDS
from tests.parsers.workbooks import Sheets, changed, refusal, with_row, without_column, without_row, write_workbook

OPTIONS: dict[str, Any] = {
    "title": "annual survey",
    "keys": {"date": "date", "legal status": "legal_status"},
    "expect": {"confidence": "95%"},
    "columns": ["T1:* (*)"],
}
COPYRIGHT = "ONS Crown Copyright Reserved [from Nomis on 1 May 2023]"
DATA = [
    ["annual survey"],
    [COPYRIGHT],
    [],
    ["date", 2020],
    ["confidence", "95%"],
    ["legal status", "Total"],
    [],
    ["Area", "T1:1 (Managers )", "", "", "T1:4 (Clerks )"],
    ["", "number", "Flags", "conf", "number", "Flags", "conf"],
    ["country:Here", 100, "", 5, 200, "", 7],
    ["ladu:There", "!", "", "!", 30, "*", "*"],
    [],
    ["! not available: the sample is small"],
    ["* unreliable"],
    [],
    ["annual survey"],
    [COPYRIGHT],
    [],
    ["date", 2021],
    ["confidence", "95%"],
    ["legal status", "Company"],
    [],
    ["Area", "T1:7 (Cooks )", "", "T1:8 (Waiters )"],
    ["", "number", "Flags", "number"],
    ["User Defined Geography:Here-LSIP", 12.5, "p", ""],
]
BOOK: Sheets = {"Data": DATA}


def cells_of(path: Path, sheets: Sheets, options: dict[str, Any] = OPTIONS) -> list[tuple[Any, ...]]:
    table = parse(write_workbook(path, sheets), options, "test/source")
    names = ("row", "column", "text", "conf_text", "flag_text", "area", "date", "legal_status", "cell")
    return [tuple(r[n] for n in names) for r in table.to_pylist()]


def test_each_block_is_read_by_its_own_header(tmp_path: Path) -> None:
    assert cells_of(tmp_path / "w.xlsx", BOOK) == [
        (10, "B", "100", "5", None, "country:Here", "2020", "Total", "T1:1 (Managers )"),
        (10, "E", "200", "7", None, "country:Here", "2020", "Total", "T1:4 (Clerks )"),
        (11, "B", "!", "!", None, "ladu:There", "2020", "Total", "T1:1 (Managers )"),
        (11, "E", "30", "*", "*", "ladu:There", "2020", "Total", "T1:4 (Clerks )"),
        (25, "B", "12.5", None, "p", "User Defined Geography:Here-LSIP", "2021", "Company", "T1:7 (Cooks )"),
        (25, "D", None, None, None, "User Defined Geography:Here-LSIP", "2021", "Company", "T1:8 (Waiters )"),
    ]


def test_the_table_has_the_fields_of_cells_then_the_labels(tmp_path: Path) -> None:
    table = parse(write_workbook(tmp_path / "w.xlsx", BOOK), OPTIONS, "test/source")
    assert table.column_names == [*CELL_FIELDS.names, "area", "date", "legal_status", "cell"]
    assert table.schema.field("text").type == pa.string()
    assert table["ordinal"].to_pylist() == sorted(set(table["ordinal"].to_pylist()))


def test_a_header_without_a_second_line_is_read(tmp_path: Path) -> None:
    plain = without_row({"Data": DATA[:15]}, "Data", 9)
    plain = changed(
        plain, "Data", {"C8": "Flags", "D8": "T1:2 (Cooks )", "E8": "T1:4 (Clerks )", "F8": "Flags", "G8": ""}
    )
    plain = changed(plain, "Data", {"G9": "", "G10": ""})
    rows = cells_of(tmp_path / "w.xlsx", plain)
    assert [(r[1], r[2], r[4], r[8]) for r in rows if r[0] == 9] == [
        ("B", "100", None, "T1:1 (Managers )"),
        ("D", "5", None, "T1:2 (Cooks )"),
        ("E", "200", None, "T1:4 (Clerks )"),
    ]
    assert next(r for r in rows if r[:2] == (10, "E"))[4] == "*"


NEWER = {**OPTIONS, "keys": {"date": "date"}, "expect": {}, "columns": [], "head": "local authority", "code": "code"}
WITH_CODES = [
    ["annual survey"],
    [COPYRIGHT],
    [],
    ["date", 2024],
    [],
    ["local authority", "", "Median", "", "10 percentile", ""],
    ["", "", "number", "conf %", "number", "conf %"],
    ["Burnley", "E07000117", 29947, 6.2, "#", "#"],
    ["Column Total", "", "-", "-", "-", "-"],
    [],
    ["# These figures are suppressed."],
]


def test_the_newer_layout_has_codes_and_a_margin_that_is_a_figure_of_its_own(tmp_path: Path) -> None:
    table = parse(
        write_workbook(tmp_path / "w.xlsx", {"Data": WITH_CODES}), {**NEWER, "also": ["conf %"]}, "test/source"
    )
    rows = [tuple(r[n] for n in ("row", "column", "text", "area", "code", "cell")) for r in table.to_pylist()]
    assert rows[:4] == [
        (8, "C", "29947", "Burnley", "E07000117", "Median"),
        (8, "D", "6.2", "Burnley", "E07000117", "Median | conf %"),
        (8, "E", "#", "Burnley", "E07000117", "10 percentile"),
        (8, "F", "#", "Burnley", "E07000117", "10 percentile | conf %"),
    ]
    assert {row[3:5] for row in rows[4:]} == {("Column Total", "")}


@pytest.mark.parametrize(("cell", "was", "place"), [("D7", "Flags %", "Data!D6"), ("C7", "conf %", "Data!C6")])
def test_a_margin_that_is_not_declared_or_stands_alone_is_named_by_its_cell(
    cell: str, was: str, place: str, tmp_path: Path
) -> None:
    path = write_workbook(tmp_path / "w.xlsx", changed({"Data": WITH_CODES}, "Data", {cell: was}))
    assert refusal(parse, path, {**NEWER, "also": ["conf %"]}).place == place


def data(**cells: Any) -> Sheets:
    return changed(BOOK, "Data", cells)


FAULTS: dict[str, tuple[Sheets, str, str, str]] = {
    "another dataset": (data(A1="labour survey"), "Data!A1", "'annual survey'", "'labour survey'"),
    "a later block of another dataset": (data(A16="labour survey"), "Data!A16", "'annual survey'", "'labour survey'"),
    "heading moved down": (with_row(BOOK, "Data", 1, []), "Data!A2", "ONS Crown Copyright", "'annual survey'"),
    "no copyright line": (data(A2="", A17=""), "Data!A2", "ONS Crown Copyright", "''"),
    "key added": (data(A7="sex", B7="Total"), "Data!A1", "legal status", "sex = Total"),
    "key dropped": (without_row(BOOK, "Data", 6), "Data!A1", "legal status", "confidence = 95%, date = 2020"),
    "key renamed": (data(A6="status"), "Data!A1", "legal status", "status = Total"),
    "key without a text": (data(B4=""), "Data!A4", "keys with a text each", "'date'"),
    "another interval": (data(B20="90%"), "Data!A16", "confidence = 95%", "confidence = 90%"),
    "no header": (data(A8="Region"), "Data!A8", "'Area'", "'Region'"),
    "header moved to the right": (
        changed(BOOK, "Data", {"A8": "", "B8": "Area", "C8": "T1:1 (Managers )"}),
        "Data!A8",
        "'Area'",
        "''",
    ),
    "column renamed": (data(E8="T2:4 (Clerks )"), "Data!E8", "T1:* (*)", "T2:4"),
    "column without a name": (data(E8=""), "Data!E8", "a name above 'number'", "'' above 'number'"),
    "column dropped": (without_column(BOOK, "Data", "E"), "Data!E8", "a name above", "'' above 'Flags'"),
    "column twice": (data(E8="T1:1 (Managers )"), "Data!E8", "different names", "T1:1"),
    "columns without a header": (data(H10=5), "Data!H10", "an empty cell", "'5'"),
    "column added without a kind": (data(H8="T1:9 (Bakers )"), "Data!H8", "'number'", "'T1:9 (Bakers )' above ''"),
    "another kind of companion": (data(D9="std err"), "Data!D8", "'conf'", "above 'std err'"),
    "companions reordered onto the next": (data(D9="", E9="conf"), "Data!E8", "'number'", "above 'conf'"),
    "a name over a companion": (data(C8="T1:2 (Cooks )"), "Data!C8", "'Flags'", "'T1:2 (Cooks )' above 'Flags'"),
    "no columns": (
        data(B23="", D23="", B24="", C24="", D24="", B25="", C25=""),
        "Data!B23",
        "name of a column",
        "empty",
    ),
    "no areas": (
        data(**{f"{c}{r}": "" for c in "ABCDEFG" for r in (10, 11)}),
        "Data!A10",
        "a row with an area",
        "none",
    ),
    "a row that is no area": (data(A11="There"), "Data!A11", "an area such as", "'There'"),
    "a figure without an area": (data(A11=""), "Data!A11", "an area such as", "''"),
    "a note on the heels of the table": (data(A12="Column total"), "Data!A12", "an empty row", "'Column total'"),
    "a figure below the table": (data(B14=5), "Data!B14", "notes only", "'5'"),
    "another sheet": ({**BOOK, "Data (2)": [[1]]}, "sheet Data (2)", "only the sheet Data", "Data (2)"),
    "sheet renamed": ({"Sheet1": DATA}, "sheet Data", "'Data'", "Sheet1"),
    "an empty sheet": ({"Data": []}, "Data!A2", "ONS Crown Copyright", "''"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_another_shape_is_named_by_its_cell(name: str, tmp_path: Path) -> None:
    sheets, place, expected, found = FAULTS[name]
    error = refusal(parse, write_workbook(tmp_path / "w.xlsx", sheets), OPTIONS)
    assert error.place == place
    assert expected in (error.expected or "") and found in (error.found or "")


@pytest.mark.parametrize("kept", [0, 5, 2000, -200])
def test_a_file_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    whole = write_workbook(tmp_path / "whole.xlsx", BOOK).read_bytes()
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole[:kept] if kept else b"")
    assert refusal(parse, cut, OPTIONS).place == "cut.xlsx"


@pytest.mark.parametrize("options", [{}, {"title": "x"}, {"title": "x", "keys": {}, "heads": 1}])
def test_options_that_are_not_known_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="title and keys"):
        parse(write_workbook(tmp_path / "w.xlsx", BOOK), options, "test/source")


# ------------------------------------------------------------------------------------------ publishers' files

APS = {
    "title": "annual population survey",
    "keys": {"date": "date"},
    "expect": {"confidence": "95% confidence interval (+/-)"},
}
BRES = {
    "title": "Business Register and Employment Survey : open access",
    "keys": {"date": "date"},
    "expect": {"employment status": "Employment", "measure": "Count"},
}
UBC = {
    "title": "UK Business Counts - enterprises by industry and employment size band",
    "keys": {"date": "date", "industry": "industry", "legal status": "legal_status"},
}
#: File -> (options, blocks, areas a block, columns), counted in the files.
FILES: dict[str, tuple[dict[str, Any], int, int, int]] = {
    "aps_employment_by_industry/nomis_2022_11_21_111928": (APS, 5, 396, 9),
    "aps_employment_by_industry/nomis_2023_04_24_144748": (APS, 5, 450, 9),
    "aps_employment_by_occupation/nomis_2022_06_13_lad_2021": (APS, 1, 569, 33),
    "aps_employment_by_occupation/nomis_2022_10_13_205752_soc2020": (APS, 1, 402, 26),
    "aps_employment_by_occupation/nomis_2022_11_08_144540": (APS, 5, 396, 25),
    "aps_employment_by_occupation/nomis_2023_04_24_143000": (APS, 5, 450, 25),
    "aps_employment_rate/nomis_2022_06_14_095314": (APS, 5, 414, 7),
    "aps_employment_rate/nomis_2023_04_24_143523": (APS, 5, 450, 7),
    "aps_qualifications_by_age_gender/nomis_2022_11_08_145738": (APS, 5, 396, 63),
    "aps_qualifications_by_age_gender/nomis_2023_04_24_144248": (APS, 5, 450, 63),
    "bres_employment_by_industry/nomis_2022_05_19_113110": (BRES, 6, 207, 39),
    "ubc_enterprises_by_size/nomis_2022_11_08_144046": (UBC, 5, 396, 5),
    "ubc_enterprises_by_size/nomis_2023_04_24_151111": (UBC, 5, 461, 5),
    "ubc_enterprises_by_industry_size/nomis_2022_11_08_144021": (UBC, 90, 396, 5),
    "ubc_enterprises_by_industry_size/nomis_2023_04_24_152639": (UBC, 90, 461, 5),
}


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_every_figure_of_a_published_file_is_there(name: str, shared_data: Path) -> None:
    options, blocks, areas, columns = FILES[name]
    path = shared_data / "ons" / f"{name}.xlsx"
    table = parse(path, options, "t")
    assert table.num_rows == blocks * areas * columns
    assert len(pc.unique(table["cell"])) == columns and len(pc.unique(table["area"])) == areas
    assert table["text"].null_count == 0
    grid = Workbook.open(path, "t").grid("Data")
    some = table.slice(0, 2000).to_pylist() + table.slice(max(table.num_rows - 2000, 0)).to_pylist()
    assert number_texts([grid.at(f"{r['column']}{r['row']}") for r in some]).to_pylist() == [r["text"] for r in some]


def figures(table: pa.Table, area: str, date: str) -> dict[str, tuple[Any, ...]]:
    held = table.filter(pc.and_(pc.equal(table["area"], pa.scalar(area)), pc.equal(table["date"], pa.scalar(date))))
    return {r["cell"].split(" ")[0]: (r["text"], r["conf_text"], r["flag_text"]) for r in held.to_pylist()}


@pytest.mark.data
def test_occupations_of_residents_as_printed(shared_data: Path) -> None:
    """Sheet Data, rows 383 (Lancashire LEP), 44 (Burnley) and 9 (England) of the extract of 13 October 2022."""
    path = shared_data / "ons/aps_employment_by_occupation/nomis_2022_10_13_205752_soc2020.xlsx"
    table = parse(path, {**APS, "columns": ["T09b:* (All people - * (SOC2020) : All people )"]}, "t")
    lep = figures(table, "lep:Lancashire", "Jul 2021-Jun 2022")
    printed = [
        *[32800, 24600, 39300, 31800, 30900, 41500, 13500, 25000, 7800, 7600, 38100, 64000, 9300, 5200, 24600, 21900],
        *[9600, 46500, 11300, 174500, 38600, 15000, 21300, 23700, 22000, 53500],
    ]
    assert [lep[f"T09b:{1 + 3 * n}"][0] for n in range(26)] == [str(n) for n in printed]
    assert lep["T09b:1"] == ("32800", "6400", None) and lep["T09b:58"] == ("174500", "14700", None)
    burnley = figures(table, "ladu:Burnley", "Jul 2021-Jun 2022")
    assert [burnley[f"T09b:{n}"] for n in (1, 4, 34)] == [("!", "!", None), ("2500", "*", None), ("5500", "3500", None)]
    assert figures(table, "country:England", "Jul 2021-Jun 2022")["T09b:58"][0] == "5946200"


@pytest.mark.data
def test_jobs_by_industry_as_printed(shared_data: Path) -> None:
    """Column F (C : Manufacturing) of rows 21, 242, 463, 684, 904 and 1124, Lancashire LEP."""
    table = parse(shared_data / "ons/bres_employment_by_industry/nomis_2022_05_19_113110.xlsx", BRES, "t")
    made = [figures(table, "lep:Lancashire", str(year))["C"][0] for year in range(2015, 2021)]
    assert made == ["81000", "85000", "87000", "87000", "84000", "89000"]
    assert figures(table, "country:England", "2015")["C"] == ("2061000", None, None)
    assert Counter(table["flag_text"].to_pylist()) == {None: 48300, "*": 138}


@pytest.mark.data
def test_qualifications_as_printed(shared_data: Path) -> None:
    """Rows 68 (Lancashire LEP, 2017) and 1541 (Ribble Valley, 2020), columns B to M."""
    table = parse(shared_data / "ons/aps_qualifications_by_age_gender/nomis_2023_04_24_144248.xlsx", APS, "t")
    lep = figures(table, "lep:Lancashire", "Jan 2017-Dec 2017")
    assert [lep[f"T19:{n}"][:2] for n in (1, 2, 3, 4)] == [
        ("68100", "8100"), ("107300", "10100"), ("170800", "12800"), ("45700", "6600"),
    ]  # fmt: skip
    valley = figures(table, "ladu:Ribble Valley", "Jan 2020-Dec 2020")
    assert [valley[f"T19:{n}"][:2] for n in (1, 2, 3)] == [("800", "*"), ("!", "!"), ("3600", "*")]


@pytest.mark.data
def test_enterprises_as_printed(shared_data: Path) -> None:
    """Rows 442 and 2338, Lancashire LEP: total and four sizes in 2018 and 2022."""
    table = parse(shared_data / "ons/ubc_enterprises_by_size/nomis_2023_04_24_151111.xlsx", UBC, "t")
    first = [
        figures(table, "lep:Lancashire", "2018")[s][0] for s in ("Total", "Micro", "Small", "Medium-sized", "Large")
    ]
    last = [
        figures(table, "lep:Lancashire", "2022")[s][0] for s in ("Total", "Micro", "Small", "Medium-sized", "Large")
    ]
    assert (first, last) == (["52395", "46110", "5195", "905", "180"], ["55160", "48665", "5365", "930", "200"])
