"""Career pathways: six tables of one release, shares of an industry at its level, and one name that stands for two levels.

The small files hold a few records of each table, construction and IT in the North West, as the publisher's tables have them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, staged_copy, stopped_by

SOURCE = "dfe/career_pathways_leo"
PARTS = ("growth", "levels", "progressions", "qualifications", "subjects", "subsectors")
FILES = {part: DATA / f"career_pathways_leo_{part}.csv" for part in PARTS}
PROGRAMMING = "it_computer_programming_and_consultancy"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged(list(FILES.values()), tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_each_table_is_a_part_of_its_own(small: Staged) -> None:
    assert sorted(o.layout for o in small.outcomes(SOURCE)) == list(PARTS)
    assert sorted(o.part for o in small.outcomes(SOURCE)) == list(PARTS)
    assert_all_checks_pass(small, SOURCE)


def test_industry_is_one_of_the_22_and_the_year_is_a_tax_year(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select industry, qualification, value, period_start, period_end from figures where part = 'levels' and "
        "area_code = 'E12000002' and industry = 'I22-08' and indicator_id = 'leo_employees' order by value desc",
    )
    assert [(r["qualification"], r["value"]) for r in told] == [
        ("3", 4980), ("2", 4060), ("6", 1700), ("4-5", 600), ("below_2", 580), ("7+", 300),
    ]  # fmt: skip
    assert {(r["period_start"], r["period_end"]) for r in told} == {(date(2018, 4, 1), date(2019, 3, 31))}
    assert small.one(SOURCE, "select count(*) from figures where part = 'levels' and industry = 'I22-13'") == 2 * 6 * 3


def test_one_qualification_at_two_levels_is_two_figures(small: Staged) -> None:
    told = small.ask(
        SOURCE, "select detail, value from figures where indicator_id = 'leo_qualification_employees' order by 1"
    )
    assert [(r["detail"], r["value"]) for r in told] == [
        ("customer_service_apprenticeship_level_2", 70), ("customer_service_apprenticeship_level_3", 50),
    ]  # fmt: skip


def test_growth_is_a_projection_and_a_share_a_year(small: Staged) -> None:
    told = small.ask(SOURCE, "select value, maturity, period_kind from figures where part = 'growth'")
    assert told == [{"value": pytest.approx(0.001), "maturity": "projected_by_publisher", "period_kind": "span"}]


@pytest.mark.parametrize(
    ("part", "old", "new", "told"),
    [
        ("subjects", '"28200","0.273","1360"', '"28200","0.372","1360"', "subjects_of_an_industry_add_to_one"),
        ("levels", '"0.408","4980"', '"0.048","4980"', "levels_add_to_one"),
        ("levels", '"0.408","4980"', '"0.408","499800"', "north_west_is_within_england"),
        ("subsectors", '"0.299","3660"', '"0.399","3660"', "parts_add_to_one"),
        ("subsectors", '"26500"', '"n"', "unknown_symbol"),
        ("levels", '"Level 7+"', '"Level 8"', "unknown_qualification"),
        ("growth", ",0.1", ",10", "growth_is_a_rate_a_year"),
    ],
)
def test_a_broken_copy_is_stopped(part: str, old: str, new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILES[part], tmp_path, (old, new)), SOURCE)


@pytest.mark.data
def test_every_cell_of_six_tables_is_a_figure_or_a_mark(full: Staged) -> None:
    accounts = {
        o.part: (o.account["found"], o.account["observed"], o.account["missing"]) for o in full.outcomes(SOURCE)
    }
    assert accounts == {
        "subjects": (19388 * 3, 46560, 2460 + 3678 + 5466),
        "levels": (264 * 3, 791, 1),
        "subsectors": (168 * 3, 499, 1 + 2 + 2),
        "qualifications": (24083 * 3, 54909, 3466 + 5378 + 8496),
        "progressions": (3214, 2973, 241),
        "growth": (44, 44, 0),
    }
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("part", "record", "column", "indicator", "industry", "level", "subject", "value"),
    [
        ("subjects", 2241, "number_students_sub", "leo_employees", "I22-08", "3", "5", 1360),
        ("subjects", 19089, "perc", "leo_subject_share", "I22-08", "_T", "5", 0.312),
        ("subjects", 2211, "median_income", "leo_pay", "I22-08", "below_2", "5", None),
        ("subjects", 11422, "median_income", "leo_subsector_pay", "construction_construction_of_buildings", "3", "5", 27700),
        ("levels", 154, "perc_hq", "leo_level_share", "I22-08", "3", "_T", 0.408),
        ("subsectors", 122, "number_students_subs", "leo_subsector_employees", PROGRAMMING, "_T", "_T", 4880),
        ("progressions", 2331, "Links", "leo_progression", "I22-04", "2", "_T", 80),
    ],
)  # fmt: skip
def test_figures_are_those_printed_at_their_record(
    full: Staged,
    part: str,
    record: int,
    column: str,
    indicator: str,
    industry: str,
    level: str,
    subject: str,
    value: float | None,
) -> None:
    found = figure_at(full, SOURCE, "2023-02", record, column, part)
    assert (found["indicator_id"], found["industry"], found["qualification"], found["subject"]) == (
        indicator,
        industry,
        level,
        subject,
    )
    assert (found["area_code"], found["value"]) == ("E12000002", value)


@pytest.mark.data
def test_subjects_and_levels_of_an_industry_hold_the_same_people(full: Staged) -> None:
    """Two tables, each rounded to 10: sums over sixteen subjects miss the level's own figure by 30 at most."""
    sql = (
        "select max(abs(s.people - l.value)) from (select area_code, industry, qualification, sum(value) as people from figures "
        "where part = 'subjects' and indicator_id = 'leo_employees' group by all) as s join figures as l "
        "using (area_code, industry, qualification) where l.part = 'levels' and l.indicator_id = 'leo_employees'"
    )
    assert full.one(SOURCE, sql) == 30
