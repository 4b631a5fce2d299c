"""Apprenticeships by provider: level and subject crossed, each with a total, and a word for a small number.

The small file holds two Lancashire colleges' records of 2021/22 as the publisher's file has them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, staged_copy, stopped_by

SOURCE = "dfe/apprenticeship_provider_starts_ees"
FILE = DATA / "apprenticeship_provider_starts_ees.csv"
TOTAL = "BURNLEY COLLEGE (10001000),10001000,Total,Total,460,280"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE, "dfe/fe_achievements_by_level")


def test_burnley_college_started_460_of_whom_170_in_engineering(small: Staged) -> None:
    sql = (
        "select value from figures where provider = '10001000' and qualification = '_T' and "
        "indicator_id = 'apprenticeship_provider_starts' and subject = "
    )
    assert small.one(SOURCE, f"{sql} '_T'") == 460
    assert small.one(SOURCE, f"{sql} '4'") == 170


def test_a_word_for_a_small_number_is_no_zero(small: Staged) -> None:
    told = small.ask(SOURCE, "select distinct status from figures where value is null")
    assert told == [{"status": "rounded_to_zero"}]
    assert small.one(SOURCE, "select count(*) from figures where value = 0") == 0


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (TOTAL.replace("460", "660"), "subjects_add_to_total"),
        (TOTAL.replace("460", "400"), "levels_add_to_total"),
        (TOTAL.replace("Total,Total", "Total,Science and Mathematics"), "every_provider_has_its_total"),
        (TOTAL.replace("460", "<5"), "unknown_symbol"),
        (TOTAL.replace("Total,Total", "Total,Alchemy"), "unknown_subject"),
        (TOTAL.replace(",10001000,", ",BURNLEY,"), "unknown_provider"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (TOTAL, new)), SOURCE)


@pytest.mark.data
def test_every_cell_is_a_figure_or_a_mark(full: Staged) -> None:
    (account,) = full.accounts(SOURCE).values()
    assert (account["found"], account["observed"], account["missing"]) == (105066 * 2, 135684, 27295 + 47153)
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("record", "column", "provider", "level", "subject", "value"),
    [
        (1338, "starts", "10000747", "_T", "_T", 790),
        (1944, "achievements", "10001000", "APP-3", "_T", 130),
        (1963, "starts", "10001000", "_T", "4", 300),
        (89639, "achievements", "10000747", "APP-3", "4", 10),
        (90236, "achievements", "10001000", "_T", "15", 60),
        (90244, "starts", "10001000", "_T", "_T", 460),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, record: int, column: str, provider: str, level: str, subject: str, value: int
) -> None:
    found = figure_at(full, SOURCE, "2022-11", record, column)
    assert (found["provider"], found["qualification"], found["subject"], found["value"]) == (
        provider,
        level,
        subject,
        value,
    )


@pytest.mark.data
def test_all_providers_achieved_what_england_did(full: Staged) -> None:
    """England's apprentices who achieved, by another publication; providers below 5 and rounding leave a few in a thousand."""
    mine = full.ask(
        SOURCE,
        "select period_start, sum(value) as value from figures where indicator_id = 'apprenticeship_provider_achievements' "
        "and qualification = '_T' and subject = '_T' and period_start < '2021-08-01' group by 1 order by 1",
    )
    england = full.ask(
        "dfe/fe_achievements_by_level",
        "select period_start, value from figures where area_code = 'E92000001' and detail = 'apprenticeships' "
        "and period_kind = 'academic_year' order by 1",
    )
    assert [r["value"] for r in england] == [277790, 276160, 185150, 146900, 156530]
    assert [r["period_start"] for r in mine] == [r["period_start"] for r in england]
    assert all(abs(m["value"] / e["value"] - 1) < 0.004 for m, e in zip(mine, england, strict=True))
