"""Enterprises by industry and size: the industry is in a block's keys, and eighteen groups are all enterprises.

The small file holds lines of the publisher's workbook of April 2023, March 2022; sums are by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import (
    ENGLAND,
    LEP,
    LSIP,
    assert_accounted,
    good,
    remarks,
    rows_of,
    staged_book,
)

SOURCE = "ons/ubc_enterprises_by_industry_size"
FILE = "ubc_enterprises_by_industry_size.csv"
ALL_INDUSTRIES = 55_160  # Lancashire in March 2022, as the workbook of all industries prints it


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_book(rows_of(FILE), tmp_path_factory.mktemp("file"))


def test_eighteen_groups_add_to_all_enterprises_within_rounding(file: Staged) -> None:
    goods = 3005 + 285 + 3735 + 7370
    trade = 2225 + 2885 + 5300 + 2860 + 4215
    services = 2215 + 1100 + 2115 + 6555 + 4470 + 160 + 840 + 2380 + 3455
    sql = f"select sum(value) from figures where area_code = '{LEP}' and detail = '_T'"
    assert file.one(SOURCE, sql) == goods + trade + services
    assert abs(goods + trade + services - ALL_INDUSTRIES) <= 2.5 * 19


def test_an_industry_is_that_of_its_block(file: Staged) -> None:
    sql = f"select detail, value from figures where area_code = '{LSIP}' and industry = 'BIG-03'"
    held = {row["detail"]: row["value"] for row in file.ask(SOURCE, sql)}
    assert held == {"_T": 3735, "0-9": 2855, "10-49": 645, "50-249": 195, "250+": 45}


def test_the_small_file_passes(file: Staged) -> None:
    assert remarks(file, SOURCE).strip() == ""


def test_an_industry_that_lost_its_block_stops_the_file(tmp_path: Path) -> None:
    rows = rows_of(FILE)
    starts = [n - 1 for n, row in enumerate(rows) if row and str(row[0]).startswith("ONS Crown")]
    at = next(n for n in starts if rows[n + 4][1].startswith("3 : Manufacturing"))
    rows = rows[:at] + rows[starts[starts.index(at) + 1] :]
    assert "industries.are_all_there" in remarks(staged_book(rows, tmp_path), SOURCE)


def test_a_block_under_another_industry_s_name_stops_the_file(tmp_path: Path) -> None:
    rows = rows_of(FILE)
    next(row for row in rows if row[:1] == ["industry"] and row[1].startswith("3 :"))[1] = "4 : Construction (F)"
    assert "industries.are_all_there" in remarks(staged_book(rows, tmp_path), SOURCE)


def test_a_total_under_the_name_of_a_group_is_told(tmp_path: Path) -> None:
    rows = rows_of(FILE)
    england = next(row for row in rows if row[:1] == ["country:England"])
    england[1:] = [2_408_040, 2_157_245, 204_960, 36_495, 9_345]
    assert "no_industry.is_a_total" in remarks(staged_book(rows, tmp_path), SOURCE)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_workbooks_are_accounted_for_and_pass(real: Staged) -> None:
    found = {"2022-11-08~industries": 396 * 5 * 18 * 5, "2023-04-24~industries": 461 * 5 * 18 * 5}
    assert_accounted(real, SOURCE, {name: (n, n, 0, 0) for name, n in found.items()})
    assert good(real, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(
    ("area", "industry", "detail", "value"),
    [  # the cell of the workbook of April 2023 in which the figure was read, March 2022
        (LEP, "BIG-01", "_T", 3005),  # B34570
        (LEP, "BIG-10", "10-49", 135),  # D38836
        (LEP, "BIG-15", "10-49", 0),  # D41206
        (LEP, "BIG-17", "50-249", 155),  # E42154
        (LEP, "BIG-18", "250+", 10),  # F42628
    ],
)
def test_a_figure_is_the_one_in_its_cell(real: Staged, area: str, industry: str, detail: str, value: int) -> None:
    rows = real.ask(
        SOURCE,
        f"select value, status from figures where vintage = '2023-04-24' and area_code = '{area}' "
        f"and year(period_end) = 2022 and industry = '{industry}' and detail = '{detail}'",
    )
    assert [tuple(r.values()) for r in rows] == [(value, "ok")]


@pytest.mark.data
def test_groups_of_england_add_to_all_its_enterprises(real: Staged) -> None:
    """The oracle is the workbook of all industries, cell B1905: 2,408,040 in March 2022."""
    sql = (
        f"select sum(value) from figures where vintage = '2023-04-24' and area_code = '{ENGLAND}' "
        "and year(period_end) = 2022 and detail = '_T'"
    )
    assert abs(real.one(SOURCE, sql) - 2_408_040) <= 2.5 * 19
