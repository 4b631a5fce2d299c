"""Employment by section and by broad group: two groupings of the same jobs, never added."""

from __future__ import annotations

import pytest

from tests.sources.conftest import Staged

SOURCE = "ons/bres_employment_by_industry"
pytestmark = pytest.mark.data


def test_the_twenty_one_sections_of_2020_add_to_the_hand_sum(staged: Staged) -> None:
    sql = "select sum(value) from figures where area_code = '{}' and year(period_end) = 2020 and length(industry) = 1"
    assert staged.one(SOURCE, sql.format("E37000019")) == 653300.0  # row 1124, columns B to AP, every other one
    assert staged.one(SOURCE, sql.format("E92000001")) == 26673000.0


def test_broad_groups_are_codes_of_another_scheme_than_sections(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select count(distinct industry) as n, sum(value) as jobs from figures where area_code = 'E37000019' "
        "and year(period_end) = 2020 group by length(industry) = 1 order by n",
    )
    assert rows == [{"n": 18, "jobs": 654000.0}, {"n": 21, "jobs": 653300.0}]


def test_manufacturing_of_the_six_nuts3_areas_adds_to_the_partnership(staged: Staged) -> None:
    sql = "select sum(value) from figures where industry = 'C' and year(period_end) = 2020 and {}"
    assert staged.one(SOURCE, sql.format("area_code = 'E37000019'")) == 89000.0
    assert staged.one(SOURCE, sql.format("area_code like 'UKD4_'")) == 11000 + 4000 + 7000 + 29000 + 27000 + 11000


def test_agriculture_without_farms_is_marked_and_kept(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select left(area_code, 3) as country, count(*) as n, count(value) as held from figures where status = "
        "'unreliable' group by 1",
    )
    assert rows == [{"country": "UKM", "n": 23 * 2 * 3, "held": 23 * 2 * 3}]


def test_the_latest_year_was_provisional_when_it_was_extracted(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select distinct year(period_end) as year from figures where maturity = 'provisional'")
    assert rows == [{"year": 2020}]


def test_every_cell_is_accounted_for(staged: Staged) -> None:
    (account,) = staged.accounts(SOURCE).values()
    assert account["found"] == 6 * 206 * 39 + 6 * 39 * 1
    assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())
