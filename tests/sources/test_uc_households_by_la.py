"""Universal Credit households: names without codes, and a national table of two fields."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.conftest import Staged, in_districts

SOURCE = "dwp/uc_households_by_la"
pytestmark = pytest.mark.data


def test_the_fourteen_districts_add_to_the_published_total(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select sum(value) as households, count(*) as n from figures where indicator_id = 'uc_households' and "
        f"{in_districts()}",
    )
    assert rows == [{"households": 172228.0, "n": 14}]


def test_a_district_is_not_taken_for_another_whose_name_begins_alike(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE, "select area_code, value from figures where area_code in ('E07000128', 'E07000239') order by area_code"
    )
    assert rows == [{"area_code": "E07000128", "value": 9701.0}, {"area_code": "E07000239", "value": 9286.0}]


def test_a_welsh_district_is_found_by_the_english_half_of_its_name(staged: Staged) -> None:
    assert staged.one(SOURCE, "select count(*) from figures where area_code like 'W06%'") == 22


def test_great_britain_and_the_households_of_no_known_district_are_not_districts(staged: Staged) -> None:
    total = "select value from figures where indicator_id = 'uc_households' and area_code = 'K03000001'"
    assert staged.one(SOURCE, total) == 6575050.0
    ignored = [
        account["ignored"] for name, account in staged.accounts(SOURCE).items() if name.endswith("by_local_authority")
    ]
    assert [sum(reasons.values()) for reasons in ignored] == [1]


def test_the_month_is_provisional_and_its_mark_spoils_no_figure(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select distinct period_start, period_end, maturity, status from figures where indicator_id = 'uc_households'",
    )
    assert rows == [
        {"period_start": date(2025, 5, 1), "period_end": date(2025, 5, 31), "maturity": "provisional", "status": "ok"}
    ]


def test_two_fields_become_one_code_each_and_a_nil_is_no_zero(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select detail, value, status from figures where detail in ('_T', 'no_payment_single_no_children', "
        "'1500_01_or_over_total') "
        "and indicator_id = 'uc_households_by_award' order by detail",
    )
    assert [(r["detail"], r["value"], r["status"]) for r in rows] == [
        ("1500_01_or_over_total", None, "rounded_to_zero"),
        ("_T", 6573051.0, "ok"),
        ("no_payment_single_no_children", 309971.0, "ok"),
    ]
