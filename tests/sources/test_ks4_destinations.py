"""Destinations after key stage 4: two forms of one table, whole pupils, every pupil in one outcome.

The small file holds the fourteen districts' records of two years as the publisher's file of October 2024 has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, remarks_on, staged_copy, stopped_by

SOURCE = "dfe/ks4_destinations"
FILE = DATA / "ks4_destinations.csv"
BURNLEY = "E07000117,Burnley,Total,Provider location,State-funded mainstream schools,Total,Number of pupils,992,774,58,65,80,15"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_the_year_is_that_of_the_destination_and_outcomes_have_codes(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select detail, value from figures where area_code = 'E07000117' and period_start = '2021-08-01' order by obs_key",
    )
    assert [(r["detail"], r["value"]) for r in told] == [
        ("_T", 992), ("education", 774), ("apprenticeships", 58), ("employment", 65), ("not_sustained", 80), ("not_known", 15),
    ]  # fmt: skip


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (BURNLEY, BURNLEY.replace("774", "773"), "outcomes.add_to_the_cohort"),
        (BURNLEY, BURNLEY.replace("E07000117", "E07000123"), "district.stands_once"),
        (BURNLEY, BURNLEY.replace("992", "low?"), "unknown_symbol"),
        (BURNLEY, BURNLEY.replace("E07000117", "E07999999"), "unknown_area"),
        (BURNLEY, BURNLEY.replace("Number of pupils", "Percentage"), "no_measure"),
    ],
)
def test_a_broken_copy_is_stopped(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (old, new)), SOURCE)


def test_columns_that_changed_places_are_told(tmp_path: Path) -> None:
    copy = staged_copy(FILE, tmp_path, (BURNLEY, BURNLEY.replace("774,58", "58,774")))  # still adds to the cohort
    assert "education.is_the_usual_outcome" in remarks_on(copy, SOURCE)


@pytest.mark.data
def test_every_cell_of_both_editions_is_a_figure(full: Staged) -> None:
    accounts = {k: (a["found"], a["observed"], a["missing"]) for k, a in full.accounts(SOURCE).items()}
    assert accounts == {"2023-02~table_tool": (1932 * 6, 11592, 0), "2024-10~full": (2548 * 6, 15288, 0)}
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "record", "column", "area", "year", "value"),
    [
        ("2023-02", 109, "cohort", "E07000117", 2021, 931),
        ("2023-02", 206, "appren", "E07000123", 2016, 71),
        ("2023-02", 211, "all_unknown", "E07000123", 2021, 24),
        ("2024-10", 1610, "education", "E07000117", 2023, 766),
        ("2024-10", 1242, "all_notsust", "E07000123", 2023, 100),
        ("2024-10", 1121, "all_work", "E07000128", 2023, 71),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, vintage: str, record: int, column: str, area: str, year: int, value: int
) -> None:
    found = figure_at(full, SOURCE, vintage, record, column)
    assert (found["area_code"], found["period_end"], found["value"]) == (area, date(year, 7, 31), value)


@pytest.mark.data
def test_fourteen_districts_had_16231_pupils_of_whom_13223_stayed_in_education(full: Staged) -> None:
    sql = f"select sum(value) from figures where vintage = '2024-10' and period_end = '2023-07-31' and {in_districts()}"
    assert full.one(SOURCE, f"{sql} and detail = '_T'") == 16231  # summed with awk over the file's records
    assert full.one(SOURCE, f"{sql} and detail = 'education'") == 13223
    assert full.one(SOURCE, f"{sql} and detail not in ('_T', 'education')") == 851 + 848 + 1135 + 174
