"""Pay by occupation: a sheet without a title, all levels stacked, marks that are no zeros.

The small file holds lines of the sheet of annual pay, all employees, 2023 provisional; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import DATA, UK, assert_accounted, declared_as, good, remarks, staged_text

SOURCE = "ons/ashe_earnings_by_occupation"
TEXT = (DATA / "ashe_earnings_by_occupation.csv").read_text(encoding="utf-8")
EDITION = {"vintage": "2023p", "part": "annual-all", "released": date(2023, 11, 1), "labels": {"pay_period": "2022/23"}}


def staged(text: str, folder: Path) -> Staged:
    with declared_as(**EDITION):
        return staged_text(text, folder)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(TEXT, tmp_path_factory.mktemp("file"))


def test_nine_major_groups_hold_all_jobs_and_no_level_is_counted_twice(file: Staged) -> None:
    sql = "select sum(value) from figures where indicator_id = 'occupation_pay_jobs' and {}"
    majors = 2583 + 6593 + 3435 + 2501 + 1434 + 1710 + 1287 + 1041 + 1897
    assert file.one(SOURCE, sql.format("length(occupation) = 1")) == majors * 1000
    assert file.one(SOURCE, sql.format("occupation = '_T'")) == 22_480_000  # printed; the parts are rounded


def test_pay_is_in_pounds_of_the_tax_year_and_of_the_united_kingdom(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select detail, value, area_code, period_start, period_end, maturity from figures "
        "where indicator_id = 'occupation_annual_pay' and occupation = '822' and detail in ('p10', 'median', 'mean')",
    )
    held = {row["detail"]: row["value"] for row in rows}
    assert held == {"p10": None, "median": 29434.0, "mean": 30754.0}
    assert {tuple(row.values())[2:] for row in rows} == {(UK, date(2022, 4, 1), date(2023, 3, 31), "provisional")}


def test_a_mark_is_a_reason_and_an_unclassified_row_is_ignored(file: Staged) -> None:
    sql = "select distinct indicator_id, status from figures where occupation = '{}' and value is null order by all"
    assert [tuple(r.values()) for r in file.ask(SOURCE, sql.format("1161"))] == [
        ("occupation_annual_pay", "not_available"),
        ("occupation_pay_growth", "not_available"),
        ("occupation_pay_jobs", "not_applicable"),
    ]
    assert [tuple(r.values()) for r in file.ask(SOURCE, sql.format("5443"))] == [
        ("occupation_annual_pay", "suppressed"),
        ("occupation_pay_growth", "not_available"),
        ("occupation_pay_jobs", "suppressed"),
    ]
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == 21 * 15 and sum(account["ignored"].values()) == 15


def test_a_part_of_the_sheet_passes_but_for_the_groups_it_lacks(file: Staged) -> None:
    assert remarks(file, SOURCE).strip().partition(":")[0] == "occupations.are_all_there"


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("29669,6.8,35404", "15.88,7.4,20.05", "pay_by_the_year.is_pounds_a_year"),  # pay by the hour
        ("23937,25047,27172", "27172,25047,23937", "percentiles.rise"),
        (",1,2583,", ",1,2613,", "major_groups.add_to_all_jobs"),
        (",82,547,", ",82,647,", "sub_major_groups.add_to_major"),
        (",821,444,29660", ",821,444,444.5", "percentiles.rise"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    assert TEXT.count(was) == 1
    assert rule in remarks(staged(TEXT.replace(was, fault), tmp_path), SOURCE)


def test_all_employees_taken_for_full_time_ones_are_told(tmp_path: Path) -> None:
    with declared_as(**{**EDITION, "part": "annual-full-time"}):
        assert "full_time_pay.is_of_full_time_employees" in remarks(staged_text(TEXT, tmp_path), SOURCE)


def test_a_sheet_that_nobody_declared_is_refused_since_it_does_not_say_its_year(tmp_path: Path) -> None:
    (outcome,) = staged_text(TEXT, tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and "pay_period" in outcome.error


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_cell_is_accounted_for(real: Staged) -> None:
    whole = 553 * 15
    seen = {
        "2021r~sheet~annual-all": 5223,
        "2021r~sheet~annual-full-time": 5129,
        "2021r~sheet~hourly-all": 5895,
        "2021r~sheet~hourly-full-time": 5586,
        "2023p~sheet~annual-all": 5649,
        "2023p~sheet~annual-full-time": 5632,
        "2023p~sheet~hourly-all": 6871,
        "2023p~sheet~hourly-full-time": 6544,
    }
    assert_accounted(real, SOURCE, {name: (whole, n, whole - n - 15, 15) for name, n in seen.items()})


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "indicator", "occupation", "detail", "value"),
    [  # the record of the file in which the figure was read
        ("2023p", "occupation_annual_pay", "_T", "median", 29669),  # 2
        ("2023p", "occupation_annual_pay_full_time", "_T", "median", 34963),  # 2
        ("2023p", "occupation_hourly_pay", "6135", "median", 11.82),  # 405
        ("2023p", "occupation_annual_pay", "8211", "p90", 48874),  # 492
        ("2021r", "occupation_hourly_pay_full_time", "2134", "p75", 28.13),  # 82
        ("2021r", "occupation_annual_pay", "6135", "mean", 16303),  # 405
        ("2021r", "occupation_pay_jobs", "8211", "annual_all", 178_000),  # 492
        ("2023p", "occupation_pay_growth", "2134", "mean_hourly_all", 9.4),  # 82
    ],
)
def test_a_figure_is_the_one_in_its_record(
    real: Staged, vintage: str, indicator: str, occupation: str, detail: str, value: float
) -> None:
    sql = (
        f"select value from figures where vintage = '{vintage}' and indicator_id = '{indicator}' "
        f"and occupation = '{occupation}' and detail = '{detail}'"
    )
    assert real.one(SOURCE, sql) == value


@pytest.mark.data
def test_all_sheets_pass_and_are_provisional_or_revised(real: Staged) -> None:
    assert good(real, SOURCE) == set()
    rows = real.ask(SOURCE, "select distinct vintage, maturity from figures order by 1")
    assert [tuple(r.values()) for r in rows] == [("2021r", "revised"), ("2023p", "provisional")]
