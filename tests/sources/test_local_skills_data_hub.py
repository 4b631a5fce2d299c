"""DfE's data hub: one table of 25 metrics. Totals printed by DfE, or added up by hand from its rows."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.conftest import Staged, in_districts

SOURCE = "dfe/local_skills_data_hub"
pytestmark = pytest.mark.data
AREA = "area_code = 'E69000019'"
DIMENSIONS = ("industry", "occupation", "qualification", "subject", "sex", "age", "detail")
NO_BREAKDOWN = " and ".join(f"{name} = '_T'" for name in DIMENSIONS)


def test_every_row_is_a_figure_missing_with_a_reason_or_ignored_with_a_reason(staged: Staged) -> None:
    (account,) = staged.accounts(SOURCE).values()
    assert account["found"] == 489769
    assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())
    assert sum(account["ignored"].values()) == 34 + 34  # aims of no known district, and of no devolved area


def test_adverts_of_the_area_and_of_its_districts_and_of_england_are_the_published_sums(staged: Staged) -> None:
    sql = "select sum(value) from figures where indicator_id = 'online_job_adverts' and length(occupation) = {} and {}"
    assert staged.one(SOURCE, sql.format(1, AREA)) == 28585
    assert staged.one(SOURCE, sql.format(2, AREA)) == 28585
    assert staged.one(SOURCE, sql.format(1, in_districts())) == 28585
    assert staged.one(SOURCE, sql.format(1, "area_code = 'E92000001'")) == 1476911


def test_learners_who_achieved_are_as_published_for_the_area_and_its_districts(staged: Staged) -> None:
    year = f"indicator_id = 'fe_learner_achievements' and period_start = date '2023-08-01' and {NO_BREAKDOWN}"
    assert staged.one(SOURCE, f"select value from figures where {AREA} and {year}") == 43870
    assert staged.one(SOURCE, f"select sum(value) from figures where {in_districts()} and {year}") == 43890


def test_levels_overlap_so_a_full_level_is_a_part_of_its_level(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select qualification, value from figures where {AREA} and indicator_id = 'fe_learner_achievements' "
        "and period_start = date '2023-08-01' and qualification <> '_T'",
    )
    assert {r["qualification"]: r["value"] for r in rows} == {
        "FE-ESS": 7370, "FE-B2": 11530, "FE-2": 12300, "FE-2F": 1540, "FE-3": 4800, "FE-3F": 3220, "FE-4": 1780,
        "FE-NA": 17570,
    }  # fmt: skip


def test_aims_by_subject_are_as_printed(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select indicator_id, subject, value from figures where {AREA} and indicator_id like 'fe_aim%' and subject "
        "in ('_T', '4', '14', 'NA') "
        "order by 1, 2",
    )
    assert [(r["subject"], r["value"]) for r in rows] == [
        ("14", 26330), ("4", 1660), ("NA", 800), ("_T", 53870), ("14", 30410), ("4", 1980), ("NA", 1260), ("_T", 64960),
    ]  # fmt: skip


def test_enterprises_by_industry_and_by_size_are_two_breakdowns_of_one_total(staged: Staged) -> None:
    year = f"{AREA} and indicator_id = 'enterprises' and period_end = date '2024-03-31'"
    assert staged.one(SOURCE, f"select value from figures where {year} and {NO_BREAKDOWN}") == 54510
    sizes = staged.ask(SOURCE, f"select detail, value from figures where {year} and detail <> '_T'")
    assert {r["detail"]: r["value"] for r in sizes} == {"0-9": 48010, "10-49": 5320, "50-249": 975, "250+": 210}
    groups = "select count(*) as n, bool_and(industry like 'BIG-%') as coded from figures"
    assert staged.ask(SOURCE, f"{groups} where {year} and industry <> '_T'") == [{"n": 18, "coded": True}]


def test_births_and_deaths_belong_to_the_later_of_the_two_decembers(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select indicator_id, value from figures where area_code = 'E07000117' and period_start = date '2019-01-01' "
        "and period_end = date '2019-12-31' and period_kind = 'calendar_year' order by 1",
    )
    # ONS, business demography 2024 edition, tables 1.1a, 2.1a and 3.1a, births, deaths and active enterprises of 2019
    assert {r["indicator_id"]: r["value"] for r in rows} == {
        "enterprise_births": 400, "enterprise_deaths": 270, "enterprises_active": 2845,
    }  # fmt: skip


def test_each_form_of_period_becomes_its_own_kind(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select period_kind, max(period_end) as last from figures group by 1 order by 1")
    assert rows == [
        {"period_kind": "academic_year", "last": date(2024, 7, 31)},
        {"period_kind": "calendar_year", "last": date(2035, 12, 31)},
        {"period_kind": "month", "last": date(2025, 7, 31)},
        {"period_kind": "rolling_year", "last": date(2025, 3, 31)},
    ]


def test_blanks_words_and_impossible_rates_are_missing_with_their_reason(staged: Staged) -> None:
    rows = staged.ask(SOURCE, "select status, count(*) as n from figures where value is null group by 1 order by 1")
    assert {r["status"]: r["n"] for r in rows} == {
        "not_applicable": 928,
        "not_available": 68820 + 71 + 103,  # blank, Inf, NaN
        "rounded_to_zero": 1681 - 3,  # low, but for those of no known district
    }


def test_destination_rates_of_both_stages_are_shares_as_printed(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select indicator_id, value from figures where {AREA} and indicator_id like 'destination%' and {NO_BREAKDOWN} "
        "and period_start = date '2022-08-01' order by 1",
    )
    assert [round(r["value"], 6) for r in rows] == [0.785007, 0.920338]


def test_projections_are_a_twin_that_says_which_years_are_projected(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select year(period_end) as year, value, maturity from figures where {AREA} and indicator_id = "
        "'dfe_hub_projected_jobs' "
        f"and {NO_BREAKDOWN} and year(period_end) in (2020, 2035) order by 1",
    )
    assert [tuple(r.values()) for r in rows] == [(2020, 722011.0, "final"), (2035, 772749.0, "projected_by_publisher")]


def test_the_county_authority_and_the_improvement_plan_area_hold_the_same_figures(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select count(*) as both, count(*) filter (where (a.value, a.status) is distinct from (b.value, b.status)) "
        "as differing "
        "from figures as a join figures as b using (indicator_id, period_start, period_end, industry, occupation, "
        "qualification, subject, "
        "sex, age, detail) where a.area_code = 'E69000019' and b.area_code = 'E47000018'",
    )
    assert rows == [{"both": 603, "differing": 0}]


def test_no_figure_stands_twice(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select count(*) - count(distinct (indicator_id, area_code, period_start, period_end, industry, occupation, "
        "qualification, subject, "
        "sex, age, detail)) as repeated from figures",
    )
    assert rows == [{"repeated": 0}]
