"""Median pay of full-time workers by district: two spans of pay, England's median beside each district.

The small file restates the figures of fourteen districts for 2025.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.ons_kit import DATA, ENGLAND, assert_accounted, good, remarks, staged_text

SOURCE = "ons/ashe_median_pay_by_la"
TEXT = (DATA / "ashe_median_pay_by_la.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(TEXT, tmp_path_factory.mktemp("file"))


def test_pay_of_a_week_is_of_april_and_pay_of_a_year_is_of_the_tax_year(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, value, period_start, period_end, detail, maturity from figures "
        "where area_code = 'E07000117' order by 1",
    )
    assert [tuple(r.values()) for r in rows] == [
        ("resident_annual_pay_full_time", 33208.0, date(2024, 4, 1), date(2025, 3, 31), "median", "provisional"),
        ("resident_weekly_pay_full_time", 670.0, date(2025, 4, 1), date(2025, 4, 30), "median", "provisional"),
    ]


def test_england_is_the_country_once_in_value_and_no_district_s(file: Staged) -> None:
    rows = file.ask(SOURCE, f"select distinct indicator_id, value from figures where area_code = '{ENGLAND}'")
    assert [tuple(r.values()) for r in rows] == [("resident_weekly_pay_full_time", 769.5)]
    held = file.one(SOURCE, f"select count(*) from figures where {in_districts()}")
    assert held == 2 * len(DISTRICTS)


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("670.0,33208,", "33208,670.0,", "annual_pay.is_a_year_of_weeks"),
        ("833.0,40870,769.5", "833.0,40870,739.2", "england.has_one_value"),
        ("2025,E07000128", "2025,E07000127", "district.stands_once"),
        ("2025,E07000128,Wyre", "2025,E07000111,Sevenoaks", "districts.are_all_there"),
        ("769.5", "39039", "weekly_pay.is_pounds_a_week"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    made = staged_text(TEXT.replace(was, fault), tmp_path)
    said = remarks(made, SOURCE)
    assert rule in said


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.data
def test_the_file_is_accounted_for_and_passes(holdings: Holdings) -> None:
    real = holdings.of(SOURCE)
    assert_accounted(real, SOURCE, {"2025p~medians": (14 * 3, 14 * 3, 0, 0)})
    assert good(real, SOURCE) == set()
    sql = "select value from figures where area_code = '{}' and indicator_id = '{}'"
    assert real.one(SOURCE, sql.format("E07000119", "resident_annual_pay_full_time")) == 44892.0  # record 6
    assert real.one(SOURCE, sql.format("E07000122", "resident_weekly_pay_full_time")) == 619.9  # record 9
    assert real.one(SOURCE, sql.format("E07000128", "resident_annual_pay_full_time")) == 38048.0  # record 15
    assert real.one(SOURCE, sql.format("E06000008", "resident_weekly_pay_full_time")) == 649.6  # record 2
