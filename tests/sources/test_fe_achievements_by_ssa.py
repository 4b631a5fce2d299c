"""Aims by subject: one running year, printed twice; totals from the publisher's England and district rows."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.conftest import Staged, in_districts

SOURCE = "dfe/fe_achievements_by_ssa"
pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("vintage", "england", "north_west", "preston", "fourteen"),
    [("2022-06", 220750, 34210, 860, 5830), ("2022-10", 496370, 74850, 2140, 12770)],
)
def test_totals_are_those_printed_in_each_snapshot(
    staged: Staged, vintage: str, england: int, north_west: int, preston: int, fourteen: int
) -> None:
    sql = "select sum(value) from figures where subject = '_T' and vintage = '{}' and {}"
    areas = ("area_code = 'E92000001'", "area_code = 'E12000002'", "area_code = 'E07000123'", in_districts())
    assert [staged.one(SOURCE, sql.format(vintage, area)) for area in areas] == [england, north_west, preston, fourteen]


def test_both_words_for_a_small_number_are_missing_values_and_not_zeros(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select vintage, count(*) as n, count(value) as held from figures where status = 'rounded_to_zero' group by "
        "all order by 1",
    )
    assert [(r["vintage"], r["held"]) for r in rows] == [("2022-06", 0), ("2022-10", 0)]
    assert rows[0]["n"] + rows[1]["n"] == 2203 + 1490 - 16  # as printed, less those of the learners of no known home


def test_the_two_snapshots_hold_the_same_figures_so_that_the_later_revises_the_earlier(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select count(*) as n, count(distinct vintage) as vintages from figures "
        "group by area_code, subject, period_start, period_end, period_kind having count(*) <> 2",
    )
    assert rows == []


def test_a_running_year_is_not_taken_for_a_full_one(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select distinct period_start, period_kind, maturity from figures")
    assert rows == [{"period_start": date(2021, 8, 1), "period_kind": "academic_year_part", "maturity": "provisional"}]


def test_sixteen_subjects_and_their_total_stand_for_every_area(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select distinct count(distinct subject) as n, bool_or(subject = 'NA') as na from figures group by "
        "area_code, vintage",
    )
    assert rows == [{"n": 17, "na": True}]


def test_learners_of_no_known_home_are_ignored_and_not_counted_twice(staged: Staged) -> None:
    assert [sum(a["ignored"].values()) for a in staged.accounts(SOURCE).values()] == [34, 34]
