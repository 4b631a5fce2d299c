"""Young people of 16 and 17: three moments in one record, the county of twelve, and marks that are no zeros.

The small file holds England, the regions and nine authorities as the publisher's file of 2025 has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, staged_copy, stopped_by

SOURCE = "dfe/neet_by_la"
FILE = DATA / "neet_by_la.csv"
COUNTY = "E10000017,Lancashire,16-17,30517,6.4,3.9,2.5,"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_the_vintage_is_the_year_that_the_file_says(small: Staged) -> None:
    assert [o.vintage for o in small.outcomes(SOURCE)] == ["2025"]


@pytest.mark.parametrize(
    ("indicator", "detail", "start", "end", "value"),
    [
        ("neet_or_not_known_rate", "_T", date(2024, 12, 1), date(2025, 2, 28), 6.4),
        ("neet_or_not_known_rate", "neet", date(2024, 12, 1), date(2025, 2, 28), 3.9),
        ("neet_or_not_known_rate", "vulnerable", date(2024, 12, 1), date(2025, 2, 28), 28.6),
        ("young_people_16_17_in_march", "_T", date(2025, 3, 1), date(2025, 3, 31), 30541),
        ("participation_rate_16_17", "apprenticeship", date(2025, 3, 1), date(2025, 3, 31), 12.4),
        ("september_offer_rate", "_T", date(2024, 9, 1), date(2024, 9, 30), 94.6),
    ],
)
def test_each_figure_of_the_county_has_its_moment(
    small: Staged, indicator: str, detail: str, start: date, end: date, value: float
) -> None:
    rows = small.ask(
        SOURCE,
        "select period_start, period_end, value from figures "
        f"where area_code = 'E10000017' and indicator_id = '{indicator}' and detail = '{detail}'",
    )
    assert rows == [{"period_start": start, "period_end": end, "value": value}]


def test_a_suppressed_figure_has_no_value(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select detail, status, value from figures where area_code = 'E06000032' and "
        "indicator_id = 'participation_rate_16_17' order by 1",
    )
    assert [r["status"] for r in told] == ["suppressed"] * 4 and {r["value"] for r in told} == {None}  # Luton


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (COUNTY.replace("3.9,2.5", "2.9,2.5"), "neet_and_not_known.add_up"),
        (COUNTY.replace("30517", "3051.7"), "vulnerable_share.is_the_ratio"),
        (COUNTY.replace("E10000017", "E06000009"), "figure.stands_once"),
        (COUNTY.replace("6.4", "u"), "unknown_symbol"),
        (COUNTY.replace("E10000017", ""), "unknown_area"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (COUNTY, new)), SOURCE)


def test_a_unitary_that_is_lost_stops_the_file(tmp_path: Path) -> None:
    copy = staged_copy(FILE, tmp_path, ("890,E06000009,Blackpool", "841,E06000004,Blackpool"))
    assert "unitary_districts.are_all_there" in stopped_by(copy, SOURCE)


@pytest.mark.data
def test_every_cell_of_three_files_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    accounts = {
        k: (a["found"], a["observed"], a["missing"], sum(a["ignored"].values()))
        for k, a in full.accounts(SOURCE).items()
    }
    assert accounts == {
        "2022~of_2022": (160 * 39, 3026, 14, 160 * 20),
        "2024~since_2024": (161 * 38, 3039, 20, 161 * 19),
        "2025~since_2024": (161 * 38, 3028, 31, 161 * 19),
    }
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "record", "column", "area", "value"),
    [
        ("2022", 82, "NEET_percent", "E10000017", 2.5),
        ("2022", 74, "Cohort_DJFavg", "E06000009", 3265.7),
        ("2024", 73, "NEET_percent", "E06000008", 4.0),
        ("2024", 82, "NEET_not_known_percent", "E10000017", 5.8),
        ("2025", 74, "NEET_percent", "E06000009", 7.6),
        ("2025", 2, "Cohort_DJFavg", "E92000001", 1335160),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, vintage: str, record: int, column: str, area: str, value: float
) -> None:
    found = figure_at(full, SOURCE, vintage, record, column)
    assert (found["area_code"], found["value"]) == (area, value)


@pytest.mark.data
def test_nine_regions_of_2024_hold_the_young_people_of_england(full: Staged) -> None:
    sql = "select sum(value) from figures where vintage = '2024' and indicator_id = 'young_people_16_17' and detail = '_T'"
    assert full.one(SOURCE, f"{sql} and area_code like 'E12%'") == 1278220
    assert full.one(SOURCE, f"{sql} and area_code like 'E92%'") == 1278230  # each rounded to 10
