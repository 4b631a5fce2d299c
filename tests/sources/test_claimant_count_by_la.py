"""Claimants: each area once, whatever the month's file repeats. Totals are Nomis's, added up by hand."""

from __future__ import annotations

import pytest

from tests.sources.conftest import Staged, in_districts

SOURCE = "dwp/claimant_count_by_la"
pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("month", "claimants"), [("2023-07", 37655), ("2023-08", 37145), ("2023-09", 36395), ("2023-10", 36420)]
)
def test_the_fourteen_districts_add_to_the_published_total_of_the_month(
    staged: Staged, month: str, claimants: int
) -> None:
    total = staged.ask(
        SOURCE,
        "select sum(value) as claimants, count(*) as districts from figures where indicator_id = 'claimants' and "
        f"{in_districts()} "
        f"and vintage = '{month}'",
    )
    assert total == [{"claimants": claimants, "districts": 14}]


def test_a_unitary_that_july_lists_twice_counts_once(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select indicator_id, value from figures where area_code = 'E06000008' and vintage = '2023-07' order by 1",
    )
    assert rows == [{"indicator_id": "claimant_rate", "value": 5.3}, {"indicator_id": "claimants", "value": 5140.0}]


def test_the_county_of_twelve_districts_is_kept_apart_from_the_fourteen(staged: Staged) -> None:
    county = staged.one(
        SOURCE,
        "select value from figures where area_code = 'E10000017' and vintage = '2023-07' and indicator_id = "
        "'claimants'",
    )
    assert county == 26930.0  # 37,655 less Blackburn with Darwen 5,140 and Blackpool 5,585


def test_wards_the_repeated_rows_and_the_made_up_north_are_ignored_with_a_reason(staged: Staged) -> None:
    accounts = staged.accounts(SOURCE)
    assert {name: sum(account["ignored"].values()) for name, account in accounts.items()} == {
        "2023-07~with_geography_type": 1654 * 2 + 47 * 2,
        "2023-08~without_geography_type": 1654 * 2,
        "2023-09~without_geography_type": 1654 * 2 + 2,
        "2023-10~without_geography_type": 1654 * 2 + 2,
    }
    assert staged.ask(SOURCE, "select * from figures where area_code = 'E12999901'") == []


def test_every_month_is_provisional_and_one_calendar_month_long(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select distinct maturity, period_kind, date_diff('day', period_start, period_end) + 1 as days, vintage "
        "from figures order by vintage",
    )
    assert [(r["maturity"], r["period_kind"], r["days"]) for r in rows] == [
        ("provisional", "month", d) for d in (31, 31, 30, 31)
    ]
