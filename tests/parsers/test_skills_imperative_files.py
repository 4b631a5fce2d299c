"""The publisher's own projection workbooks, cell for cell against what they print and against another's extraction.

Figures in this file were read by eye in the workbooks. The CSV files were taken from the workbooks by others.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from openpyxl import load_workbook

from lmi.errors import ParseError
from lmi.raw.readers import Workbook, number_texts
from lmi.registry import repository_root
from lmi.sources.parsers.workbook_tables import parse

pytestmark = pytest.mark.data

NEW, OLD, ENGLAND = (
    "la_lsip_main_tables_2024_08.xlsm",
    "la_lsip_main_tables_2023_03.xlsm",
    "en_main_tables_2024_08.xlsm",
)
LOCAL = (
    NEW,
    OLD,
    "la_lep_main_tables_2024_08.xlsm",
    "gm_lsip_main_tables_2024_08.xlsm",
    "cu_lsip_main_tables_2024_08.xlsm",
)
AREAS = {"E69000019": NEW, "E92000001": ENGLAND}
#: The CSV files keep four decimals of a thousand jobs.
ROUNDED = 0.000051
#: Sums of figures that are printed with about 12 decimals.
SUMMED = 1e-6


def options() -> dict[str, Any]:
    text = (repository_root() / "lmi/sources/dfe/skills_imperative_2035.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)["layouts"]["main"]["options"]
    return found


@pytest.fixture(scope="session")
def folder(shared_data: Path) -> Path:
    return shared_data / "dfe" / "skills_imperative_2035"


@pytest.fixture(scope="session")
def tables(folder: Path) -> dict[str, pa.Table]:
    return {name: parse(folder / name, options(), "dfe/skills_imperative_2035") for name in (*LOCAL, ENGLAND)}


@pytest.fixture(scope="session")
def figures(tables: dict[str, pa.Table]) -> dict[str, dict[tuple[str, ...], float]]:
    """File -> {(table, measure, period, industry, occupation, qualification, sex): thousands of jobs}."""
    names = ("table", "measure", "period", "industry", "occupation", "qualification", "sex")
    made = {}
    for file, table in tables.items():
        keys = zip(*(table[name].to_pylist() for name in names), strict=True)
        pairs = list(zip(keys, map(float, table["text"].to_pylist()), strict=True))
        made[file] = dict(pairs)
        assert len(made[file]) == len(pairs), "a figure stands twice"
    return made


def printed_industries(figures: dict[str, dict[tuple[str, ...], float]]) -> dict[tuple[str, str], str]:
    """(table, industry without blanks at its ends, as the CSV files have it) -> as printed ("Wood and cork ")."""
    return {(key[0], key[3].strip()): key[3] for found in figures.values() for key in found}


def read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("Ind F2", "M5"), "15.732999999999993"),  # primary sector and utilities, 2010
        (("Ind F2", "AL38"), "772.7489999999997"),  # all industries, 2035
        (("Ind T1", "I14"), "358.34778568903147"),  # replacement demand 2020-2035, all industries
        (("Ind T1", "H8"), "-11.394000000000176"),  # net change in manufacturing
        (("Ind T2", "F24"), "132.81099999999967"),  # health and social work, 2035
    ],
)
def test_a_cell_has_the_text_that_stands_in_it(place: tuple[str, str], text: str, tables: dict[str, pa.Table]) -> None:
    rows = tables[NEW].to_pylist()
    assert [r["text"] for r in rows if (r["sheet"], f"{r['column']}{r['row']}") == place] == [text]


def test_labels_are_the_printed_ones(tables: dict[str, pa.Table]) -> None:
    cell = next(r for r in tables[NEW].to_pylist() if (r["sheet"], r["column"], r["row"]) == ("Occ T1", "T", 9))
    shown = [cell[n] for n in ("table", "measure", "period", "industry", "occupation", "qualification", "sex", "area")]
    assert shown == [
        *["occ_t1_by_sex", "replacement_demand", "2020-2035", "All industries", "Professional occupations"],
        *["All qualifications", "Males", "Lancashire"],
    ]
    kinds = {name: set(t["area_kind"].to_pylist()) for name, t in tables.items()}
    others = {"la_lep_main_tables_2024_08.xlsm": {"LEP"}, ENGLAND: {"Country"}}
    assert kinds == {**{name: {"LSIP"} for name in LOCAL}, **others}


#: Rows by columns by blocks, counted in the sheets.
CELLS = {
    "ind_f2": 28 * 26, "ind_t1": 7 * 8, "ind_t2": 23 * 5, "ind_occ_t1": 23 * 10 * 9, "occ_f2": 36 * 26,
    "occ_t1": 10 * 8, "occ_t1_by_sex": 2 * 10 * 8, "occ_t2": 27 * 8, "occ_t2_by_sex": 2 * 27 * 8,
    "qual_f1": 9 * 26, "qual_t1": 10 * 5, "rd_t1": 10 * 27 * 3, "rd_t1_major": 10 * 9 * 3,
    "rd_t1_by_sex": 2 * 27 * 3, "rd_t1_industry22": 23 * 3, "basic_t1": 7 * 10 * 30, "basic_t2": 9 * 27 * 5,
}  # fmt: skip


@pytest.mark.parametrize("name", LOCAL)
def test_every_figure_of_a_local_workbook_is_there(name: str, tables: dict[str, pa.Table]) -> None:
    assert Counter(tables[name]["table"].to_pylist()) == CELLS
    assert tables[name]["text"].null_count == 0


def test_every_figure_of_the_national_workbook_is_there(tables: dict[str, pa.Table]) -> None:
    national = {**CELLS, "ind_t3": 76 * 5, "ind_occ_t1_75": 76 * 10 * 9, "rd_t1_industry75": 76 * 3}
    del national["ind_occ_t1"], national["rd_t1_industry22"]
    assert Counter(tables[ENGLAND]["table"].to_pylist()) == national


@pytest.mark.parametrize("name", (NEW, OLD, ENGLAND))
def test_the_place_of_a_cell_leads_back_to_its_text(name: str, tables: dict[str, pa.Table], folder: Path) -> None:
    book = Workbook.open(folder / name, "t")
    rows = tables[name].select(["sheet", "row", "column", "text"]).to_pylist()
    again = number_texts([book.grid(r["sheet"]).at(f"{r['column']}{r['row']}") for r in rows]).to_pylist()
    assert again == [r["text"] for r in rows]


def test_another_library_finds_the_same_text_at_the_same_place(tables: dict[str, pa.Table], folder: Path) -> None:
    book = load_workbook(folder / NEW, read_only=True, data_only=True)
    for sheet in ("Ind F2", "RD T1"):
        values = [list(row) for row in book[sheet].iter_rows(values_only=True)]
        for r in tables[NEW].select(["sheet", "row", "column", "ordinal", "text"]).to_pylist():
            if r["sheet"] == sheet:
                column = sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(r["column"]))) - 1
                assert float(values[r["row"] - 1][column]) == float(r["text"])


def test_series_agree_with_an_independent_extraction(
    figures: dict[str, dict[tuple[str, ...], float]], shared_method: Path
) -> None:
    table = {"industry": "ind_f2", "occupation": "occ_f2", "qualification": "qual_f1"}
    seen = 0
    for row in read(shared_method / "si2035_series.csv"):
        labels = {"industry": "All industries", "occupation": "All occupations", "qualification": "All qualifications"}
        labels[row["dimension"]] = row["category"]
        key = (table[row["dimension"]], "employment", row["year"], *labels.values(), "Males and females")
        assert figures[AREAS[row["area_code"]]][key] == pytest.approx(float(row["employment_thousands"]), abs=ROUNDED)
        seen += 1
    assert seen == 2 * (CELLS["ind_f2"] + CELLS["occ_f2"] + CELLS["qual_f1"])


def test_replacement_demand_agrees_with_an_independent_extraction(
    figures: dict[str, dict[tuple[str, ...], float]], shared_method: Path
) -> None:
    spelt, seen = printed_industries(figures), 0
    for row in read(shared_method / "si2035_replacement_demand.csv"):
        by_sex, industry = row["sex"] != "all", row["dimension"].startswith("industry")
        table = "rd_t1_by_sex" if by_sex else f"rd_t1_{row['dimension']}" if industry else "rd_t1"
        labels = (
            spelt[table, row["category"]] if industry else "All industries",
            "All occupations" if industry else row["category"],
            row["qualification"],
            row["sex"].capitalize() if by_sex else "Males and females",
        )
        for measure in ("net_change", "replacement_demand", "total_requirement"):
            printed = float(row[f"{measure}_2020_35_thousands"])
            found = figures[AREAS[row["area_code"]]][(table, measure, "2020-2035", *labels)]
            assert found == pytest.approx(printed, abs=ROUNDED)
            seen += 1
    counted = CELLS["rd_t1"] + CELLS["rd_t1_by_sex"]
    assert seen == 2 * counted + CELLS["rd_t1_industry22"] + 76 * 3


def test_industry_by_occupation_agrees_with_an_independent_extraction(
    figures: dict[str, dict[tuple[str, ...], float]], shared_method: Path
) -> None:
    spelt, seen = printed_industries(figures), 0
    for row in read(shared_method / "si2035_industry_occupation.csv"):
        table = "ind_occ_t1" if row["industry_level"] == "industry22" else "ind_occ_t1_75"
        labels = (spelt[table, row["industry"]], row["soc2020_major"], "All qualifications", "Total")
        found = figures[AREAS[row["area_code"]]][(table, "employment", row["year"], *labels)]
        assert found == pytest.approx(float(row["employment_thousands"]), abs=ROUNDED)
        seen += 1
    assert seen == 23 * 10 * 3 + 76 * 10 * 3


SECTORS = (
    "Primary sector and utilities", "Manufacturing", "Construction", "Trade, accomod. and transport",
    "Business and other services", "Non-marketed services",
)  # fmt: skip


@pytest.mark.parametrize("name", (*LOCAL, ENGLAND))
def test_parts_add_to_their_total(name: str, figures: dict[str, dict[tuple[str, ...], float]]) -> None:
    sums: dict[str, dict[tuple[str, ...], float]] = defaultdict(lambda: defaultdict(float))
    for (table, measure, period, industry, occupation, qualification, _), value in figures[name].items():
        whole = (measure, period)
        if table == "ind_f2" and industry in SECTORS:
            sums["sectors"][whole] += value
        if table == "ind_f2" and (industry == "Construction" or industry not in (*SECTORS, "All industries")):
            sums["industries"][whole] += value
        if table == "occ_f2" and occupation[0].isdigit():
            sums["occupations"][whole] += value
        if table == "qual_f1":
            sums["qualifications"][whole] += value
        if table == "occ_t2_by_sex" and occupation == "All occupations":
            sums["sexes"][whole] += value
        if table == "rd_t1" and occupation == "All occupations" and qualification != "All qualifications":
            sums["requirement by qualification"][whole] += value
        if table == "ind_t1" and industry != "All industries":
            sums["by sector"][whole] += value
        if table == "basic_t1" and industry in SECTORS and occupation == "All occupations":
            sums["sector by qualification"][whole] += value * (qualification != "All qualifications")
        if table == "basic_t2" and occupation != "All occupations":
            sums["occupation by qualification"][whole] += value
    totals = {
        (measure, period): value
        for (table, measure, period, industry, *_), value in figures[name].items()
        if table in ("ind_f2", "ind_t1") and industry == "All industries"
    }
    assert len(sums) == 9 and len(sums["industries"]) == 26 and len(sums["by sector"]) == 5 + 3
    for what, parts in sums.items():
        for whole, value in parts.items():
            assert value == pytest.approx(totals[whole], rel=SUMMED), (what, whole)


@pytest.mark.parametrize("name", (*LOCAL, ENGLAND))
def test_requirement_is_net_change_and_replacement(name: str, figures: dict[str, dict[tuple[str, ...], float]]) -> None:
    checked = 0
    for (table, measure, *rest), value in figures[name].items():
        if measure == "total_requirement":
            parts = [figures[name][(table, part, *rest)] for part in ("net_change", "replacement_demand")]
            assert sum(parts) == pytest.approx(value, abs=SUMMED)
            checked += 1
    assert checked > 400


def test_a_figure_that_is_printed_twice_is_the_same(figures: dict[str, dict[tuple[str, ...], float]]) -> None:
    pairs = [
        ("ind_t2", "ind_f2"),
        ("occ_t1", "occ_f2"),
        ("occ_t2", "occ_f2"),
        ("rd_t1", "occ_t2"),
        ("rd_t1_by_sex", "occ_t2_by_sex"),
    ]
    for one, other in pairs:
        both = [(v, figures[NEW].get((other, *k[1:]))) for k, v in figures[NEW].items() if k[0] == one]
        met = [(v, w) for v, w in both if w is not None]
        assert len(met) > 40
        assert all(v == pytest.approx(w, abs=SUMMED) for v, w in met)


def test_the_two_editions_differ_as_their_publisher_says(figures: dict[str, dict[tuple[str, ...], float]]) -> None:
    """Printed in `Occ F2`: AL9 and AL15, professional and associate professional occupations in 2035."""

    def jobs(file: str, occupation: str) -> float:
        key = ("occ_f2", "employment", "2035", "All industries", occupation, "All qualifications", "Males and females")
        return round(figures[file][key], 2)

    assert (jobs(OLD, "Professional occupations"), jobs(NEW, "Professional occupations")) == (184.51, 187.51)
    assert (jobs(OLD, "Associate professional occupations"), jobs(NEW, "Associate professional occupations")) == (
        100.49,
        89.14,
    )
    for key, value in figures[NEW].items():
        if key[0] == "ind_f2":
            assert figures[OLD][key] == pytest.approx(value, rel=SUMMED)


def test_leftovers_of_an_older_template_give_no_figure(tables: dict[str, pa.Table]) -> None:
    refused = set(options()["refused"])
    assert refused == {"SummaryTable12", "ShiftShare2", "SupplyBasicTable2", "BasicTable5"}
    for table in tables.values():
        assert not refused & set(table["sheet"].to_pylist())


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.99])
def test_a_workbook_cut_short_is_refused(kept: float, folder: Path, tmp_path: Path) -> None:
    content = (folder / NEW).read_bytes()
    cut = tmp_path / "cut.xlsm"
    cut.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ParseError, match=r"cut\.xlsm"):
        parse(cut, options(), "dfe/skills_imperative_2035")
