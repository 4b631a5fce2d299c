"""Pay of residents by district: a margin that is a figure of its own, a total that is none.

The small file holds lines of the publisher's workbook of December 2024; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.ons_kit import assert_accounted, good, remarks, rows_of, staged_book

SOURCE = "ons/ashe_resident_earnings_by_la"
FILE = "ashe_resident_earnings_by_la.csv"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_book(rows_of(FILE), tmp_path_factory.mktemp("file"))


def test_fourteen_districts_hold_484_000_jobs(file: Staged) -> None:
    jobs = 46 + 42 + 26 + 44 + 23 + 27 + 41 + 26 + 51 + 23 + 23 + 42 + 38 + 32
    sql = f"select sum(value) from figures where indicator_id = 'resident_employee_jobs' and {in_districts()}"
    assert file.one(SOURCE, sql) == jobs * 1000 == 484_000


def test_a_median_has_its_standard_error_beside_it_in_per_cent_and_no_interval(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, value, ci_half_width, period_start, period_end, maturity from figures "
        "where area_code = 'E07000117' and detail = 'median' order by 1",
    )
    year = (date(2023, 4, 1), date(2024, 3, 31), "provisional")
    assert [tuple(r.values()) for r in rows] == [
        ("resident_annual_pay", 29947.0, None, *year),
        ("resident_annual_pay_error", 6.2, None, *year),
    ]


def test_withheld_and_missing_are_told_apart_and_the_total_of_nothing_is_ignored(file: Staged) -> None:
    sql = "select distinct indicator_id, detail = 'median' as m, status from figures where area_code = 'E09000001'"
    told = {tuple(r.values()) for r in file.ask(SOURCE, sql)}
    assert told == {
        ("resident_employee_jobs", False, "suppressed"),
        ("resident_annual_pay", True, "suppressed"),
        ("resident_annual_pay", False, "suppressed"),
        ("resident_annual_pay_error", True, "not_available"),
        ("resident_annual_pay_error", False, "suppressed"),
    }
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == 17 * 20 and sum(account["ignored"].values()) == 20


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("area", "column", "was", "fault", "rule"),
    [
        ("Burnley", 4, 29947, 574.3, "percentiles.rise"),  # pay by the week
        ("Burnley", 5, 6.2, "#", "figure_and_error.stand_together"),
        ("Pendle", 10, 22232, 32232, "percentiles.rise"),
    ],
)
def test_a_fault_stops_the_file(tmp_path: Path, area: str, column: int, was: float, fault: float, rule: str) -> None:
    rows = rows_of(FILE)
    row = next(r for r in rows if r[0] == area)
    assert row[column] == was
    row[column] = fault
    assert rule in remarks(staged_book(rows, tmp_path), SOURCE)


def test_a_district_that_is_not_there_stops_the_file(tmp_path: Path) -> None:
    rows = [row for row in rows_of(FILE) if row[0] != "Wyre"]
    assert "districts.are_all_there" in remarks(staged_book(rows, tmp_path), SOURCE)


def test_weekly_pay_is_not_this_file(tmp_path: Path) -> None:
    rows = rows_of(FILE)
    rows[5][1] = "Weekly pay - gross"
    (landed,) = staged_book(rows, tmp_path).landed
    assert landed.outcome == "refused"


# --- the publisher's file


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_the_workbook_is_accounted_for_and_passes(real: Staged) -> None:
    assert_accounted(real, SOURCE, {"2024-12-05~annual_pay": (351 * 20, 5708, 1290 + 2, 20)})  # 1,290 are #, two are -
    assert good(real, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(
    ("indicator", "area", "detail", "value"),
    [  # the cell in which the figure was read
        ("resident_annual_pay", "E06000008", "median", 26116),  # E25
        ("resident_annual_pay_error", "E06000008", "median", 6.5),  # F25
        ("resident_annual_pay", "E06000009", "p80", 40916),  # S26
        ("resident_annual_pay", "E07000123", "p20", 16620),  # I37
        ("resident_annual_pay_error", "E07000128", "p80", 20),  # T42
        ("resident_employee_jobs", "E07000128", "_T", 32000),  # C42
        ("resident_annual_pay", "S12000050", "median", 33394),  # E360
        ("resident_annual_pay", "E06000009", "p90", None),  # U26, #
    ],
)
def test_a_figure_is_the_one_in_its_cell(
    real: Staged, indicator: str, area: str, detail: str, value: float | None
) -> None:
    sql = (
        f"select value from figures where indicator_id = '{indicator}' and area_code = '{area}' and detail = '{detail}'"
    )
    assert real.one(SOURCE, sql) == value
