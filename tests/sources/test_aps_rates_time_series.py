"""Rates of rolling years: two of them make a hundred, and a date is the year's last month.

The small file restates two years of the area's districts, the county and the region.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.ons_kit import DATA, assert_accounted, good, remarks, staged_text

SOURCE = "ons/aps_rates_time_series"
TEXT = (DATA / "aps_rates_time_series.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(TEXT, tmp_path_factory.mktemp("file"))


def test_a_date_is_the_last_month_of_a_year(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, value, status, period_start, period_end, period_kind from figures "
        "where area_code = 'E07000117' and period_end = date '2023-06-30' order by 1",
    )
    year = (date(2022, 7, 1), date(2023, 6, 30), "rolling_year")
    assert [tuple(r.values()) for r in rows] == [
        ("economic_activity_rate", 71.4, "ok", *year),
        ("economic_inactivity_rate", 28.6, "ok", *year),
        ("unemployment_rate", None, "not_available", *year),
    ]


def test_the_copyist_s_north_is_no_area(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == 17 * 3 * 2 and sum(account["ignored"].values()) == 3 * 2
    assert file.one(SOURCE, f"select count(*) from figures where {in_districts()}") == len(DISTRICTS) * 3 * 2


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        (
            "2023-06-01,E07000117,Burnley,Economic activity rate - aged 16-64,71.4",
            "2023-06-01,E07000117,Burnley,Economic activity rate - aged 16-64,76.8",
            "active_and_inactive.are_all",
        ),
        ("2023-06-01,E12000002,North West,Unemployment rate - aged 16-64,3.9",
         "2023-06-01,E12000002,North West,Unemployment rate - aged 16-64,39",
         "rates.are_plausible"),
        ("2023-06-01,E07000128,Wyre", "2023-06-01,E08000035,Leeds", "districts.are_all_there"),
    ],
)  # fmt: skip
def test_a_fault_is_told(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    assert was in TEXT
    assert rule in remarks(staged_text(TEXT.replace(was, fault), tmp_path), SOURCE)


def test_a_county_outside_its_districts_stops_the_file(tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith("2023-06-01,E10000017"):
            lines[number] = line.replace(",75.7", ",91.7").replace(",24.3", ",8.3")
    assert "county.lies_among_its_districts" in remarks(staged_text("".join(lines), tmp_path), SOURCE)


# --- the publisher's file


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_the_file_is_accounted_for_and_passes(real: Staged) -> None:
    assert_accounted(real, SOURCE, {"2023-06~rates": (86 * 3 * 75, 86 * 3 * 75 - 502 - 225, 502, 225)})  # 502 are NA
    assert good(real, SOURCE) == set()
    held = real.one(SOURCE, f"select count(*) from figures where {in_districts()} or area_code = 'E10000017'")
    assert held == 15 * 3 * 75


@pytest.mark.data
@pytest.mark.parametrize(
    ("indicator", "area", "end", "value"),
    [  # the record of the file in which the figure was read
        ("economic_activity_rate", "E06000009", "2004-12-31", 72.9),  # 50
        ("unemployment_rate", "E10000017", "2004-12-31", 4.5),  # 231
        ("unemployment_rate", "E12000002", "2012-03-31", 8.9),  # 7401
        ("economic_inactivity_rate", "E07000117", "2012-03-31", 23.8),  # 7510
        ("economic_activity_rate", "E10000017", "2023-06-30", 75.7),  # 19100
    ],
)
def test_a_figure_is_the_one_in_its_record(real: Staged, indicator: str, area: str, end: str, value: float) -> None:
    sql = (
        f"select value from figures where indicator_id = '{indicator}' and area_code = '{area}' "
        f"and period_end = date '{end}'"
    )
    assert real.one(SOURCE, sql) == value
