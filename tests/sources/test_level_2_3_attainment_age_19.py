"""Level 2 and 3 by 19: characteristics stand beside each other, and zeros of year groups not yet 19 are no figures.

The small file holds three authorities' records of two year groups as the publisher's file of 2022 has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, staged_copy, stopped_by

SOURCE = "dfe/level_2_3_attainment_age_19"
FILE = DATA / "level_2_3_attainment_age_19.csv"
BLACKPOOL = "2022,1157,North West,E06000009,890,Blackpool,ALL,ALL,ALL,803,671,543,515,227,69.40363008,"
NOT_YET = "2023,1269,North West,E06000009,890,Blackpool,ALL,ALL,ALL,0,0,0,679,0,0,0,0,0\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_one_record_gives_six_kinds_of_figure(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select indicator_id, qualification, value from figures where area_code = 'E06000009' and sex = '_T' "
        "and detail = '_T' and period_end = '2022-07-31' order by obs_key",
    )
    assert [(r["indicator_id"], r["qualification"], r["value"]) for r in told] == [
        ("young_people_at_19", "_T", 1157),
        ("qualified_by_19", "BY19-2", 803),
        ("qualified_by_19", "BY19-2EM", 671),
        ("qualified_by_19", "BY19-3", 543),
        ("english_and_maths_by_16", "_T", 515),
        ("english_and_maths_after_16", "_T", 227),
        ("qualified_by_19_rate", "BY19-2", 69.40363008),
        ("qualified_by_19_rate", "BY19-2EM", 57.99481417),
        ("qualified_by_19_rate", "BY19-3", 46.93171997),
        ("english_and_maths_after_16_rate", "_T", 35.35825545),
    ]


def test_a_characteristic_is_crossed_with_no_other(small: Staged) -> None:
    rows = small.ask(SOURCE, "select distinct sex, detail from figures order by all")
    assert [(r["sex"], r["detail"]) for r in rows] == [
        ("F", "_T"), ("M", "_T"), ("_T", "_T"), ("_T", "fsm"), ("_T", "no_sen"), ("_T", "not_fsm"), ("_T", "sen_plan"),
        ("_T", "sen_support"),
    ]  # fmt: skip


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (NOT_YET + BLACKPOOL, "year_group.has_turned_19"),
        (BLACKPOOL.replace("803", "804"), "rate.is_people_over_year_group"),
        (BLACKPOOL.replace("515", "517"), "later_rate.is_people_over_those_without"),
        (BLACKPOOL.replace("1157", "1147").replace("69.40363008", "70.00871840"), "free_meals_add_to_all"),
        (BLACKPOOL.replace("ALL,ALL,ALL", "Any,ALL,ALL"), "unknown_sex"),
        (BLACKPOOL.replace("803", "low"), "unknown_symbol"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (BLACKPOOL, new)), SOURCE)


@pytest.mark.data
def test_every_cell_of_both_editions_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    accounts = {
        k: (a["found"], a["observed"], a["missing"], sum(a["ignored"].values()))
        for k, a in full.accounts(SOURCE).items()
    }
    assert accounts == {
        "2021~by_authority": (213960, 213949, 11, 0),  # eleven NULL in the column of the last rate
        "2022~by_authority": (263840, 225440, 0, 3 * 1280 * 10),
    }
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "record", "column", "area", "sex", "detail", "value"),
    [
        ("2021", 20905, "l3_by19", "E06000009", "_T", "_T", 569),
        ("2021", 21057, "l2_by19_rate", "E10000017", "_T", "_T", 81.64784609),
        ("2022", 21402, "l3_by19_rate", "E06000008", "_T", "_T", 63.84451544),
        ("2022", 21879, "l2_by19", "E10000017", "_T", "fsm", 915),
        ("2022", 21880, "number_in_ss_cohort", "E10000017", "F", "_T", 5990),
        ("2022", 21330, "l2_em_by16", "E12000002", "_T", "_T", 43626),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, vintage: str, record: int, column: str, area: str, sex: str, detail: str, value: float
) -> None:
    found = figure_at(full, SOURCE, vintage, record, column)
    assert (found["area_code"], found["sex"], found["detail"], found["value"]) == (area, sex, detail, value)
    assert found["period_end"] == date(int(vintage), 7, 31)


@pytest.mark.data
def test_no_year_group_is_in_before_it_turned_19(full: Staged) -> None:
    rows = full.ask(SOURCE, "select vintage, max(period_end) as latest from figures group by 1 order by 1")
    assert [r["latest"] for r in rows] == [date(2021, 7, 31), date(2022, 7, 31)]


@pytest.mark.data
def test_county_and_two_unitaries_hold_15157_young_people_of_2022_and_9084_with_level_3(full: Staged) -> None:
    sql = (
        "select sum(value) from figures where vintage = '2022' and period_end = '2022-07-31' and sex = '_T' and "
        "detail = '_T' and area_code in ('E10000017', 'E06000008', 'E06000009')"
    )
    assert full.one(SOURCE, f"{sql} and indicator_id = 'young_people_at_19'") == 12122 + 1878 + 1157
    assert (
        full.one(SOURCE, f"{sql} and indicator_id = 'qualified_by_19' and qualification = 'BY19-3'")
        == 7342 + 1199 + 543
    )
