"""Adverts by occupation: four measures in one column, averages dated by their last month.

The small file restates figures of three occupations of the first months; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import DATA, assert_accounted, good, remarks, staged_text

SOURCE = "ons/online_job_adverts_by_soc"
TEXT = (DATA / "online_job_adverts_by_soc.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(TEXT, tmp_path_factory.mktemp("file"))


def test_each_measure_has_its_own_indicator_and_period(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, value, period_start, period_end from figures where occupation = '2134' "
        "and period_end in (date '2021-03-31', date '2021-12-31') order by 1, 3",
    )
    quarter, year = (date(2021, 1, 1), date(2021, 3, 31)), (date(2021, 1, 1), date(2021, 12, 31))
    assert [tuple(r.values()) for r in rows] == [
        ("online_job_adverts_average", 28156.3333333333, *quarter),
        ("online_job_adverts_growth", 22.91, *quarter),
        ("online_job_adverts_per_job", 83.87, *year),
        ("online_job_adverts_per_resident", 751.12, date(2020, 4, 1), date(2021, 3, 31)),
        ("online_job_adverts_per_resident", 963.23, *year),
    ]


def test_adverts_that_could_not_be_coded_are_no_total(file: Staged) -> None:
    sql = "select sum(value) from figures where indicator_id = 'online_job_adverts_average' and month(period_end) = 1"
    assert file.one(SOURCE, f"{sql} and occupation = '0000'") == 961.0
    assert file.one(SOURCE, f"{sql} and occupation <> '0000'") == file.one(SOURCE, sql) - 961.0
    assert file.ask(SOURCE, "select 1 from figures where occupation = '_T'") == []


def test_three_occupations_pass_but_for_the_others(file: Staged) -> None:
    assert "unit_groups.are_all_there" in remarks(file, SOURCE)


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("professionals,28156.3333333333", "professionals,22908", "growth.follows_from_the_averages"),
        ("Unknown,961,soc_3m_avg", "Unknown,96100,soc_3m_avg", "growth.follows_from_the_averages"),
        ("2021-02-01,2134", "2021-02-01,2133", "growth.follows_from_the_averages"),
    ],
)
def test_a_fault_stops_the_file(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    text = TEXT.replace(was, fault, 1)
    assert text != TEXT
    assert rule in remarks(staged_text(text, tmp_path), SOURCE)


def test_a_month_cut_short_stops_the_file(tmp_path: Path) -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith("2021-03-01,6135"))
    assert "months.have_the_same_occupations" in remarks(staged_text(text, tmp_path), SOURCE)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_files_are_accounted_for_and_used(real: Staged) -> None:
    occupations = 413 * (59 + 59 + 19) + 6365  # averages and growth by month, per resident and per job by quarter
    expected = {
        "2025-11~by_occupation~occupations": (occupations, occupations, 0, 0),
        "2025-11~national~national": (2 * 59 + 2 * 19, 2 * 59 + 2 * 19, 0, 0),
    }
    assert_accounted(real, SOURCE, expected)
    assert good(real, SOURCE) == {"occupation.does_not_lose_half_in_a_month"}


@pytest.mark.data
@pytest.mark.parametrize(
    ("indicator", "occupation", "end", "value"),
    [  # the record of the file in which the figure was read
        ("online_job_adverts_average", "2134", "2025-11-30", 9545),  # 3541
        ("online_job_adverts_growth", "2134", "2024-12-31", -75.98),  # 27897
        ("online_job_adverts_per_resident", "0000", "2025-09-30", 14.28),  # 56582
        ("online_job_adverts_average", "_T", "2024-12-31", 498_912),  # 49 of the national file
        ("online_job_adverts_per_resident", "_T", "2024-12-31", 20_840),  # 135, 20.84 per cent
        ("online_job_adverts_per_job", "_T", "2024-12-31", 27.57),  # 154
    ],
)
def test_a_figure_is_the_one_in_its_record(
    real: Staged, indicator: str, occupation: str, end: str, value: float
) -> None:
    sql = (
        f"select value from figures where indicator_id = '{indicator}' and occupation = '{occupation}' "
        f"and period_end = date '{end}'"
    )
    assert real.one(SOURCE, sql) == pytest.approx(value, rel=1e-12)


@pytest.mark.data
def test_occupations_add_to_the_country_but_for_the_averages_of_four_months(real: Staged) -> None:
    """The oracle is the publisher's own total in the second file, rounded there to a hundredth of a per cent."""
    sql = (
        "with sums as (select period_end, sum(value) filter (occupation <> '_T') as parts, "
        "sum(value) filter (occupation = '_T') as whole from figures where indicator_id = '{}' group by 1) "
        "select period_end from sums where abs(parts - whole) > {} order by 1"
    )
    apart = real.ask(SOURCE, sql.format("online_job_adverts_average", 0.01))
    assert [row["period_end"].month for row in apart] == [6, 7, 8, 9]
    assert {row["period_end"].year for row in apart} == {2025}
    assert real.ask(SOURCE, sql.format("online_job_adverts_per_resident", 10)) == []
    newest = "indicator_id = 'online_job_adverts_average' and period_end = date '2025-11-30' and occupation <> '_T'"
    assert real.one(SOURCE, f"select round(sum(value)) from figures where {newest}") == 654_287
