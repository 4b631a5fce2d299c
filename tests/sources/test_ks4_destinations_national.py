"""Key stage 4 destinations of England: fine outcomes in coarse ones, and a year that is not the one it seems.

The small file holds records of two years as the publisher's file of October 2025 has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, staged_copy, stopped_by

SOURCE = "dfe/ks4_destinations_national"
FILE = DATA / "ks4_destinations_national.csv"
MAINSTREAM = "provider = 'state_funded_mainstream_schools_total' and sex = '_T'"
NUMBERS = "Provisional,3267,593735,542314,507450,219004,208897,76614,2935,"
SHARES = "Provisional,3267,593735,91.3,85.5,36.9,35.2,12.9,0.5,0.1,0.1,low,"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE, "dfe/ks4_destinations")


def test_the_newest_pupils_finished_in_2023_and_went_somewhere_in_2024(small: Staged) -> None:
    told = small.ask(
        SOURCE, "select max(period_start) as start, max(period_end) as stop from figures where maturity = 'provisional'"
    )
    assert told == [{"start": date(2023, 8, 1), "stop": date(2024, 7, 31)}]


def test_numbers_and_shares_of_alternating_records_are_two_indicators(small: Staged) -> None:
    sql = (
        f"select value from figures where {MAINSTREAM} and detail = 'further_education' and period_start = '2023-08-01'"
    )
    assert small.one(SOURCE, f"{sql} and indicator_id = 'ks4_leavers_england'") == 219004
    assert small.one(SOURCE, f"{sql} and indicator_id = 'ks4_leaver_rate_england'") == pytest.approx(0.369)


def test_three_marks_keep_three_reasons(small: Staged) -> None:
    told = small.ask(SOURCE, "select distinct status from figures where value is null order by 1")
    assert [r["status"] for r in told] == ["rounded_to_zero"]
    account = next(iter(small.accounts(SOURCE).values()))
    assert account["found"] == 18 * 25
    assert account["ignored"] == {
        "number of schools or pupils, printed again in the record of percentages": 2 * 9,
        "schools are counted for all pupils only": 6,
    }


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (NUMBERS, NUMBERS.replace("507450", "507451"), "outcomes_add_to_the_cohort"),
        (NUMBERS, NUMBERS.replace("208897", "208897.5"), "pupils_are_whole"),
        (SHARES, SHARES.replace("85.5", "58.5"), "shares_of_outcomes_add_to_one"),
        (SHARES, SHARES.replace("36.9", "35.9"), "share_is_the_ratio"),
        (SHARES, SHARES.replace("low", "lo"), "unknown_symbol"),
        (NUMBERS, NUMBERS.replace("Provisional", "Provisional").replace("3267", "-"), "unknown_symbol"),
    ],
)
def test_a_broken_copy_is_stopped(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (old, new)), SOURCE)


@pytest.mark.data
def test_every_cell_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    (account,) = full.accounts(SOURCE).values()
    found = (account["found"], account["observed"], account["missing"], sum(account["ignored"].values()))
    assert found == (5846 * 25, 96070, 41487, 5846 + 2747)
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("record", "column", "provider", "detail", "value", "status"),
    [
        (3302, "cohort", "state_funded_mainstream_schools_total", "_T", 575055, "ok"),
        (3884, "inst_count", "state_funded_mainstream_schools_total", "_T", 3267, "ok"),
        (3885, "all_unknown", "state_funded_mainstream_schools_total", "not_known", 0.03, "ok"),
        (3885, "he", "state_funded_mainstream_schools_total", "higher_education", None, "rounded_to_zero"),
        (3888, "appl3", "_T", "advanced_apprenticeship", 9514, "ok"),
        (4611, "ind", "_T", "independent_school", None, "not_applicable"),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, record: int, column: str, provider: str, detail: str, value: float | None, status: str
) -> None:
    found = figure_at(full, SOURCE, "2025-10", record, column)
    assert (found["provider"], found["detail"], found["status"]) == (provider, detail, status)
    assert found["value"] == (value if value is None else pytest.approx(value))


@pytest.mark.data
def test_year_groups_are_those_of_the_table_by_district(full: Staged) -> None:
    """The tables name different years; of one destination year, districts hold all but one in a hundred of England's pupils."""
    england = full.ask(
        SOURCE,
        f"select period_start, value from figures where {MAINSTREAM} and indicator_id = 'ks4_leavers_england' "
        "and detail = '_T' and period_start between '2015-08-01' and '2022-08-01' order by 1",
    )
    districts = full.ask(
        "dfe/ks4_destinations",
        "select period_start, sum(value) as value from figures where vintage = '2024-10' and detail = '_T' group by 1 order by 1",
    )
    assert [r["period_start"] for r in england] == [r["period_start"] for r in districts]
    gaps = [1 - d["value"] / e["value"] for e, d in zip(england, districts, strict=True)]
    assert all(0 <= gap < 0.01 for gap in gaps)
    assert round(england[-1]["value"]) == 575055 and districts[-1]["value"] == 572598
