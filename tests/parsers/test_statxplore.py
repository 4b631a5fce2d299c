"""A Stat-Xplore table is read from its Excel download and from its API answer; another shape is named by its place."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lmi.errors import DeclarationError
from lmi.sources.parsers.statxplore import parse, parse_json
from lmi.tables import CELL_FIELDS
from tests.parsers.workbooks import Sheets, changed, refusal, with_row, without_column, without_row, write_workbook

OPTIONS: dict[str, Any] = {"counting": "Households", "fields": {"Month": "month", "Family": "family", "Area": "area"}}
DATA = [
    [],
    [],
    ["Households (I\nz)"],
    ["Households by Month, Family and Area"],
    ["Counting: Households"],
    [],
    ["Month", "", "", "April 2025 (r)", "", "May 2025 (p)", ""],
    ["Family", "", "", "One", "Total", "One", "Total"],
    ["", "Households", "Area"],
    ["", "Households", "Here (North)", 1, 2.5, 3, ".."],
    ["", "", "There (z)", 4, 5, 6, 7],
    [],
    ["INFO", "Disclosure control is applied."],
    ["Symbol", "Description"],
    [],
    ["I", "a note"],
    ["z", "nil or negligible"],
    ["p", "provisional"],
    ["r", "revised"],
    [],
    ["Source: a department"],
]
BOOK: Sheets = {"Data Sheet 0": DATA, "template_rse": [["#TABLE#"]], "format": [["heading"]]}


def test_fields_across_and_down_become_labels_and_marks_become_flags(tmp_path: Path) -> None:
    table = parse(write_workbook(tmp_path / "w.xlsx", BOOK), OPTIONS, "test/source")
    names = ("row", "column", "text", "flag_text", "measure", "month", "family", "area")
    assert table.column_names == [*CELL_FIELDS.names, "measure", "month", "family", "area"]
    assert [tuple(r[n] for n in names) for r in table.to_pylist()] == [
        (10, "D", "1", "r", "Households", "April 2025", "One", "Here (North)"),
        (10, "E", "2.5", "r", "Households", "April 2025", "Total", "Here (North)"),
        (10, "F", "3", "p", "Households", "May 2025", "One", "Here (North)"),
        (10, "G", "..", "p", "Households", "May 2025", "Total", "Here (North)"),
        (11, "D", "4", "z,r", "Households", "April 2025", "One", "There"),
        (11, "E", "5", "z,r", "Households", "April 2025", "Total", "There"),
        (11, "F", "6", "z,p", "Households", "May 2025", "One", "There"),
        (11, "G", "7", "z,p", "Households", "May 2025", "Total", "There"),
    ]


def data(**cells: Any) -> Sheets:
    return changed(BOOK, "Data Sheet 0", cells)


S = "Data Sheet 0"
FAULTS: dict[str, tuple[Sheets, str, str, str]] = {
    "something else is counted": (data(A5="Counting: People"), f"{S}!A5", "Counting: Households", "Counting: People"),
    "nothing is counted": (data(A5=""), f"{S}!A1", "a row Counting: Households", "none"),
    "field across renamed": (data(A8="Type"), f"{S}!B9", "Area, Family, Month", "Area, Month, Type"),
    "field down renamed": (data(C9="Ward"), f"{S}!B9", "Area, Family, Month", "Family, Month, Ward"),
    "field across dropped": (without_row(BOOK, S, 8), f"{S}!B8", "Area, Family, Month", "Area, Month"),
    "field down added": (
        {**BOOK, S: [[*row[:3], "Sex" if row[1:3] == ["Households", "Area"] else "", *row[3:]] for row in DATA]},
        f"{S}!D10", "an item in the next", "an empty cell",
    ),
    "field names moved": (data(B9="", C9="Area"), f"{S}!B9", "names from column B on", "Area"),
    "no fields across": (data(A7="", A8=""), f"{S}!A7", "a field in column A", "''"),
    "item across missing": (data(E7="", E8="", E10="", E11=""), f"{S}!D8", "an item", "a gap"),
    "figures without an item above": (data(H10=5), f"{S}!H10", "an empty cell", "'5'"),
    "heading over the fields down": (data(B7="x"), f"{S}!B7", "an empty cell", "'x'"),
    "item down missing": (data(C11=""), f"{S}!C11", "an item", "an empty cell"),
    "text in column A": (data(A11="Total"), f"{S}!A11", "column A empty", "'Total'"),
    "no rows": (without_row(without_row(BOOK, S, 10), S, 10), f"{S}!C10", "an item", "an empty cell"),
    "no footing": (without_row(BOOK, S, 21), f"{S}!A19", "a last row Source: ...", "none"),
    "header moved down": (with_row(BOOK, S, 8, []), f"{S}!B8", "names from column B on", "['', '', ''"),
    "column of areas dropped": (without_column(BOOK, S, "C"), f"{S}!B11", "an item", "an empty cell"),
    "sheet renamed": ({"Table 1": DATA}, f"sheet {S}", f"'{S}'", "Table 1"),
    "sheet added": ({**BOOK, "Data Sheet 1": DATA}, "sheet Data Sheet 1", S, "Data Sheet 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_another_shape_is_named_by_its_cell(name: str, tmp_path: Path) -> None:
    sheets, place, expected, found = FAULTS[name]
    error = refusal(parse, write_workbook(tmp_path / "w.xlsx", sheets), OPTIONS)
    assert error.place == place
    assert expected in (error.expected or "") and found in (error.found or "")


@pytest.mark.parametrize("kept", [0, 5, 2000, -200])
def test_a_workbook_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    whole = write_workbook(tmp_path / "whole.xlsx", BOOK).read_bytes()
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(whole[:kept] if kept else b"")
    assert refusal(parse, cut, OPTIONS).place == "cut.xlsx"


@pytest.mark.parametrize("read", [parse, parse_json])
def test_options_that_are_not_known_are_refused(read: Any, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="Stat-Xplore"):
        read(tmp_path / "none", {"counting": "x", "fields": {}, "sheet": 1}, "test/source")


# ------------------------------------------------------------------------------------------ answers of the API

API: dict[str, Any] = {
    "database": "str:database:D",
    "fields": {"str:field:D:*:MONTH": "month", "str:valueset:D:*": "area"},
}
ANSWER: dict[str, Any] = {
    "query": {},
    "database": {"uri": "str:database:D", "label": "D", "annotationKeys": ["I"]},
    "measures": [{"uri": "str:count:D:N", "label": "Households"}, {"uri": "str:statfn:D:M:MEAN", "label": "Mean"}],
    "fields": [
        {
            "uri": "str:field:D:V:MONTH",
            "label": "Month",
            "items": [
                {"type": "RecodeItem", "uris": ["str:value:D:V:MONTH:C:202504"], "labels": ["April 2025"]},
                {
                    "type": "RecodeItem",
                    "uris": ["str:value:D:V:MONTH:C:202505"],
                    "labels": ["May 2025"],
                    "annotationKeys": ["r"],
                },
            ],
        },
        {
            "uri": "str:valueset:D:V:WARD:LA",
            "label": "National - Regional - LA",
            "items": [
                {"type": "RecodeItem", "uris": ["str:value:D:LA:E1"], "labels": ["Here"]},
                {
                    "type": "RecodeItem",
                    "uris": ["str:value:D:LA:E2", "str:value:D:LA:E3"],
                    "labels": ["There", "Yonder"],
                },
                {"type": "Total", "labels": ["Total"]},
            ],
        },
    ],
    "cubes": {
        "str:count:D:N": {
            "values": [[1, 2, 3], [4, None, 6]],
            "precision": 0,
            "annotations": [[None] * 3, [None, ["z"], None]],
        },
        "str:statfn:D:M:MEAN": {"values": [[1.5, 2.25, 3.0], [457.29727900910245, 0, 6]], "precision": 2},
    },
    "annotationMap": {"r": "revised", "z": "nil"},
}


def write_answer(path: Path, body: Any) -> Path:
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def test_cubes_become_cells_whose_place_is_a_path(tmp_path: Path) -> None:
    table = parse_json(write_answer(tmp_path / "a.json", ANSWER), API, "test/source")
    assert table.column_names == [
        *CELL_FIELDS.names, "measure", "month", "area", "measure_code", "month_code", "area_code",
    ]  # fmt: skip
    assert table.schema.field("ordinal") == pa.field("ordinal", pa.int64(), False)
    names = ("ordinal", "row", "text", "flag_text", "measure", "month_code", "area", "area_code")
    rows = table.to_pylist()
    assert [tuple(r[n] for n in names) for r in rows][:7] == [
        (0, 1, "1", None, "Households", "202504", "Here", "E1"),
        (1, 2, "2", None, "Households", "202504", "There, Yonder", "E2+E3"),
        (2, 3, "3", None, "Households", "202504", "Total", "Total"),
        (3, 4, "4", "r", "Households", "202505", "Here", "E1"),
        (4, 5, None, "r,z", "Households", "202505", "There, Yonder", "E2+E3"),
        (5, 6, "6", "r", "Households", "202505", "Total", "Total"),
        (6, 7, "1.5", None, "Mean", "202504", "Here", "E1"),
    ]
    assert len(rows) == 12
    assert rows[9]["column"] == "$.cubes['str:statfn:D:M:MEAN'].values[1][0]"
    assert [r["text"] for r in rows[8:10]] == ["3.0", "457.29727900910245"]  # as sent, not as a number prints


def answer(change: Any) -> dict[str, Any]:
    made = copy.deepcopy(ANSWER)
    change(made)
    return made


BAD_ANSWERS: dict[str, tuple[Any, str, str, str]] = {
    "an error": ({"errorCode": 429}, "$", "database, measures, fields, cubes", "errorCode"),
    "a list": ([], "$", "database", "list"),
    "another database": (answer(lambda a: a["database"].update(uri="str:database:E")), "$.database.uri", ":D", ":E"),
    "a cube missing": (answer(lambda a: a["cubes"].popitem()), "$.cubes", "str:count:D:N", "cubes str:count:D:N"),
    "a field added": (
        answer(lambda a: a["fields"].append({"uri": "str:field:D:SEX", "items": []})),
        "$.fields[2]",
        "month:",
        "D:SEX",
    ),
    "a field dropped": (answer(lambda a: a["fields"].pop()), "$.fields", "area: str:valueset", "month"),
    "fields reordered": (
        answer(lambda a: a["fields"].reverse()),
        "$.cubes['str:count:D:N'].values",
        "lists of 3 at depth 1",
        "2",
    ),
    "an item dropped": (
        answer(lambda a: a["fields"][1]["items"].pop()),
        "$.cubes['str:count:D:N'].values",
        "lists of 2 at depth 2",
        "3",
    ),
    "a value dropped": (
        answer(lambda a: a["cubes"]["str:count:D:N"]["values"][1].pop()),
        "$.cubes['str:count:D:N'].values",
        "lists of 3",
        "2, 3",
    ),
    "no values": (
        answer(lambda a: a["cubes"]["str:count:D:N"].pop("values")),
        "$.cubes['str:count:D:N'].values",
        "lists",
        "None",
    ),
    "annotations of another shape": (
        answer(lambda a: a["cubes"]["str:count:D:N"].update(annotations=[[]])),
        "$.cubes['str:count:D:N'].annotations",
        "2",
        "1",
    ),
    "an item without labels": (answer(lambda a: a["fields"][0]["items"][0].pop("labels")), "$", "items", "labels"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_another_answer_is_named_by_its_path(name: str, tmp_path: Path) -> None:
    body, place, expected, found = BAD_ANSWERS[name]
    error = refusal(parse_json, write_answer(tmp_path / "a.json", body), API)
    assert error.place == place
    assert expected in (error.expected or "") and found in (error.found or "")


@pytest.mark.parametrize("content", [b"", b"<html>busy</html>", json.dumps(ANSWER).encode()[:-20], b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert refusal(parse_json, path, API).place == "a.json"


def test_only_declared_measures_are_taken(tmp_path: Path) -> None:
    path = write_answer(tmp_path / "a.json", ANSWER)
    error = refusal(parse_json, path, {**API, "measures": ["str:count:D:N"]})
    assert (error.place, error.expected) == ("$.cubes", "str:count:D:N")


# ------------------------------------------------------------------------------------------ publishers' files

UC = "str:database:UC_Households"


@pytest.mark.data
def test_households_by_district_as_printed(shared_data: Path) -> None:
    """Cells D9 (County Durham), D18 (North Tyneside), D341 (Glasgow City), D359 and D360 of the download."""
    options = {
        "counting": "Households on Universal Credit",
        "fields": {"Month": "month", "National - Regional - LA - OAs": "area"},
    }
    table = parse(shared_data / "dwp/uc_households_by_la/uc_la_households.xlsx", options, "t")
    found = {r["area"]: r["text"] for r in table.to_pylist()}
    assert table.num_rows == len(found) == 352  # 350 districts, unknown and total
    printed = {"County Durham": "61236", "North Tyneside": "21074", "Glasgow City": "93441", "Unknown": "12428"}
    assert {area: found[area] for area in printed} == printed and found["Total"] == "6575050"
    assert set(table["flag_text"].to_pylist()) == {"p"} and set(table["month"].to_pylist()) == {"May 2025"}
    districts = [
        *["Blackburn with Darwen", "Blackpool", "Burnley", "Chorley", "Fylde", "Hyndburn", "Lancaster", "Pendle"],
        *["Preston", "Ribble Valley", "Rossendale", "South Ribble", "West Lancashire", "Wyre"],
    ]
    assert sum(int(found[d]) for d in districts) == 172228  # the sum in the catalogue of the files


@pytest.mark.data
def test_households_by_award_and_family_as_printed(shared_data: Path) -> None:
    """Cells D10, H10, D26 and H38: 29 bands, one of them nil throughout, by four families and their total."""
    fields = {"Month": "month", "Family Type": "family", "Monthly Award Amount (bands)": "award"}
    options = {"counting": "Households on Universal Credit", "fields": fields}
    table = parse(shared_data / "dwp/uc_households_by_la/uc_national_payment_dist.xlsx", options, "t")
    found = {(r["award"], r["family"]): r["text"] for r in table.to_pylist()}
    assert len(found) == table.num_rows == 29 * 5
    assert found["No payment", "Single, no children"] == "309971" and found["No payment", "Total"] == "477409"
    assert found["£1500.01 or over", "Single, no children"] == ".." and found["Total", "Total"] == "6573051"


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "database", "fields", "sizes"),
    [
        ("a", UC, {"*:COA_CODE": "area", "*:F_UC_DATE:DATE_NAME": "month", "*:HNFAMILY_TYPE": "family"}, (1, 10, 4, 6)),
        ("b", UC, {"*:COA_CODE": "area", "*:F_UC_DATE:DATE_NAME": "month"}, (2, 10, 4)),
        (
            "c",
            "str:database:hb_new",
            {"*:PARLC_CODE": "area", "*:NEW_DATE_NAME": "month", "*:AGE_BAND": "age"},
            (1, 635, 1, 3),
        ),
    ],
)
def test_recorded_answers_are_read_whole_and_their_places_lead_back(
    name: str, database: str, fields: dict[str, str], sizes: tuple[int, ...], shared_data: Path
) -> None:
    path = shared_data / "dwp/stat_xplore_api_responses" / f"example_{name}_response.json"
    rows = parse_json(path, {"database": database, "fields": fields}, "t").to_pylist()
    count = 1
    for size in sizes:
        count *= size
    assert len(rows) == count
    body = json.loads(path.read_text("utf-8"))
    for row in rows:
        measure, indices = row["column"].removeprefix("$.cubes['").split("'].values[")
        value = body["cubes"][measure]["values"]
        for at, field in zip(indices.rstrip("]").split("]["), body["fields"], strict=True):
            value = value[int(at)]
            assert ", ".join(field["items"][int(at)]["labels"]) in row.values()
        assert float(row["text"]) == value


@pytest.mark.data
def test_a_recorded_answer_by_district_as_sent(shared_fixtures: Path) -> None:
    """The second and the last value of the cube, and the 14 districts that the sheet above prints, revised."""
    path = shared_fixtures / "statxplore/chronicle_uc_households_by_local_authority_may2025.json"
    fields = {"*:F_UC_HH_DATE:DATE_NAME": "month", "str:valueset:*:V_C_MASTERGEOG21_LA_TO_REGION": "area"}
    rows = parse_json(path, {"database": UC, "fields": fields}, "t").to_pylist()
    assert len(rows) == 351
    by_code = {r["area_code"]: (r["area"], r["text"], r["flag_text"], r["month_code"]) for r in rows}
    assert by_code["E06000002"] == ("Middlesbrough", "23208", "r", "202505")
    assert by_code["ZZXXXXXXX"] == ("Unknown", "7054", "r", "202505")
    assert by_code["E06000008"][0] == "Blackburn with Darwen"
