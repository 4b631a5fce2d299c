"""The marts of the committed baseline, held to figures that the publishers print; nothing else is needed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lmi.registry import load
from lmi.warehouse import series_views
from tests.marts.test_mart_rows import SCHEMAS
from tests.pipeline.builds import AREA, Built

#: Printed in Skills Imperative 2035, Lancashire LSIP tables of August 2024: figure, period, value and sheet. Read from
#: the workbook by hand and kept beside the method's documents (external_checks.csv, source SI2035:LA_LSIP).
PRINTED = (
    ("Total employment (jobs, incl. self-employed, workplace)", "2010", 696_217, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2015", 707_007, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2019", 738_299, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2020", 722_011, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2023", 732_203, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2025", 741_007, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2030", 756_466, "Ind F2"),
    ("Total employment (jobs, incl. self-employed, workplace)", "2035", 772_749, "Ind F2"),
    ("Net change 2020-35", "2020-2035", 50_738, "RD T1"),
    ("Replacement demand 2020-35", "2020-2035", 358_348, "RD T1"),
    ("Total requirement 2020-35", "2020-2035", 409_086, "RD T1"),
    ("Net change 2020-35: Manufacturing", "2020-2035", -11_394, "Ind T1"),
    ("Net change 2020-35: Construction", "2020-2035", 2_078, "Ind T1"),
    ("Net change 2020-35: Trade, accomod. and transport", "2020-2035", 14_983, "Ind T1"),
    ("Net change 2020-35: Business and other services", "2020-2035", 13_145, "Ind T1"),
    ("Net change 2020-35: Non-marketed services", "2020-2035", 31_645, "Ind T1"),
    ("Net change 2020-35: Primary sector and utilities", "2020-2035", 281, "Ind T1"),
    ("Replacement demand 2020-35: Manufacturing", "2020-2035", 33_628, "Ind T1"),
    ("Replacement demand 2020-35: Construction", "2020-2035", 22_195, "Ind T1"),
    ("Replacement demand 2020-35: Non-marketed services", "2020-2035", 118_215, "Ind T1"),
    ("Total requirement 2020-35: Professional occupations", "2020-2035", 114_353, "Occ T1"),
    ("Total requirement 2020-35: Caring, leisure and other service occupations", "2020-2035", 61_340, "Occ T1"),
    ("Total requirement 2020-35: Managers, directors and senior officials", "2020-2035", 47_599, "Occ T1"),
    ("Total requirement 2020-35: Skilled trades occupations", "2020-2035", 24_109, "Occ T1"),
    ("Total requirement 2020-35: Administrative and secretarial occupations", "2020-2035", 28_481, "Occ T1"),
)
SHARES = (
    ("Share of employment held by people qualified at level 4+", "2020", 41.3, "Qual F1"),
    ("Share of employment held by people qualified at level 4+", "2035", 53.8, "Qual F1"),
)
LEVEL_4_UP = ("RQF4", "RQF5", "RQF6", "RQF7", "RQF8")
#: Where a build holds what the words name.
MEASURES = {
    "Total employment (jobs, incl. self-employed, workplace)": "jobs",
    "Net change 2020-35": "net_change",
    "Replacement demand 2020-35": "replacement",
    "Total requirement 2020-35": "total_requirement",
}
GROUPS = {
    "": ("total", "_T"),
    "Primary sector and utilities": ("sector6", "S6-1"),
    "Manufacturing": ("sector6", "S6-2"),
    "Construction": ("sector6", "S6-3"),
    "Trade, accomod. and transport": ("sector6", "S6-4"),
    "Business and other services": ("sector6", "S6-5"),
    "Non-marketed services": ("sector6", "S6-6"),
    "Managers, directors and senior officials": ("occupation_major", "1"),
    "Professional occupations": ("occupation_major", "2"),
    "Administrative and secretarial occupations": ("occupation_major", "4"),
    "Skilled trades occupations": ("occupation_major", "5"),
    "Caring, leisure and other service occupations": ("occupation_major", "6"),
}
#: The marts that say the publisher's own figures once more, year by year.
DEMAND = {
    "total": ("demand_by_industry", "industry"),
    "sector6": ("demand_by_industry", "industry"),
    "occupation_major": ("demand_by_occupation", "occupation"),
}


def place_of(words: str) -> tuple[str, str, str]:
    """Return the measure, breakdown and code that the words of a printed figure mean."""
    measure, _, group = words.partition(": ")
    return MEASURES[measure], *GROUPS[group]


@pytest.mark.parametrize(("words", "period", "value", "sheet"), PRINTED)
def test_the_publisher_s_figure_stands_to_the_printed_digit(
    baseline_build: Built, words: str, period: str, value: int, sheet: str
) -> None:
    found = baseline_build.one(
        """select jobs from official_projection where area_code = ? and measure = ? and breakdown = ? and code = ?
           and year(period_start) = ? and year(period_end) = ?""",
        [AREA, *place_of(words), int(period[:4]), int(period[-4:])],
    )
    assert round(found) == value, sheet


@pytest.mark.parametrize(("words", "value"), [(p[0], p[2]) for p in PRINTED if place_of(p[0])[0] != "jobs"])
@pytest.mark.parametrize("scenario", ["official", "rebased"])
def test_the_years_of_the_official_path_add_up_to_the_printed_span(
    baseline_build: Built, scenario: str, words: str, value: int
) -> None:
    measure, breakdown, code = place_of(words)
    mart, column = DEMAND[breakdown]
    years, found = baseline_build.ask(
        f"""select count(*), sum(official_{measure}) from {mart} where area_code = ? and scenario = ?
            and code_level = ? and {column} = ? and year between 2021 and 2035""",
        [AREA, scenario, breakdown, code],
    )[0]
    assert (years, round(found)) == (15, value)


@pytest.mark.parametrize("share", SHARES, ids=lambda s: s[1])
def test_the_share_of_jobs_held_by_graduates_and_their_like_is_the_publisher_s(
    baseline_build: Built, share: tuple[str, str, float, str]
) -> None:
    words, year, value, _ = share
    jobs = dict(
        baseline_build.ask(
            """select code, jobs from official_projection where area_code = ? and breakdown = 'qualification'
               and measure = 'jobs' and year(period_start) = ?""",
            [AREA, int(year)],
        )
    )
    assert len(jobs) == 9
    assert round(100 * sum(jobs[c] for c in LEVEL_4_UP) / sum(jobs.values()), 1) == value, words


def test_the_corrected_edition_serves_and_the_misprint_does_not(baseline_build: Built) -> None:
    # March 2023 printed 184,510 professionals in 2035; August 2024 corrected them to 187,510.
    found = baseline_build.ask(
        """select edition, jobs from official_projection where area_code = ? and breakdown = 'occupation_major'
           and code = '2' and measure = 'jobs' and year(period_start) = 2035""",
        [AREA],
    )
    assert [(edition, round(jobs, -1)) for edition, jobs in found] == [("2024-08", 187_510)]


def test_the_table_of_printed_figures_is_the_whole_of_the_method_s(shared_method: Path) -> None:
    with (shared_method / "external_checks.csv").open(newline="", encoding="utf-8") as file:
        theirs = [r for r in csv.DictReader(file) if r["source"].startswith("SI2035:")]
    printed = [(r["measure"], r["period"], float(r["value"]), r["source"].split(":")[2]) for r in theirs]
    assert sorted(printed) == sorted([*PRINTED, *SHARES])


@pytest.mark.parametrize(("month", "people"), [(7, 37_655), (8, 37_145), (9, 36_395), (10, 36_420)])
def test_each_district_s_claimants_are_counted_once(baseline_build: Built, month: int, people: int) -> None:
    # Nomis, claimant count. July 2023 lists each unitary twice: added up as printed, it came to 48,375.
    sql = """select sum(claimants), count(*) from labour_slack
             where {} and year(period_start) = 2023 and month(period_start) = ?"""
    assert baseline_build.ask(sql.format(f"area_code = '{AREA}'"), [month]) == [(people, 1)]
    assert baseline_build.ask(sql.format("area_code similar to 'E0[67].*'"), [month]) == [(people, 14)]


def test_households_on_universal_credit_are_those_of_the_fourteen_districts(baseline_build: Built) -> None:
    sql = "select uc_households from labour_slack where area_code = ? and period_start = date '2025-05-01'"
    assert baseline_build.one(sql, [AREA]) == 172_228


@pytest.mark.parametrize(
    ("ending", "starts", "part"),
    [(2023, 10_782, False), (2024, 10_789, False), (2025, 11_093, False), (2026, 10_181, True)],
)
def test_apprenticeships_started_are_told_by_home_and_part_years_are_marked(
    baseline_build: Built, ending: int, starts: int, part: bool
) -> None:
    sql = """select value, is_part_year, basis from provision where area_code = ? and breakdown = 'total'
             and measure = 'apprenticeships_started' and academic_year_ending = ?"""
    assert baseline_build.ask(sql, [AREA, ending]) == [(starts, part, "sum of districts")]


def test_adult_learners_who_achieved_are_those_that_the_publisher_counts_for_the_area(baseline_build: Built) -> None:
    sql = """select value, is_part_year, basis from provision where area_code = ? and measure = 'learners_achieved'
             and breakdown = 'total' and academic_year_ending = 2024"""
    assert baseline_build.ask(sql, [AREA]) == [(43_870, False, "published")]


def test_online_adverts_with_and_without_an_occupation_add_up_to_the_publisher_s_total(baseline_build: Built) -> None:
    # DfE, local skills data hub of September 2025: 28,585 adverts, of which 19 are coded to no occupation.
    sql = """select sum(value), sum(value) filter (where occupation = '0') from known where area_code = ?
             and indicator_id = 'online_job_adverts' and length(occupation) = 1 and year(period_end) = 2025"""
    assert baseline_build.ask(sql, [AREA]) == [(28_585, 19)]


def test_a_gap_that_may_not_be_published_has_no_verdict(baseline_build: Built) -> None:
    rows = baseline_build.ask("select distinct verdict from skills_gap where quality_class = 'C'")
    assert rows == [("not assessed",)]


def test_series_views_have_the_columns_that_the_cases_of_marts_give_them_in_that_order(baseline_build: Built) -> None:
    """Marts that put views one under another name their columns by place."""
    sql = "select table_name, list(column_name order by column_index) from duckdb_columns() group by table_name"
    made = dict(baseline_build.ask(sql))
    views = {view.name for view in series_views(load().indicators.values())} & set(made)
    assert len(views) > 100
    assert {name: made[name] for name in views} == {name: SCHEMAS[name].names for name in views}
