"""Learners who achieved: the total is of learners, not of provisions, and the last year is a part of one.

The small file holds the fourteen districts' records of two years, and an odd one, as the publisher's file has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, remarks_on, staged_copy, stopped_by

SOURCE = "dfe/fe_achievements_by_level"
FILE = DATA / "fe_achievements_by_level.csv"
TOTAL = "Burnley,E07000117,localAuthorityDistrict,202021,Total,Further education and skills: Total,2790"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE, "dfe/local_skills_data_hub")


def test_learners_of_burnley_by_provision(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select detail, value from figures where area_code = 'E07000117' and period_start = '2020-08-01' order by obs_key",
    )
    assert [(r["detail"], r["value"]) for r in told] == [
        ("apprenticeships", 290), ("community_learning", 900), ("education_and_training", 1860), ("_T", 2790),
    ]  # fmt: skip


def test_a_small_number_is_missing_and_learners_of_no_home_are_ignored(small: Staged) -> None:
    told = small.ask(SOURCE, "select area_code, detail, status from figures where value is null")
    assert told == [{"area_code": "E06000053", "detail": "apprenticeships", "status": "rounded_to_zero"}]
    assert [sum(a["ignored"].values()) for a in small.accounts(SOURCE).values()] == [8]


def test_a_running_year_that_is_taken_for_a_full_one_is_told(small: Staged) -> None:
    """The small file is no known edition, so nothing says that 2021/22 is in-year; every other check passes."""
    assert remarks_on(small, SOURCE).startswith("total.step_between_full_years_is_plausible: 5 rows")
    (outcome,) = small.ingest.validate_source(SOURCE)
    assert outcome.checks["failed"] == 1


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (TOTAL.replace("2790", "1490"), "provision.is_within_the_total"),
        (TOTAL.replace("2790", "4790"), "provisions_cover_the_total"),
        (TOTAL.replace("2790", "n/a"), "unknown_symbol"),
        (TOTAL.replace("Further education and skills", "Traineeships"), "unknown_detail"),
        (TOTAL.replace("202021,Total", "202021,19-24"), "no_measure"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (TOTAL, new)), SOURCE)


def test_a_second_row_is_quarantined(tmp_path: Path) -> None:
    assert "figure_stands_once" in remarks_on(staged_copy(FILE, tmp_path, (TOTAL, f"{TOTAL}\n{TOTAL}")), SOURCE)


@pytest.mark.data
def test_every_cell_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    (account,) = full.accounts(SOURCE).values()
    found = (account["found"], account["observed"], account["missing"], sum(account["ignored"].values()))
    assert found == (7891, 7834, 9, 48)
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("record", "area", "detail", "start", "value"),
    [
        (2, "E92000001", "apprenticeships", 2016, 277790),
        (21, "E92000001", "_T", 2020, 1040810),
        (69, "E12000002", "_T", 2020, 145160),
        (675, "E07000117", "community_learning", 2016, 1140),
        (692, "E07000117", "education_and_training", 2020, 1860),
        (7374, "E06000053", "apprenticeships", 2018, None),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, record: int, area: str, detail: str, start: int, value: int | None
) -> None:
    found = figure_at(full, SOURCE, "2022-03", record, "achievements")
    assert (found["area_code"], found["detail"], found["value"]) == (area, detail, value)
    assert found["period_start"] == date(start, 8, 1)


@pytest.mark.data
def test_the_running_year_is_marked_as_part_and_provisional(full: Staged) -> None:
    rows = full.ask(
        SOURCE,
        "select distinct period_kind, maturity, max(period_start) as latest from figures group by all order by 1",
    )
    assert [(r["period_kind"], r["maturity"], r["latest"]) for r in rows] == [
        ("academic_year", "final", date(2020, 8, 1)), ("academic_year_part", "provisional", date(2021, 8, 1)),
    ]  # fmt: skip


@pytest.mark.data
def test_full_years_agree_with_the_data_hub(full: Staged) -> None:
    """An independent print of the same figures, three years younger: 2019/20 and 2020/21 of the fourteen districts."""
    sql = (
        "select area_code, period_start, detail, value from figures where indicator_id = 'fe_learner_achievements' and "
        f"qualification = '_T' and age = '_T' and sex = '_T' and subject = '_T' and {in_districts()} and "
        "period_start in ('2019-08-01', '2020-08-01') order by all"
    )
    mine = full.ask(SOURCE, sql)
    assert len(mine) == 14 * 2 * 4
    assert mine == full.ask("dfe/local_skills_data_hub", sql)


@pytest.mark.data
def test_fourteen_districts_had_31920_learners_who_achieved_in_2021(full: Staged) -> None:
    sql = f"select sum(value) from figures where period_end = '2021-07-31' and {in_districts()}"
    assert full.one(SOURCE, f"{sql} and detail = '_T'") == 31920  # summed with awk
    assert full.one(SOURCE, f"{sql} and detail <> '_T'") == 4860 + 9590 + 19570
