"""The calendar against days that a person reads off a wall calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lmi.errors import DeclarationError
from lmi.registry import Source, load
from lmi.registry.load import _check_calendar
from lmi.releases import (
    Expectation,
    Release,
    Watch,
    announced_beyond,
    expectation,
    release_months,
    releases_between,
    watches,
)


def source(**said: Any) -> Source:
    return Source(title="t", publisher="p", department="ONS", licence="OGL-3.0", attribution="a", layouts={}, **said)


QUARTERLY = source(releases=("January", "April", "July", "October"), release_days=(10, 24))
MONTHLY = source(releases=("monthly",))


def on(day: str) -> date:
    return date.fromisoformat(day)


def test_a_rule_gives_the_days_of_its_months() -> None:
    assert release_months(QUARTERLY) == (1, 4, 7, 10)
    assert releases_between(QUARTERLY, on("2026-01-20"), on("2026-07-23")) == (
        Release(on("2026-01-10"), on("2026-01-24")),
        Release(on("2026-04-10"), on("2026-04-24")),
    )


def test_without_days_a_release_is_due_by_the_end_of_its_month_whatever_its_length() -> None:
    found = releases_between(MONTHLY, on("2028-01-31"), on("2028-04-30"))
    assert [r.by for r in found] == [on("2028-01-31"), on("2028-02-29"), on("2028-03-31"), on("2028-04-30")]
    assert [r.opens.day for r in found] == [1, 1, 1, 1]


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    short = source(releases=("February",), release_days=(28, 31))
    assert releases_between(short, on("2027-01-01"), on("2027-12-31"))[0].by == on("2027-02-28")


def test_an_announced_day_stands_for_the_rule_of_its_month_and_may_stand_alone() -> None:
    announced = QUARTERLY.model_copy(update={"release_dates": (on("2026-04-28"), on("2026-05-06"))})
    assert [r.by for r in releases_between(announced, on("2026-01-01"), on("2026-07-31"))] == [
        on("2026-01-24"), on("2026-04-28"), on("2026-05-06"), on("2026-07-24"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("held", "today", "state", "next_by", "missed"),
    [
        ("2026-01-20", "2026-03-01", "up to date", "2026-04-24", 0),
        ("2026-01-20", "2026-04-10", "expected", "2026-04-24", 0),
        ("2026-01-20", "2026-04-24", "expected", "2026-04-24", 0),
        ("2026-01-20", "2026-04-25", "due", "2026-04-24", 1),
        ("2026-01-20", "2026-05-08", "due", "2026-04-24", 1),
        ("2026-01-20", "2026-05-09", "late", "2026-04-24", 1),
        ("2026-01-20", "2026-11-23", "late", "2026-04-24", 3),
        ("2026-04-10", "2026-04-20", "up to date", "2026-07-24", 0),  # early in its window: that release is held
        ("2026-04-09", "2026-04-20", "expected", "2026-04-24", 0),  # an extract made before it is of the one before
        ("2026-05-02", "2026-05-20", "up to date", "2026-07-24", 0),  # a late publisher's release is that release
        ("2025-12-31", "2026-01-05", "up to date", "2026-01-24", 0),  # over the turn of the year
    ],
)
def test_what_the_calendar_says_of_a_quarterly_source(
    held: str, today: str, state: str, next_by: str, missed: int
) -> None:
    assert expectation(QUARTERLY, on(held), on(today), 14) == Expectation(state, on(next_by), missed)


def test_a_source_without_a_rule_is_never_late() -> None:
    irregular = source(releases=("irregular",))
    assert expectation(irregular, on("2020-01-01"), on("2026-01-01"), 14) == Expectation("no calendar")
    assert expectation(source(), on("2020-01-01"), on("2026-01-01"), 14) == Expectation("no calendar")
    listed = irregular.model_copy(update={"release_dates": (on("2026-02-03"),)})
    assert expectation(listed, on("2020-01-01"), on("2026-03-01"), 14) == Expectation("late", on("2026-02-03"), 1)
    assert expectation(listed, on("2026-02-03"), on("2026-03-01"), 14) == Expectation("no calendar")


def test_a_source_without_a_file_is_told_as_such_with_its_next_release() -> None:
    assert expectation(QUARTERLY, None, on("2026-04-25"), 14) == Expectation("nothing held", on("2026-07-24"))
    assert expectation(source(), None, on("2026-04-25"), 14) == Expectation("nothing held")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"releases": ("monthly", "May")}, "contradict"),
        ({"releases": ("May", "May")}, "contradict"),
        ({"releases": ("May",), "release_days": (20, 10)}, "backwards"),
        ({"release_days": (1, 10)}, "need months"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        _check_calendar(source(**said), "sources/x.toml")


def test_every_source_of_figures_says_when_it_is_renewed() -> None:
    without = [s.source_id for s in load().sources.values() if s.kind == "statistics" and not s.releases]
    assert without == []


def test_a_day_is_watched_once_working_days_while_a_release_may_come_and_mondays_else() -> None:
    watched = watches([QUARTERLY, source(releases=("April",), release_days=(20, 30)), source(releases=("irregular",))])
    year = [date.fromordinal(n) for n in range(on("2026-01-01").toordinal(), on("2026-12-31").toordinal() + 1)]
    looked = [day for day in year for watch in watched if watch.holds(day)]
    assert len(looked) == len(set(looked))
    # 2026: 10 April is a Friday, 1 May a Friday; 30 April closes the wider window.
    in_april = [day.day for day in looked if day.month == 4]
    assert in_april == [6, 10, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24, 27, 28, 29, 30]
    assert [day.day for day in looked if day.month == 5] == [4, 11, 18, 25]


def test_an_announced_day_on_which_nobody_would_look_is_named() -> None:
    listed = source(release_dates=(on("2026-05-05"), on("2026-05-11")))  # a Tuesday and a Monday
    assert announced_beyond([listed], watches([listed])) == (on("2026-05-05"),)
    assert watches([]) == (Watch(tuple(range(1, 13)), tuple(range(1, 32)), (0,)),)
