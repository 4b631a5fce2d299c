"""Enterprises by size: a register rounded to 5, counted in March.

The small file holds lines of the publisher's workbook of April 2023; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lmi.raw.readers import Workbook
from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.ons_kit import (
    ENGLAND,
    LEP,
    LSIP,
    assert_accounted,
    good,
    remarks,
    rows_of,
    staged_book,
)

SOURCE = "ons/ubc_enterprises_by_size"
FILE = "ubc_enterprises_by_size.csv"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_book(rows_of(FILE), tmp_path_factory.mktemp("file"))


def test_fourteen_districts_have_55_150_enterprises_and_the_partnership_prints_ten_more(file: Staged) -> None:
    first_seven = 5700 + 3870 + 2655 + 4725 + 3330 + 2435 + 4680
    last_seven = 3155 + 5710 + 3590 + 2650 + 4055 + 4500 + 4095
    sql = "select sum(value) from figures where {} and detail = '_T' and year(period_end) = 2022"
    assert file.one(SOURCE, sql.format(in_districts())) == first_seven + last_seven == 55_150
    assert file.one(SOURCE, sql.format(f"area_code = '{LEP}'")) == 55_160


def test_bands_are_parts_of_their_total_and_of_march(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        f"select detail, value, period_start, period_end from figures where area_code = '{LSIP}' "
        "and year(period_end) = 2022 order by value",
    )
    march = (date(2022, 3, 1), date(2022, 3, 31))
    assert [tuple(r.values()) for r in rows] == [
        ("250+", 200, *march),
        ("50-249", 930, *march),
        ("10-49", 5365, *march),
        ("0-9", 48665, *march),
        ("_T", 55160, *march),
    ]


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("area", "column", "was", "fault", "rule"),
    [
        ("ladu:Wyre", 2, 3685, 3185, "size_bands.add_to_their_total"),
        ("ladu:Wyre", 1, 4095, 4096, "enterprises.are_rounded_to_five"),
        ("lep:Lancashire", 1, 55160, 110320, "size_bands.add_to_their_total"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, area: str, column: int, was: float, fault: float, rule: str) -> None:
    rows = rows_of(FILE)
    row = [r for r in rows if r[:1] == [area]][-1]
    assert row[column] == was
    row[column] = fault
    assert rule in remarks(staged_book(rows, tmp_path), SOURCE)


def test_bands_under_each_other_s_heading_are_told(tmp_path: Path) -> None:
    rows = rows_of(FILE)
    for row in rows:
        if row[:1] == ["ladu:Wyre"]:
            row[2], row[3] = row[3], row[2]
    assert "bands.fall_with_size" in remarks(staged_book(rows, tmp_path), SOURCE)


def test_a_district_that_is_not_there_stops_the_file(tmp_path: Path) -> None:
    rows = [row for row in rows_of(FILE) if row[:1] != ["ladu:Wyre"]]
    assert "districts.are_all_there" in remarks(staged_book(rows, tmp_path), SOURCE)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_workbooks_are_accounted_for_and_pass(real: Staged) -> None:
    found = {"2022-11-08~all_industries": 396 * 5 * 5, "2023-04-24~all_industries": 461 * 5 * 5}
    assert_accounted(real, SOURCE, {name: (n, n, 0, 0) for name, n in found.items()})
    assert good(real, SOURCE) == set()
    held = real.ask(SOURCE, f"select vintage, count(*) as n from figures where {in_districts()} group by 1")
    assert {row["n"] for row in held} == {len(DISTRICTS) * 5 * 5}


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "area", "year", "detail", "value"),
    [  # the cell in which the figure was read
        ("2022-11-08", "E07000117", 2018, "_T", 2530),  # B159
        ("2022-11-08", LEP, 2022, "0-9", 48665),  # C2013
        ("2023-04-24", LSIP, 2018, "250+", 180),  # F30
        ("2023-04-24", ENGLAND, 2022, "_T", 2_408_040),  # B1905
        ("2023-04-24", "E07000117", 2022, "50-249", 45),  # E1988
    ],
)
def test_a_figure_is_the_one_in_its_cell(
    real: Staged, vintage: str, area: str, year: int, detail: str, value: int
) -> None:
    sql = (
        f"select value from figures where vintage = '{vintage}' and area_code = '{area}' "
        f"and year(period_end) = {year} and detail = '{detail}'"
    )
    assert real.one(SOURCE, sql) == value


@pytest.mark.data
def test_an_area_that_is_too_large_for_the_country_stops_the_file(shared_data: Path, tmp_path: Path) -> None:
    book = Workbook.open(shared_data / SOURCE / "nomis_2023_04_24_151111.xlsx", SOURCE)
    rows = [list(row) for row in book.grid("Data").rows]
    line = next(row for row in rows if row[0] == "ladu:Leeds")
    line[1], line[2] = line[1] + 5000, line[2] + 5000
    assert "districts.add_to_the_country" in remarks(staged_book(rows, tmp_path), SOURCE)
