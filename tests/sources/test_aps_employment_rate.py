"""Economic activity of residents aged 16 to 64: levels that are one tree, years revised by a later extract.

The small file holds lines of the publisher's workbook of April 2023; sums are by hand.
"""

from __future__ import annotations

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

SOURCE = "ons/aps_employment_rate"
FILE = "aps_employment_rate.csv"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_book(rows_of(FILE), tmp_path_factory.mktemp("file"))


def test_working_age_residents_of_fourteen_districts_add_to_the_partnership(file: Staged) -> None:
    first_seven = 91000 + 80700 + 51400 + 70500 + 45300 + 49700 + 85800
    last_seven = 55500 + 89600 + 35300 + 42800 + 64900 + 69000 + 61200
    sql = "select sum(value) from figures where {} and detail = '_T' and year(period_end) = 2022"
    assert file.one(SOURCE, sql.format(in_districts())) == first_seven + last_seven == 892_700
    assert file.one(SOURCE, sql.format(f"area_code = '{LEP}'")) == 892_800  # printed; the parts are rounded


def test_the_six_activities_are_one_tree(file: Staged) -> None:
    sql = f"select detail, value from figures where area_code = '{LSIP}' and year(period_end) = 2022"
    held = {row["detail"]: row["value"] for row in file.ask(SOURCE, sql)}
    assert held["_T"] == 892_800 == 679_600 + 213_300 - 100 == held["economically_active"] + held["inactive"] - 100
    assert held["economically_active"] == 679_600 == 651_200 + 28_300 + 100
    assert held["in_employment"] == 651_200 and held["employees"] == 582_000 and held["self_employed"] == 67_000


def test_each_mark_keeps_its_meaning_and_a_small_sample_its_figure(file: Staged) -> None:
    sql = "select detail, value, ci_half_width, status from figures where area_code = '{}' and year(period_end) = 2022"
    burnley = {row["detail"]: tuple(row.values())[1:] for row in file.ask(SOURCE, sql.format("E07000117"))}
    assert burnley["employees"] == (33700, 9800, "ok")
    assert burnley["self_employed"] == (2900, None, "unreliable")
    assert burnley["unemployed"] == (None, None, "suppressed")
    assert {r["status"] for r in file.ask(SOURCE, sql.format("E06000053"))} == {"not_available"}


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("area", "column", "was", "fault", "rule"),
    [
        ("lep:Lancashire", 4, 679600, 689600, "active_and_inactive.are_all"),
        ("lep:Lancashire", 16, 28300, 82300, "employed_and_unemployed.are_active"),
        ("lep:Lancashire", 10, 582000, 592000, "employees_and_self_employed.do_not_exceed_those_in_work"),
        ("lep:Lancashire", 10, 582000, 482000, "employees_and_self_employed.are_nearly_all_in_work"),
        ("ladu:Wyre", 10, 39300, 39333, "people.are_published_from_500_in_hundreds"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, area: str, column: int, was: float, fault: float, rule: str) -> None:
    rows = rows_of(FILE)
    row = [r for r in rows if r[:1] == [area]][-1]
    assert row[column] == was
    row[column] = fault
    assert rule in remarks(staged_book(rows, tmp_path), SOURCE)


def test_a_district_that_is_not_there_stops_the_file(tmp_path: Path) -> None:
    rows = [row for row in rows_of(FILE) if row[:1] != ["ladu:Wyre"]]
    assert "districts.are_all_there" in remarks(staged_book(rows, tmp_path), SOURCE)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_workbooks_are_accounted_for_and_pass(real: Staged) -> None:
    expected = {
        "2022-06-14~activity": (414 * 7 * 5, 14108, 339 + 35 + 8, 0),  # !, -, ~ counted in the sheet
        "2023-04-24~activity": (450 * 7 * 5, 15306, 402 + 35 + 7, 0),
    }
    assert_accounted(real, SOURCE, expected)
    assert good(real, SOURCE) == set()
    told = [o.checks["not_applicable"] for o in real.ingest.validate_source(SOURCE)]
    assert told == [1, 1]  # one workbook has no regions, the other no improvement plan areas


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "area", "year", "detail", "value", "half_width"),
    [  # the cell in which the figure was read
        ("2022-06-14", ENGLAND, 2021, "in_employment", 26_134_100, 184_200),  # H1733
        ("2023-04-24", ENGLAND, 2021, "in_employment", 26_200_100, 184_700),  # H1409
        ("2022-06-14", LEP, 2021, "in_employment", 642_000, 27_900),  # H2107
        ("2023-04-24", LSIP, 2021, "in_employment", 642_500, 27_900),  # H1430
        ("2023-04-24", LEP, 2022, "unemployed", 28_300, 6_300),  # Q1934
        ("2022-06-14", "E06000009", 2017, "inactive", 18_700, 2_500),  # T23
        ("2022-06-14", "N92000002", 2021, "_T", 1_161_400, 30_200),  # B2146
    ],
)
def test_a_figure_is_the_one_in_its_cell(
    real: Staged, vintage: str, area: str, year: int, detail: str, value: int, half_width: int
) -> None:
    rows = real.ask(
        SOURCE,
        f"select value, ci_half_width from figures where vintage = '{vintage}' and area_code = '{area}' "
        f"and year(period_end) = {year} and detail = '{detail}'",
    )
    assert [tuple(r.values()) for r in rows] == [(value, half_width)]


@pytest.mark.data
def test_every_district_has_every_year_and_2018_and_2019_were_not_revised(real: Staged) -> None:
    rows = real.ask(SOURCE, f"select vintage, count(*) as n from figures where {in_districts()} group by 1")
    assert {row["n"] for row in rows} == {len(DISTRICTS) * 7 * 5}
    changed = real.ask(
        SOURCE,
        "select distinct year(a.period_end) as year from figures as a join figures as b using (area_code, period_end, detail) "
        "where a.vintage < b.vintage and a.value is distinct from b.value and a.area_code = 'E37000019' order by 1",
    )
    assert [row["year"] for row in changed] == [2020, 2021]


@pytest.mark.data
@pytest.mark.parametrize(
    ("area", "rule"),
    [
        ("ladu:Leeds", "districts.add_to_the_country"),
        ("User Defined Geography:Kent and Medway-LSIP - from dn81838", "improvement_plan_areas.add_to_the_country"),
    ],
)
def test_an_area_that_is_too_large_for_the_country_stops_the_file(
    shared_data: Path, tmp_path: Path, area: str, rule: str
) -> None:
    book = Workbook.open(shared_data / SOURCE / "nomis_2023_04_24_143523.xlsx", SOURCE)
    rows = [list(row) for row in book.grid("Data").rows]
    line = next(row for row in rows if row[0] == area)
    for column in (1, 4, 7):  # all, active and in work, so that the area still agrees with itself
        line[column] += 500_000
    assert rule in remarks(staged_book(rows, tmp_path), SOURCE)
