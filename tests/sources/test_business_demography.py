"""Business demography: sheets whose years move on, counts that are printed twice, and figures in the wrong row.

The small file restates sheets of the release of November 2025 for Lancashire; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.parsers.workbooks import Sheets, changed, write_workbook
from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.ons_kit import assert_accounted, remarks, rows_of

SOURCE = "ons/business_demography"
SHIFTED = "groups.add_to_their_division"
WRONG_RATE = "survival_rate.follows_from_counts"


def sheets() -> Sheets:
    """Return the small workbook: each line of the file names its sheet, then holds the cells of a row."""
    made: Sheets = {}
    for name, *cells in rows_of("business_demography.csv"):
        made.setdefault(name, []).append(cells)
    return made


def staged(book: Sheets, folder: Path) -> Staged:
    return Staged([write_workbook(folder / "tables.xlsx", book)], folder / "data")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged(sheets(), tmp_path_factory.mktemp("file"))


def test_twelve_districts_bear_the_county_s_enterprises_and_fourteen_the_area_s(file: Staged) -> None:
    county = 400 + 525 + 370 + 300 + 485 + 325 + 725 + 300 + 300 + 475 + 485 + 465
    sql = "select sum(value) from figures where indicator_id = 'enterprise_births' and industry = '_T' and {}"
    assert file.one(SOURCE, sql.format("area_code like 'E07%'")) == county == 5155
    assert file.one(SOURCE, sql.format("area_code = 'E10000017'")) == 5155
    assert file.one(SOURCE, sql.format(in_districts())) == 5155 + 705 + 575


def test_survival_is_of_the_year_of_birth_and_the_rate_follows_from_the_counts(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select indicator_id, detail, value, period_start from figures where area_code = 'E07000117' "
        "and contains(indicator_id, 'surviv') and detail in ('_T', 'years_3') order by 1",
    )
    born = date(2019, 1, 1)
    assert [tuple(r.values()) for r in rows] == [
        ("enterprise_survival_births", "_T", 400, born),
        ("enterprise_survival_rate", "years_3", 50, born),
        ("enterprise_survivors", "years_3", 200, born),
    ]


def test_a_figure_of_no_area_and_the_country_below_its_industries_are_ignored(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert sorted(account["ignored"].values()) == [1, 5 * 6]


def test_figures_that_stand_a_row_too_low_are_refused_and_no_others(file: Staged) -> None:
    file.outcomes(SOURCE)
    (outcome,) = file.ingest.validate_source(SOURCE)
    assert [told.partition(":")[0] for told in outcome.checks["failures"]] == [SHIFTED]
    assert outcome.quarantined == {SHIFTED: 8}  # divisions 64 and 65 of 2023 with their six groups


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "rule"),
    [
        ("Table 1.1a", "C5", 1705, "births.are_the_same_in_both_tables"),
        ("Table 1.1a", "C8", 1400, "births.are_the_same_in_both_tables"),
        ("Table 3.1a", "C10", 99005, "twelve_districts.add_to_the_county"),
        ("Table 5.1a", "J8", 455, "survivors.become_fewer"),
        ("Table 5.1a", "E8", 59, WRONG_RATE),
        ("Table 2.1a", "C6", 333, "enterprises.are_rounded_to_five"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, sheet: str, cell: str, value: float, rule: str) -> None:
    (outcome,) = (made := staged(changed(sheets(), sheet, {cell: value}), tmp_path)).outcomes(SOURCE)
    assert outcome.state == "ok", outcome.error
    assert rule in remarks(made, SOURCE)


def test_a_sheet_of_another_year_is_read_by_its_own_header(tmp_path: Path) -> None:
    book = changed(sheets(), "Table 1.1a", {"C4": "2020"})
    made = staged(book, tmp_path)
    years = made.ask(SOURCE, "select distinct year(period_end) as y from figures where area_code = 'E07000117' "
                     "and indicator_id = 'enterprise_births'")  # fmt: skip
    assert [row["y"] for row in years] == [2020]


@pytest.mark.parametrize(
    ("cells", "told"),
    [({"A1": "Table 1.1a - Count Of Deaths Of Enterprises"}, "Table 1.1a!A1"), ({"C4": ""}, "Table 1.1a!A4")],
)
def test_a_sheet_that_is_another_table_is_named(tmp_path: Path, cells: dict[str, str], told: str) -> None:
    (outcome,) = staged(changed(sheets(), "Table 1.1a", cells), tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and told in outcome.error


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_workbooks_are_accounted_for(real: Staged) -> None:
    expected = {
        "2024-11-18~tables": (46436, 46436 - 8484 - 30, 8484, 30),  # 8,484 cells of the sheets are a colon
        "2025-11-20~tables": (46038, 46038 - 8452 - 32, 8452, 32),  # and two figures stand without an area
    }
    assert_accounted(real, SOURCE, expected)
    held = f"select vintage, count(*) as n from figures where {in_districts()} group by 1"
    years_of_counts, survival = 5 * 6, 5 * 11
    assert {row["n"] for row in real.ask(SOURCE, held)} == {len(DISTRICTS) * (years_of_counts + survival)}


@pytest.mark.data
def test_both_workbooks_are_used_but_for_nine_figures_that_contradict_themselves(real: Staged) -> None:
    real.outcomes(SOURCE)
    for outcome in real.ingest.validate_source(SOURCE):
        assert (outcome.state, outcome.quarantined) == ("ok", {SHIFTED: 8, WRONG_RATE: 1})
        failed = {told.partition(":")[0] for told in outcome.checks["failures"]}
        assert failed == {SHIFTED, WRONG_RATE, "divisions.add_to_the_country"}


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "indicator", "area", "year", "value"),
    [  # the cell in which the figure was read
        ("2024-11-18", "enterprise_births", "E06000009", 2020, 660),  # Table 1.1c!C25
        ("2025-11-20", "enterprise_births", "E06000009", 2022, 795),  # Table 1.1c!D25
        ("2025-11-20", "enterprise_deaths", "E06000009", 2023, 770),  # Table 2.1c!E25
        ("2025-11-20", "enterprise_deaths", "E10000017", 2022, 5660),  # Table 2.1c!D48
        ("2024-11-18", "enterprises_active", "E07000117", 2022, 2945),  # Table 3.1d!D49
        ("2025-11-20", "enterprises_active", "E07000117", 2024, 2895),  # Table 3.1d!C44
        ("2025-11-20", "enterprises_high_growth", "E06000009", 2024, 20),  # Table 7.1d!C25
        ("2025-11-20", "enterprise_births", "K02000001", 2024, 317_440),  # Table 1.1d!C5
    ],
)
def test_a_figure_is_the_one_in_its_cell(
    real: Staged, vintage: str, indicator: str, area: str, year: int, value: int
) -> None:
    sql = (
        f"select value from figures where vintage = '{vintage}' and indicator_id = '{indicator}' "
        f"and area_code = '{area}' and year(period_end) = {year} and industry = '_T'"
    )
    assert real.one(SOURCE, sql) == value


@pytest.mark.data
def test_fourteen_districts_bore_6310_enterprises_in_2024(real: Staged) -> None:
    """The oracle is the hand sum of Table 1.1d: 775 and 530 in the unitaries, and the county's 5,005 as printed."""
    where = f"indicator_id = 'enterprise_births' and year(period_end) = 2024 and {in_districts()}"
    sql = f"select sum(value) from figures where {where}"
    assert real.one(SOURCE, sql) == 775 + 530 + 5005
