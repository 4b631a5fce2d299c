"""Industry by occupation: an interval in a record of its own, a total of the services beside its parts.

The small file holds the publisher's records of one area, the year to June 2023; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import DATA, assert_accounted, good, remarks, staged_text

SOURCE = "ons/aps_industry_by_occupation"
TEXT = (DATA / "aps_industry_by_occupation.csv").read_text(encoding="utf-8")
LANCASHIRE = "UKD4"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(TEXT, tmp_path_factory.mktemp("file"))


def test_the_total_of_the_services_is_no_tenth_group(file: Staged) -> None:
    sql = "select sum(value) from figures where occupation = '5' and industry {}"
    assert file.one(SOURCE, sql.format("= 'APS-GQ'")) == 13800 + 3300 + 4900 + 4800 + 2600
    assert file.one(SOURCE, sql.format("<> 'APS-GQ'")) == 13800 + 18200 + 29400


def test_an_interval_that_is_withheld_makes_its_figure_unreliable(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select industry, value, ci_half_width, status, period_end from figures where occupation = '5' order by 1",
    )
    told = {row["industry"]: tuple(row.values())[1:4] for row in rows}
    assert told["APS-C"] == (13800, 4800, "ok")
    assert told["APS-HJ"] == (3300, None, "unreliable")
    assert told["APS-A"] == (None, None, "suppressed")
    assert {row["period_end"] for row in rows} == {date(2023, 6, 30)}


def test_a_pair_of_records_is_one_cell(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == 9 * 10 == account["observed"] + account["missing"]


def test_the_records_of_one_area_pass(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("G-Q Total Services,Value,29400", "G-Q Total Services,Value,61400", "services.add_to_their_total"),
        ("C Manufacturing,Value,13800", "C Manufacturing,Value,13.8", "people.are_published_from_500_in_hundreds"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    assert TEXT.count(was) == 1
    assert rule in remarks(staged_text(TEXT.replace(was, fault), tmp_path), SOURCE)


def test_an_occupation_that_lost_its_records_stops_the_file(tmp_path: Path) -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if "9 Elementary" not in line)
    assert "occupations.are_all_there" in remarks(staged_text(text, tmp_path), SOURCE)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_files_are_accounted_for_and_pass(real: Staged) -> None:
    expected = {
        "2023-03~records_with_shares": (40 * 9 * 10, 2797, 795 + 8, 0),  # F and H counted in the file
        "2023-06~records": (40 * 9 * 10, 2756, 836 + 8, 0),
    }
    assert_accounted(real, SOURCE, expected)
    assert good(real, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "area", "occupation", "industry", "value", "half_width", "status"),
    [  # the record of the file in which the figure was read
        ("2023-06", LANCASHIRE, "5", "APS-C", 13800, 4800, "ok"),  # 806
        ("2023-06", LANCASHIRE, "2", "APS-OQ", 90300, 12300, "ok"),  # 756
        ("2023-06", "UKC1", "2", "APS-OQ", 56900, 6800, "ok"),  # 36
        ("2023-06", "UKM6", "1", "APS-A", None, None, "rounded_to_zero"),  # 6482
        ("2023-03", LANCASHIRE, "5", "APS-C", 18800, 5400, "ok"),  # 806
        ("2023-03", LANCASHIRE, "2", "APS-C", 17200, 5200, "ok"),  # 746
    ],
)
def test_a_figure_is_the_one_in_its_record(
    real: Staged,
    vintage: str,
    area: str,
    occupation: str,
    industry: str,
    value: int | None,
    half_width: int | None,
    status: str,
) -> None:
    rows = real.ask(
        SOURCE,
        f"select value, ci_half_width, status from figures where vintage = '{vintage}' and area_code = '{area}' "
        f"and occupation = '{occupation}' and industry = '{industry}'",
    )
    assert [tuple(r.values()) for r in rows] == [(value, half_width, status)]


@pytest.mark.data
def test_nine_by_nine_fall_short_of_employment_by_what_is_withheld(real: Staged) -> None:
    """The oracle stands in the file's own column: 676,600 in employment aged 16 and over in Lancashire."""
    sql = "select {} from figures where vintage = '2023-03' and area_code = 'UKD4' and industry <> 'APS-GQ'"
    assert real.one(SOURCE, sql.format("sum(value)")) == 668_100
    withheld = real.one(SOURCE, sql.format("count(*) - count(value)"))
    assert 0 < 676_600 - 668_100 < withheld * 1000
