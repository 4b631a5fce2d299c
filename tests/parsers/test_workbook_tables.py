"""A workbook is read only where its declaration says, and every drift from it is an error that names the cell."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import DeclarationError
from lmi.raw.readers import cell_address
from lmi.sources.parsers.workbook_tables import parse
from lmi.tables import CELL_FIELDS
from tests.parsers.workbooks import Sheets, changed, refusal, with_row, without_column, without_row, write_workbook

OPTIONS: dict[str, Any] = tomllib.loads("""
labels = ["table", "measure", "period", "industry", "sex", "area"]
facts = { area = "Info!B2" }
expect = { "Info!B3" = ".Main" }
gives = { sex = "All people", industry = "All" }
ignored = { "Notes" = "text" }
refused = { "OldTable" = "left over" }
editions = { local = { cell = "Info!A1", is = ["LSIP", "LEP"] }, national = { cell = "Info!A1", is = ["Country"] } }

[[sheets]]
name = "Jobs"
ignored = { "A10:E" = "shares follow from levels" }
tolerated = { K3 = 0 }

[[sheets.tables]]
id = "jobs"
rows = { from = 5, through = "All", labels = { industry = "A" } }
columns = [
  { at = "B:C", header = { 4 = [2020, 2035] }, gives = { measure = "jobs", period = "=row 4" } },
  { at = "E", header = { 3 = "2020-2035", 4 = "Change" }, gives = { measure = "change", period = "=E3" } },
]
[sheets.tables.texts]
A1 = "Table 1  Jobs, *, {area}"
A2 = { local = "22 Industries", national = "75 Industries" }
E2 = "thousands"

[[sheets.tables]]
id = "jobs_by_sex"
block = { G3 = "{sex}" }
repeat = { down = 6, blocks = 2 }
rows = { from = 5, until = "blank", labels = { industry = "G" } }
columns = [
  { at = "H:I", header = { 3 = 2020, 4 = ["Full time", "Part time"] }, gives = { measure = "=row 4", period = "=H3" } },
  { at = "J", header = { 4 = "Share" }, ignored = "follows from the levels" },
]

[[sheets]]
name = "Wide"

[[sheets.tables]]
id = "wide"
block = { A1 = "Table 2*  {sex}: Jobs", D1 = "{sex}" }
repeat = { right = 4, blocks = 2 }
rows = { from = 3, until = "end", labels = { industry = "A" } }
columns = [{ at = "B:C", header = { 2 = "2020..2021" }, gives = { measure = "jobs", period = "=row 2" } }]
""")

INFO = [["LSIP", "19. Anywhere"], ["LSIP name", "Anywhere"], ["Scenario", ".Main"]]
JOBS = [
    ["Table 1  Jobs, 2020-2035, Anywhere"],
    ["22 Industries", "", "", "", "thousands"],
    ["", "", "", "", "2020-2035", "", "Males", 2020, "", "", 0],
    ["", 2020, 2035, "", "Change", "", "", "Full time", "Part time", "Share"],
    ["Farms", 1.5, 2.5, "", 1, "", "Farms", 0.5, 0.25, 0.33],
    ["Shops", 3, 3.25, "", 0.25, "", "Shops", 1, 1.125, 0.53],
    [],
    ["All", 4.5, 5.75, "", 1.25],
    ["", "", "", "", "", "", "Females", 2020],
    ["Shares", 2020, 2035, "", "", "", "", "Full time", "Part time", "Share"],
    ["Farms", 33.3, 43.5, "", "", "", "Farms", 0.5, 0.25, 0.33],
    ["Shops", 66.7, 56.5, "", "", "", "Shops", 0.5, 0.375, 0.43],
    ["All", 100, 100],
]
WIDE = [
    ["Table 2  Males: Jobs", "", "", "Males", "Table 2.1  Females: Jobs", "", "", "Females"],
    ["", 2020, 2021, "", "", 2020, 2021],
    ["Farms", 0.75, 0.7, "", "Farms", 0.75, 0.8],
    [],
    ["Shops", 2.125, 2.2, "", "Shops", 0.875, 0.9],
]
BOOK: Sheets = {"Info": INFO, "Jobs": JOBS, "Wide": WIDE, "Notes": [["text"]], "OldTable": [["Table 1  Jobs", 55940]]}


def jobs(**cells: Any) -> Sheets:
    """The book with some cells of the sheet Jobs replaced."""
    return changed(BOOK, "Jobs", cells)


def cells_of(path: Path, sheets: Sheets, options: dict[str, Any] = OPTIONS) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parse(write_workbook(path, sheets), options, "test/source").to_pylist()
    return rows


def test_every_figure_is_returned_with_its_place_and_labels(tmp_path: Path) -> None:
    cells = cells_of(tmp_path / "w.xlsx", BOOK)
    found = {(c["sheet"], f"{c['column']}{c['row']}"): c for c in cells}
    assert len(cells) == len(found) == 3 * 3 + 2 * 2 * 2 + 2 * 2 * 2
    labels = {"table": "jobs", "measure": "jobs", "period": "2035", "industry": "Farms", "sex": "All people"}
    place = {"ordinal": found["Jobs", "C5"]["ordinal"], "sheet": "Jobs", "row": 5, "column": "C", "text": "2.5"}
    assert found["Jobs", "C5"] == {**dict.fromkeys(CELL_FIELDS.names), **place, **labels, "area": "Anywhere"}
    some = [
        ("Jobs", "E8", "1.25", "change", "2020-2035", "All", "All people"),
        ("Jobs", "I6", "1.125", "Part time", "2020", "Shops", "Males"),
        ("Jobs", "H11", "0.5", "Full time", "2020", "Farms", "Females"),
        ("Wide", "G5", "0.9", "jobs", "2021", "Shops", "Females"),
        ("Wide", "B3", "0.75", "jobs", "2020", "Farms", "Males"),
    ]
    for sheet, at, *values in some:
        assert [found[sheet, at][name] for name in ("text", "measure", "period", "industry", "sex")] == values


def test_cells_stand_in_the_order_of_the_file_and_ordinals_do_not_depend_on_the_declaration(tmp_path: Path) -> None:
    cells = cells_of(tmp_path / "w.xlsx", BOOK)
    ordinals = [c["ordinal"] for c in cells]
    assert ordinals == sorted(set(ordinals)) and max(ordinals) < 2**32
    fewer = copy.deepcopy(OPTIONS)
    del fewer["sheets"][1]
    fewer["ignored"]["Wide"] = "not wanted"
    kept = {c["ordinal"]: c["text"] for c in cells_of(tmp_path / "v.xlsx", BOOK, fewer)}
    assert kept.items() <= {c["ordinal"]: c["text"] for c in cells}.items()


def test_a_row_that_the_publisher_adds_is_returned(tmp_path: Path) -> None:
    longer = jobs(A7="Mills", B7=9, C7=9, E7=0)
    cells = cells_of(tmp_path / "w.xlsx", longer)
    assert [c["text"] for c in cells if c["industry"] == "Mills"] == ["9", "9", "0"]


def test_an_empty_cell_in_a_table_has_no_text_and_a_symbol_is_kept(tmp_path: Path) -> None:
    cells = cells_of(tmp_path / "w.xlsx", jobs(B5="", C5="*"))
    assert [c["text"] for c in cells if c["row"] == 5 and c["table"] == "jobs"] == [None, "*", "1"]


def test_another_edition_is_read_by_its_own_wording(tmp_path: Path) -> None:
    national = changed(changed(BOOK, "Info", {"A1": "Country"}), "Jobs", {"A2": "75 Industries"})
    assert len(cells_of(tmp_path / "w.xlsx", national)) == 25
    error = refusal(parse, write_workbook(tmp_path / "v.xlsx", changed(BOOK, "Info", {"A1": "Country"})), OPTIONS)
    assert (error.place, error.expected, error.found) == ("Jobs!A2", "'75 Industries'", "'22 Industries'")


@pytest.mark.parametrize("value", [0, ""])
def test_a_declared_stray_may_stay_or_go(value: Any, tmp_path: Path) -> None:
    assert len(cells_of(tmp_path / "w.xlsx", jobs(K3=value))) == 25


FAULTS: dict[str, tuple[Sheets, str, str, str]] = {
    "title of another table": (jobs(A1="Table 3  Pay, 2020, Anywhere"), "Jobs!A1", "Table 1", "Table 3"),
    "title of another area": (jobs(A1="Table 1  Jobs, 2020, Elsewhere"), "Jobs!A1", "Anywhere", "Elsewhere"),
    "unit changed": (jobs(E2="millions"), "Jobs!E2", "'thousands'", "'millions'"),
    "unit removed": (jobs(E2=""), "Jobs!E2", "'thousands'", "an empty cell"),
    "header renamed": (jobs(C4=2040), "Jobs!C4", "2035", "'2040'"),
    "header now text": (jobs(C4="2035 "), "Jobs!C4", "2035", "'2035 '"),
    "headers reordered": (jobs(B4=2035, C4=2020), "Jobs!B4", "2020", "'2035'"),
    "column added in a gap": (jobs(D4=2030), "Jobs!D4", "an empty cell", "'2030'"),
    "figures added in a gap": (jobs(D6=7), "Jobs!D6", "an empty cell", "'7'"),
    "column added at the end": (jobs(L4=2030), "Jobs!L4", "an empty cell", "'2030'"),
    "column dropped": (without_column(BOOK, "Jobs", "C"), "Jobs!D2", "", ""),
    "last column dropped": (without_column(BOOK, "Wide", "G"), "Wide!H1", "'{sex}'", "an empty cell"),
    "two headings disagree": (changed(BOOK, "Wide", {"H1": "All"}), "Wide!H1", "'Females'", "'All'"),
    "header moved down": (with_row(BOOK, "Jobs", 3, []), "Jobs!B4", "2020", "an empty cell"),
    "header moved up": (without_row(BOOK, "Jobs", 2), "Jobs!A2", "'22 Industries'", "an empty cell"),
    "merged header moved": (jobs(H3="", I3=2020), "Jobs!H3", "2020", "an empty cell"),
    "merged header of a later block moved": (jobs(H9="", I9=2020), "Jobs!H9", "2020", "an empty cell"),
    "header over an ignored column renamed": (jobs(J4="Rate"), "Jobs!J4", "'Share'", "'Rate'"),
    "block without its heading": (jobs(G9=""), "Jobs!G9", "'{sex}'", "an empty cell"),
    "block dropped": (
        changed(BOOK, "Jobs", {f"{c}{r}": "" for c in "GHIJ" for r in range(9, 13)}),
        "Jobs!G9",
        "{sex}",
        "empty",
    ),
    "block added": (jobs(G15="Unknown"), "Jobs!G15", "an empty cell", "'Unknown'"),
    "table beside added": (
        changed(BOOK, "Wide", {"I1": "Table 2.2  All: Jobs"}),
        "Wide!I1",
        "an empty cell",
        "Table 2.2",
    ),
    "table without rows": (jobs(G5="", H5="", I5="", J5=""), "Jobs!G5", "a row with a label", "none"),
    "total row renamed": (jobs(A8="Sum"), "Jobs!A10", "a row labelled 'All'", "'Shares'"),
    "total row dropped": (
        changed(BOOK, "Jobs", {f"{c}8": "" for c in "ABCE"}),
        "Jobs!A10",
        "a row labelled 'All'",
        "'Shares'",
    ),
    "figure without a label": (jobs(C7=5), "Jobs!C7", "a label", "'5'"),
    "stray is another": (jobs(K3=1), "Jobs!K3", "0", "'1'"),
    "area not told": (changed(BOOK, "Info", {"B2": " "}), "Info!B2", "", "an empty cell"),
    "another scenario": (changed(BOOK, "Info", {"B3": ".High"}), "Info!B3", "'.Main'", "'.High'"),
    "unknown edition": (changed(BOOK, "Info", {"A1": "Parish"}), "Info!A1", "local: LSIP, LEP", "'Parish'"),
    "sheet renamed": (
        {("Jobs 1" if k == "Jobs" else k): v for k, v in BOOK.items()},
        "sheet Jobs",
        "Jobs, Wide",
        "'Jobs 1'",
    ),
    "sheet dropped": ({k: v for k, v in BOOK.items() if k != "Wide"}, "sheet Wide", "Jobs, Wide", "without 'Wide'"),
    "sheet added": ({**BOOK, "Jobs 2": [[1]]}, "sheet Jobs 2", "Jobs, Wide", "with 'Jobs 2', which nothing declares"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_drift_is_named_by_its_cell(name: str, tmp_path: Path) -> None:
    sheets, place, expected, found = FAULTS[name]
    error = refusal(parse, write_workbook(tmp_path / "w.xlsx", sheets), OPTIONS)
    if place == "Jobs!D2":  # what stood in E2 has moved: which cell is named first is of no matter
        assert error.place is not None and error.place.startswith("Jobs!")
        return
    assert error.place == place
    assert expected in (error.expected or "") and found in (error.found or "")


def test_any_text_may_change_nowhere_but_in_labels_and_ignored_cells(tmp_path: Path) -> None:
    """Every declared text and every empty cell is watched; row labels are for the code look-up to judge."""
    free = {"A5", "A6", "G5", "G6", "G11", "G12", "A1", "G3", "G9"}
    figures = {f"{c}{r}" for c in "BCE" for r in (5, 6, 8)} | {f"{c}{r}" for c in "HIJ" for r in (5, 6, 11, 12)}
    labels = {"A7", "G7", "G8", "G13"}  # a word here makes a row of its own
    passed = []
    for row in range(9):
        for column in range(13):
            at = cell_address(row, column)
            if at in free | figures | labels:
                continue
            path = write_workbook(tmp_path / "w.xlsx", changed(BOOK, "Jobs", {at: "x"}))
            try:
                parse(path, OPTIONS, "test/source")
            except Exception as error:
                assert type(error).__name__ == "ParseError", (at, error)
            else:
                passed.append(at)
    assert passed == []


def _options(change: dict[str, Any], *drop: str) -> dict[str, Any]:
    return {k: v for k, v in {**copy.deepcopy(OPTIONS), **change}.items() if k not in drop}


def _with_table(**change: Any) -> dict[str, Any]:
    options = copy.deepcopy(OPTIONS)
    options["sheets"][0]["tables"][0].update(change)
    return options


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (_options({}, "labels"), "labels and sheets"),
        (_options({"lables": []}), "lables"),
        (_options({"refused": {"Jobs": "wrong"}}), "both read and passed over"),
        (_options({"facts": {"area": "Info!2B"}}), "Info!2B"),
        (_options({"labels": ["table", "measure", "text"], "gives": {"text": "x"}}), "named badly"),
        (_options({"labels": ["table", "colour"]}), "colour"),
        (_with_table(rows={"from": 5, "labels": {"industry": "A"}}), "through"),
        (_with_table(rows={"from": 5, "until": "dawn", "labels": {"industry": "A"}}), "dawn"),
        (_with_table(rows={"from": 5, "until": "end", "labels": {"industry": "7"}}), "found: 7"),
        (_with_table(text={"A1": "x"}), "tables.jobs"),
        (_with_table(when="regional"), "regional"),
        (_with_table(texts={"A": "x"}), "Found: A."),
        (_with_table(texts={"A2": {"local": "22 Industries"}, "E2": {"national": "x"}}), "one for local"),
        (
            _with_table(columns=[{"at": "B:C", "header": {"4": [2020]}, "gives": {"measure": "j", "period": "p"}}]),
            "2 texts",
        ),
        (
            _with_table(columns=[{"at": "B:C", "header": {"4": 2020}, "gives": {"measure": "j", "period": "p"}}]),
            "above every",
        ),
        (_with_table(columns=[{"at": "B", "header": {"4": 2020}, "gives": {"measure": "j"}}]), "every label"),
    ],
)
def test_a_wrong_declaration_names_its_key(options: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "w.xlsx", BOOK)
    with pytest.raises(DeclarationError) as caught:
        parse(path, options, "test/source")
    assert told.lower() in str(caught.value).lower()
