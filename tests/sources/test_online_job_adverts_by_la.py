"""Adverts in units: districts and unplaced adverts make up a region; some districts are left out.

The small workbook restates the tables for Northern Ireland; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lmi.raw.readers import Workbook
from tests.parsers.workbooks import Sheets, changed, write_workbook
from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.ons_kit import assert_accounted, good, remarks

SOURCE = "ons/online_job_adverts_by_la"
YEARS = ["2017", "2018", "2019", "2020", "2021", "2022"]
ONE_TABLE = ["This worksheet contains one table. Some cells refer to notes"]
UNKNOWN = ["Unknown [note 4]", 1124.4, 1157.9, 687.2, 682.5, 413.7, 843.5]
DISTRICTS: list[list[Any]] = [
    ["Ards and North Down", "Northern Ireland", 2.4, 2.6, 2.6, 2, 0.9, 2],
    ["Armagh City, Banbridge and Craigavon", "Northern Ireland", 4.3, 5.4, 5.1, 2.3, 2, 3.5],
    ["Belfast", "Northern Ireland", 29.6, 37.5, 42.4, 18.7, 31.3, 49.3],
    ["Causeway Coast and Glens", "Northern Ireland", 1, 1.5, 1.4, 0.8, 1, 1.3],
    ["Derry City and Strabane", "Northern Ireland", 2.8, 3.1, 3.4, 1.2, 1.2, 1.8],
    ["Mid Ulster", "Northern Ireland", 2.5, 2.4, 3.3, 2.1, 2, 2.9],
]


def table(title: str, head: list[str], rows: list[list[Any]]) -> list[list[Any]]:
    return [[f"{title}, average over the month of January, 2017 to 2022"], ["Source: Adzuna"], ONE_TABLE, head, *rows]


SHEETS: Sheets = {
    "Cover_sheet": [["Tables"], [], ["The data tables were originally published at 9:30am 25 May 2022"]],
    "Contents": [["Table of contents"]],
    "Notes": [["Notes"]],
    "1": table(
        "Total job adverts by local authority, UK, units",
        ["Local authority [note 1]", "Region [note 2]", *YEARS],
        DISTRICTS,
    ),
    "2": table(
        "Total job adverts by region, UK, units",
        ["Region [note 2]", *YEARS],
        [["Northern Ireland", 46.6, 57.1, 62.2, 28.4, 39.8, 63.1], UNKNOWN],
    ),
    "3": table(
        "Adverts with an Unknown local authority by region, UK, units",
        ["Region [note 2]", *YEARS],
        [["Northern Ireland", 4.1, 4.5, 4, 1.3, 1.4, 2.2], UNKNOWN],
    ),
    "4": [["Local authorities excluded"], ["One table"], ["Excluded"], ["Wyre"]],
    "5": [["Proportion"]],
    "6": [["Alternative"]],
}


def staged(sheets: Sheets, folder: Path) -> Staged:
    return Staged([write_workbook(folder / "tables.xlsx", sheets)], folder / "data")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(SHEETS, tmp_path_factory.mktemp("file"))


def test_districts_and_unplaced_adverts_add_to_the_country_within_rounding(file: Staged) -> None:
    sql = "select round(sum(value), 1) from figures where year(period_end) = 2022 and {}"
    placed = 2 + 3.5 + 49.3 + 1.3 + 1.8 + 2.9
    assert file.one(SOURCE, sql.format("area_code like 'N09%'")) == pytest.approx(placed)
    assert file.one(SOURCE, sql.format("indicator_id = 'online_job_advert_units_unplaced'")) == 2.2
    assert abs(placed + 2.2 - 63.1) < 0.05 * 8
    assert file.one(SOURCE, sql.format("indicator_id = 'online_job_advert_units' and area_code = 'N92000002'")) == 63.1


def test_a_year_is_its_january_and_the_release_day_is_the_cover_s(file: Staged) -> None:
    rows = file.ask(
        SOURCE, "select distinct vintage, period_start, period_end from figures where year(period_end) = 2021"
    )
    assert [tuple(r.values()) for r in rows] == [("2022-05-25", date(2021, 1, 1), date(2021, 1, 31))]


def test_adverts_of_no_known_region_are_ignored(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == (6 + 2 + 2) * 6 and sum(account["ignored"].values()) == 2 * 6
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "rule"),
    [
        ("1", "H7", 59.3, "districts_and_unplaced.make_up_the_country"),
        ("2", "G5", 1063.1, "districts_and_unplaced.make_up_the_country"),
        ("3", "B5", 104.1, "districts_and_unplaced.make_up_the_country"),
        ("1", "C7", 29600, "districts_and_unplaced.make_up_the_country"),
    ],
)
def test_a_fault_stops_the_file(tmp_path: Path, sheet: str, cell: str, value: float, rule: str) -> None:
    assert rule in remarks(staged(changed(SHEETS, sheet, {cell: value}), tmp_path), SOURCE)


def test_another_year_is_named_by_its_cell(tmp_path: Path) -> None:
    (outcome,) = staged(changed(SHEETS, "1", {"H4": "2023"}), tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and "1!H4" in outcome.error


# --- the publisher's file


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_the_workbook_is_accounted_for_and_passes(real: Staged) -> None:
    whole = (331 + 13 + 13) * 6
    assert_accounted(real, SOURCE, {"2022-05-25~tables": (whole, whole - 12, 0, 12)})
    assert good(real, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(
    ("area", "year", "value"),
    [  # the cell of sheet 1 or 2 in which the figure was read
        ("E06000008", 2017, 12.5),  # C30
        ("E07000123", 2022, 38.1),  # H221
        ("E07000127", 2019, 5.3),  # E315
        ("E12000002", 2018, 964.8),  # 2!C9
        ("E12000007", 2021, 1088.9),  # 2!F7
    ],
)
def test_a_figure_is_the_one_in_its_cell(real: Staged, area: str, year: int, value: float) -> None:
    sql = (
        f"select value from figures where area_code = '{area}' and year(period_end) = {year} "
        "and indicator_id = 'online_job_advert_units'"
    )
    assert real.one(SOURCE, sql) == value


@pytest.mark.data
def test_pendle_and_wyre_are_left_out_by_the_publisher(real: Staged, shared_data: Path) -> None:
    book = Workbook.open(shared_data / SOURCE / "referencetablesupdated.xlsx", SOURCE)
    left_out = {row[0] for row in book.grid("4").rows}
    assert {"Pendle", "Wyre"} <= left_out
    assert real.one(SOURCE, f"select count(distinct area_code) from figures where {in_districts()}") == 12


@pytest.mark.data
def test_the_north_west_is_its_districts_and_its_unplaced_adverts(real: Staged, shared_data: Path) -> None:
    """The oracle is the workbook: districts of the region as column B names them, added up, and tables 2 and 3."""
    rows = Workbook.open(shared_data / SOURCE / "referencetablesupdated.xlsx", SOURCE).grid("1").rows[4:]
    placed = sum(row[7] for row in rows if row[1] == "North West")
    sql = "select value from figures where area_code = 'E12000002' and year(period_end) = 2022 and indicator_id = '{}'"
    assert real.one(SOURCE, sql.format("online_job_advert_units")) == 1092.4
    assert abs(placed + real.one(SOURCE, sql.format("online_job_advert_units_unplaced")) - 1092.4) < 0.05 * 36
