"""Apprenticeships by home, provider, standard and learner: the same total stands in three tables, which must agree."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.conftest import Staged, in_districts

SOURCE = "dfe/apprenticeships_by_provider_lad"
pytestmark = pytest.mark.data
LATEST = "vintage = '2026-07'"


def test_starts_of_the_fourteen_districts_are_the_hand_sums_of_each_year(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select indicator_id, sum(value) as n from figures where {in_districts()} and {LATEST} group by "
        "indicator_id, period_start order by 1, 2",
    )
    made: dict[str, list[float]] = {}
    for row in rows:
        made.setdefault(row["indicator_id"], []).append(row["n"])
    assert made == {
        "apprenticeship_achievements": [4398, 5294, 5872, 6329],
        "apprenticeship_enrolments": [24952, 25054, 25612, 25686],
        "apprenticeship_starts": [10181, 10782, 10789, 11093],
    }


def test_part_of_a_year_ends_where_its_label_says_and_is_no_full_year(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE, "select distinct period_end, period_kind, maturity from figures where period_start = date '2025-08-01'"
    )
    assert rows == [{"period_end": date(2026, 4, 30), "period_kind": "academic_year_part", "maturity": "provisional"}]


def test_the_three_tables_agree_on_starts_in_england(staged: Staged) -> None:
    year = f"period_start = date '2024-08-01' and {LATEST}"
    by_standard = staged.one(
        SOURCE, f"select sum(value) from figures where indicator_id = 'apprenticeship_standard_starts' and {year}"
    )
    assert by_standard == 353503
    by_age = staged.ask(
        SOURCE,
        "select age, value from figures where indicator_id = 'apprenticeship_learner_starts' and provider = '_T' "
        "and sex = '_T' "
        f"and detail = '_T' and {year} order by age",
    )
    assert {r["age"]: r["value"] for r in by_age} == {"_T": 353500, "0-18": 74990, "19-24": 97240, "25+": 181270}


def test_homes_in_england_and_homes_elsewhere_add_to_all_starts(staged: Staged) -> None:
    year = "period_start = date '2022-08-01' and vintage = '2025-11'"
    at_home = staged.one(
        SOURCE, f"select sum(value) from figures where indicator_id = 'apprenticeship_starts' and {year}"
    )
    assert at_home == 337136 - 3901  # all starts less those whose home is outside England or not known


def test_complete_years_did_not_move_between_the_editions(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select indicator_id, period_start, count(distinct n) as totals from (select indicator_id, period_start, "
        "vintage, sum(value) as n "
        "from figures where layout = 'by_home_and_delivery' and period_kind = 'academic_year' group by all) group by "
        "1, 2",
    )
    assert len(rows) == 9 and {r["totals"] for r in rows} == {1}


def test_a_provider_that_was_renamed_keeps_its_number(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select period_start, sum(value) as starts from figures where provider = '10007141' and indicator_id = "
        "'apprenticeship_starts' "
        f"and {LATEST} group by 1 order by 1",
    )
    assert [r["starts"] for r in rows] == [664, 815, 787, 707]


def test_learners_taught_elsewhere_count_at_home_and_delivery_is_a_detail(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select count(distinct area_code) as homes, count(distinct detail) as taught, bool_or(detail = "
        "'outside_england_or_unknown') as away "
        f"from figures where layout = 'by_home_and_delivery' and {LATEST}",
    )
    assert rows == [{"homes": 296, "taught": 297, "away": True}]


def test_a_total_repeated_under_each_characteristic_stands_once(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select count(*) as n, count(distinct (indicator_id, period_start, provider, age, sex, detail)) as different "
        "from figures "
        "where layout = 'by_characteristic'",
    )
    assert (
        rows[0]["n"] == rows[0]["different"] == 5429 * 2 * 15
    )  # of 18 rows a provider and year, three are its total again


def test_a_low_count_is_missing_and_not_zero(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select distinct status from figures where value is null")
    assert rows == [{"status": "rounded_to_zero"}]
    assert (
        staged.one(
            SOURCE, f"select count(*) from figures where value = 0 and layout = 'by_home_and_delivery' and {LATEST}"
        )
        > 0
    )
