"""Employment by division and subclass; figures read off the publisher's rows by hand."""

from __future__ import annotations

import pytest

from tests.sources.conftest import Staged

SOURCE = "ons/bres_employment_by_detailed_industry"
pytestmark = pytest.mark.data
AREA = "area_code = 'UKD4'"  # the NUTS 2 area of the fourteen districts


@pytest.mark.parametrize(
    ("industry", "jobs_2015", "jobs_2021"),
    [
        ("01", 11000, 12000),
        ("30", 13000, 12000),
        ("01000", 10000, 11000),
        ("30300", 13000, 12000),
        ("24460", 1000, 800),
    ],
)
def test_jobs_by_code_are_as_printed(staged: Staged, industry: str, jobs_2015: int, jobs_2021: int) -> None:
    rows = staged.ask(
        SOURCE,
        f"select value from figures where {AREA} and industry = '{industry}' and year(period_end) in (2015, 2021) "
        "order by period_end",
    )
    assert [r["value"] for r in rows] == [jobs_2015, jobs_2021]


def test_divisions_and_subclasses_add_apart_and_not_together(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select part, sum(value) as jobs from figures where {AREA} and year(period_end) = 2021 group by 1 order by 1",
    )
    assert rows == [{"part": "divisions", "jobs": 665655.0}, {"part": "subclasses", "jobs": 667800.0}]


def test_codes_keep_their_leading_zero(staged: Staged) -> None:
    lengths = staged.ask(SOURCE, "select distinct part, length(industry) as digits from figures order by 1")
    assert lengths == [{"part": "divisions", "digits": 2}, {"part": "subclasses", "digits": 5}]


def test_farms_that_scotland_did_not_report_are_missing_and_not_zero(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select industry, status, count(*) as n from figures where value is null group by all")
    assert rows == [{"industry": "01000", "status": "not_available", "n": 15}]


def test_only_2021_was_provisional_when_the_copy_was_made(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select distinct year(period_end) as year from figures where maturity = 'provisional'")
    assert rows == [{"year": 2021}]
