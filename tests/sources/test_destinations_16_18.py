"""Destinations after 16 to 18 study: levels add to all students, and a level without a student has no record.

The small file holds the fourteen districts' records of one year as the publisher's table of February 2023 has them.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lmi.warehouse import series_views
from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, remarks_on, staged_copy, stopped_by

SOURCE = "dfe/destinations_16_18"
FILE = DATA / "destinations_16_18.csv"
LEVEL_3 = "Level 3,Total,921,476,145,170,108,22"  # Burnley


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_students_of_burnley_by_level(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select qualification, value from figures where area_code = 'E07000117' and detail = '_T' order by qualification",
    )
    assert [(r["qualification"], r["value"]) for r in told] == [
        ("KS5-2", 342), ("KS5-3", 921), ("KS5-OTHER", 363), ("_T", 342 + 921 + 363),
    ]  # fmt: skip


def test_a_level_without_students_has_no_row_and_a_printed_zero_is_a_number(small: Staged) -> None:
    sql = "select count(*) from figures where area_code = 'E07000124' and qualification = 'KS5-2'"
    assert small.one(SOURCE, sql) == 0  # Ribble Valley
    sql = "select value from figures where area_code = 'E07000119' and qualification = '_T' and detail = 'education'"
    assert small.one(SOURCE, sql) == 0  # Fylde


def test_every_figure_is_in_exactly_one_view(small: Staged) -> None:
    indicator = small.ingest.plan.registry.indicators["leavers_16_18"]
    names = {view.name for view in series_views([indicator])}
    assert names == {f"leavers_16_18_{n}" for n in ("total", "by_outcome", "by_level", "by_level_and_outcome")}
    book = small.ingest.codebook.names("study_16_18", "level") | small.ingest.codebook.names("destination", "outcome")
    seen = small.ask(SOURCE, "select distinct unnest([qualification, detail]) as code from figures order by 1")
    assert {r["code"] for r in seen} - {"_T"} == set(book)


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (LEVEL_3.replace("476", "475"), "outcomes.add_to_the_cohort"),
        (LEVEL_3.replace("921,476", "920,475"), "levels_of_study.add_to_all_students"),
        (LEVEL_3.replace("Level 3", "Level 4"), "unknown_qualification"),
        (LEVEL_3.replace("Total", "Disadvantaged"), "no_measure"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (LEVEL_3, new)), SOURCE)


def test_levels_that_changed_places_are_told(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    changed = text.replace("Level 3", "Level X").replace("Level 2", "Level 3").replace("Level X", "Level 2")
    assert "level_3.leads_to_education_more_often" in remarks_on(staged_copy(FILE, tmp_path, (text, changed)), SOURCE)


@pytest.mark.data
def test_every_cell_of_both_editions_is_a_figure(full: Staged) -> None:
    accounts = {k: (a["found"], a["observed"], a["missing"]) for k, a in full.accounts(SOURCE).items()}
    assert accounts == {"2023-02~table_tool": (5061 * 6, 30366, 0), "2024-10~full": (7473 * 6, 44838, 0)}
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "record", "column", "area", "level", "year", "value"),
    [
        ("2023-02", 287, "education", "E07000117", "KS5-3", 2021, 476),
        ("2023-02", 557, "cohort", "E07000123", "_T", 2021, 2608),
        ("2023-02", 560, "all_notsust", "E07000123", "KS5-OTHER", 2021, 165),
        ("2024-10", 6332, "all_work", "E06000009", "KS5-2", 2023, 116),
        ("2024-10", 6334, "appren", "E06000009", "_T", 2023, 189),
        ("2024-10", 6369, "all_unknown", "E07000117", "_T", 2023, 77),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, vintage: str, record: int, column: str, area: str, level: str, year: int, value: int
) -> None:
    found = figure_at(full, SOURCE, vintage, record, column)
    assert (found["area_code"], found["qualification"], found["value"]) == (area, level, value)
    assert found["period_end"] == date(year, 7, 31)


@pytest.mark.data
def test_fourteen_districts_had_14847_students_of_whom_10909_at_level_3(full: Staged) -> None:
    sql = f"select sum(value) from figures where vintage = '2024-10' and period_end = '2023-07-31' and {in_districts()}"
    assert full.one(SOURCE, f"{sql} and detail = '_T' and qualification = '_T'") == 14847  # summed with awk
    assert full.one(SOURCE, f"{sql} and detail = '_T' and qualification = 'KS5-3'") == 10909
    assert full.one(SOURCE, f"{sql} and detail = 'education' and qualification = '_T'") == 5605 + 248 + 252
