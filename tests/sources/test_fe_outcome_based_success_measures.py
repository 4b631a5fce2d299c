"""Outcome-based success measures: three years side by side, two groups that are no part of each other.

The small file holds the records of Blackburn College as the publisher's file has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, remarks_on, staged_copy, stopped_by

SOURCE = "dfe/fe_outcome_based_success_measures"
FILE = DATA / "fe_outcome_based_success_measures.csv"
ENGINEERING = '"Advanced and Higher Apprenticeships: Business, Administration and Law",.,.,.,90,89,bottom quintile'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_the_year_and_the_group_are_in_the_heading(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select period_end, indicator_id, value from figures where qualification = 'difficulty' and value > 1 order by all",
    )
    assert [(r["period_end"].year, r["indicator_id"], r["value"]) for r in told] == [
        (2014, "obsm_completions", 530), (2014, "obsm_completions_benefit_learners", 330),
        (2015, "obsm_completions", 500), (2015, "obsm_completions_benefit_learners", 190),
        (2016, "obsm_completions", 400), (2016, "obsm_completions_benefit_learners", 150),
    ]  # fmt: skip


def test_two_marks_keep_two_reasons_and_ranks_are_ignored(small: Staged) -> None:
    told = small.ask(SOURCE, "select distinct status from figures where value is null order by 1")
    assert [r["status"] for r in told] == ["not_available", "suppressed"]
    (account,) = small.accounts(SOURCE).values()
    assert (account["found"], sum(account["ignored"].values())) == (37 * 18, 37 * 6)


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (ENGINEERING.replace("90,89", "90,x"), "count_and_share_are_withheld_together"),
        (ENGINEERING.replace("Business, Administration and Law", "Alchemy"), "unknown_subject"),
        (ENGINEERING.replace("Advanced and Higher Apprenticeships", "Degrees"), "unknown_qualification"),
        (ENGINEERING.replace("90,89", "c,c"), "unknown_symbol"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (ENGINEERING, new)), SOURCE)


def test_a_count_that_is_a_share_is_quarantined(tmp_path: Path) -> None:
    copy = staged_copy(FILE, tmp_path, (ENGINEERING, ENGINEERING.replace("90,89", "89,90")))
    assert "counts_are_rounded_to_ten" in remarks_on(copy, SOURCE)


@pytest.mark.data
def test_every_cell_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    (account,) = full.accounts(SOURCE).values()
    found = (account["found"], account["observed"], account["missing"], sum(account["ignored"].values()))
    assert found == (12891 * 18, 73366, 81326, 12891 * 6)
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("record", "column", "category", "subject", "year", "value"),
    [
        (1111, "Completions 13/14 BL", "difficulty", "_T", 2014, 330),
        (1111, "Sustained Positive Destination Rate 15/16 All", "difficulty", "_T", 2016, 0.61),
        (1112, "Completions 14/15 All", "apprenticeship_3", "15", 2015, 60),
        (1112, "Completions 14/15 BL", "apprenticeship_3", "15", 2015, None),
        (1113, "Sustained Positive Destination Rate 13/14 All", "apprenticeship_3", "13", 2014, 0.77),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, record: int, column: str, category: str, subject: str, year: int, value: float | None
) -> None:
    found = figure_at(full, SOURCE, "2018", record, column)
    assert (found["provider"], found["qualification"], found["subject"]) == ("10000747", category, subject)
    assert found["period_end"] == date(year, 7, 31)
    assert found["value"] == (value if value is None else pytest.approx(value))


@pytest.mark.data
def test_learners_on_benefits_are_no_part_of_all(full: Staged) -> None:
    """The largest group on benefits has 29,130 learners more than the "All" beside it."""
    sql = (
        "select max(b.value - a.value) from figures as a join figures as b using (provider, period_end, qualification, subject) "
        "where a.indicator_id = 'obsm_completions' and b.indicator_id = 'obsm_completions_benefit_learners' "
        "and period_end = '2014-07-31'"
    )
    assert full.one(SOURCE, sql) == 29130
