"""The newest claimants: months of fourteen districts, each count held against its rate.

The small file restates three months; the county's 28,280 is what the copyist's source prints for the twelve districts.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import DISTRICTS, Holdings, Staged
from tests.sources.ons_kit import DATA, assert_accounted, good, remarks, staged_text

SOURCE = "ons/claimant_count_monthly_recent"
TEXT = (DATA / "claimant_count_monthly_recent.csv").read_text(encoding="utf-8")
SUM = "select sum(value) from figures where indicator_id = 'claimants' and period_start = date '2026-01-01' and {}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(TEXT, tmp_path_factory.mktemp("file"))


def test_twelve_districts_add_to_the_county_and_fourteen_to_the_area(file: Staged) -> None:
    county = 3395 + 1715 + 1360 + 2855 + 2655 + 3375 + 4850 + 670 + 1710 + 1740 + 2040 + 1915
    assert file.one(SOURCE, SUM.format("area_code like 'E07%'")) == county == 28_280
    assert file.one(SOURCE, SUM.format("true")) == county + 5375 + 5170


def test_count_and_rate_are_of_whole_months(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, value, period_start, period_end from figures where area_code = 'E07000124' "
        "and month(period_end) = 1 order by 1",
    )
    month = (date(2026, 1, 1), date(2026, 1, 31))
    assert [tuple(r.values()) for r in rows] == [("claimant_rate", 1.7, *month), ("claimants", 670.0, *month)]


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("Ribble Valley,670,1.7", "Ribble Valley,670,5.6", "count_and_rate.tell_the_same_population"),
        ("Preston,4850,4.5", "Preston,485,4.5", "count_and_rate.tell_the_same_population"),
        ("Preston,4850,4.5", "Preston,4851,4.5", "claimants.are_rounded_to_five"),
        ("2026-01,E07000128,Wyre", "2026-01,E07000111,Sevenoaks", "districts.are_all_there"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    assert TEXT.count(was) == 1
    assert rule in remarks(staged_text(TEXT.replace(was, fault), tmp_path), SOURCE)


def test_a_month_that_is_not_there_is_missed(tmp_path: Path) -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith("2025-12"))
    assert "months.follow_each_other" in remarks(staged_text(text, tmp_path), SOURCE)


@pytest.mark.data
def test_the_file_is_accounted_for_and_passes(holdings: Holdings) -> None:
    real = holdings.of(SOURCE)
    assert_accounted(real, SOURCE, {"2026-03-09~count_and_rate": (14 * 10 * 2, 14 * 10 * 2, 0, 0)})
    assert good(real, SOURCE) == set()
    sql = "select value from figures where indicator_id = '{}' and area_code = '{}' and period_start = date '{}'"
    assert real.one(SOURCE, sql.format("claimants", "E06000008", "2025-04-01")) == 5675  # record 2
    assert real.one(SOURCE, sql.format("claimants", "E07000117", "2025-07-01")) == 3370  # record 25
    assert real.one(SOURCE, sql.format("claimant_rate", "E07000121", "2026-01-01")) == 2.9  # record 71
    assert real.one(SOURCE, sql.format("claimant_rate", "E06000009", "2026-01-01")) == 5.8  # record 21
    assert real.one(SOURCE, f"select count(distinct area_code) from figures where area_code in {DISTRICTS}") == 14
    newest = real.ask(SOURCE, "select distinct period_start from figures where maturity = 'provisional'")
    assert [row["period_start"] for row in newest] == [date(2026, 1, 1)]
