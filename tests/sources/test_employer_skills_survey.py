"""Employer Skills Survey: one table a sheet, totals that repeat, letters that are no figures, marks that are no zeros.

The small workbooks hold a few rows of Lancashire as the publisher's tables of 2019 and 2017 have them; sums are by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lmi.errors import ParseError
from lmi.registry import load
from lmi.sources.dfe.employer_skills_survey import parse
from tests.parsers.workbooks import Sheets, changed, write_workbook
from tests.sources.conftest import Holdings, Staged
from tests.sources.small import assert_all_checks_pass, figure_in_cell, remarks_on, stopped_by

SOURCE = "dfe/employer_skills_survey"
SECTORS = (
    "Primary Sector & Utilities", "Manufacturing", "Construction", "Wholesale & Retail", "Hotels & Restaurants",
    "Transport & Storage", "Information & Communications", "Financial Services", "Business Services", "Public admin.",
    "Education", "Health & Social Work", "Arts & Other Services",
)  # fmt: skip
LETTERS = ("", "", "", "a", "b", "c", "d", "e", "f", "g", "h", "i", "*j", "k", "l", "m")
ESTABLISHMENTS = (2499, 2766, 4022, 9095, 4229, 1536, 1131, 708, 7794, 378, 1303, 3088, 2905)
INTERVIEWS = (76, 175, 113, 424, 161, 58, 30, 36, 317, 17, 133, 212, 117)


def top(year: int, title: str, base: str) -> list[list[Any]]:
    return [
        ["30-September-2020"],
        [f"Employer Skills Survey (ESS) {year}"],
        ["Back to contents"],
        ["1"],
        [],
        [title],
        [base],
    ]


def book_of_2019() -> Sheets:
    summary = (2019, "Summary of vacancy situation (employer base)", "Base: All")
    return {
        "Contents": [["Page 1 Table of Contents"]],
        "ALL_LEPS": [
            *top(*summary),
            ["", "", "LEP"],
            ["", "England Total", "Lancashire", "Northamptonshire"],
            ["Unweighted row", 70217, 1869, 0],
            ["Total (establishments)", 1683072, 41454, 0],
            ["Number of vacancies", 811703, 18834, "**"],
            ["Number of skill-shortage vacancies", 199088, 6708, "**"],
            ["% of all vacancies which are SSVs", 0.25, 0.36, "**"],
            ["Tables produced by IFF"],
        ],
        "LANCASHIRE": [
            *top(*summary),
            ["", "ENGLAND", "REGION", "LEP", "Sector (13 sector grouping)"],
            ["", "England Total", "North West Total", "Lancashire Total", *SECTORS],
            ["Significance Level: 95%", *LETTERS],
            ["Unweighted row", 70217, 8140, 1869, *INTERVIEWS],
            ["Total (establishments)", 1683072, 200276, 41454, *ESTABLISHMENTS],
            ["Vacancies"],
            ["Establishments with any vacancies", .17, .17, .16, .12, .2, .08, .14, .22, .19, .1, .15, .12, "**", .18, .31, .1],
            ["", "", "", "", "", "cim", "", "", "cdim", "c"],
            ["Columns Tested: a,b,c"],
            ["Tables produced by IFF"],
        ],
    }  # fmt: skip


def book_of_2017() -> Sheets:
    notes: Sheets = {
        "Notes": [["Employer Skills Survey (ESS) 2017: England LEP data tables"]],
        "Contents": [["Contents"]],
    }
    columns = [["", "", "LEP"], ["", "Total", "Lancashire"]]
    end = [["Tables produced by IFF"]]
    return notes | {
        "1": [
            *top(2017, "Employee summary table", "Base: All Employment"), *columns,
            ["Total", 24452030, 612058],
            ["Number of SSVs", 193843, 4121], ["", 0.01, "*%"],
            *end,
        ],
        "80": [
            *top(2017, "E3 Skills that will need developing (Module 2)", "Base: All establishments who anticipate"),
            *columns,
            ["Unweighted row", 21314, "**"], ["Total", 897254, "**"],
            ["Manual dexterity", 115890, "**"], ["", 0.13, "**"],
            *end,
        ],
    }  # fmt: skip


def staged_book(sheets: Sheets, folder: Path) -> Staged:
    return Staged([write_workbook(folder / "book.xlsx", sheets)], folder / "data")


@pytest.fixture(scope="module")
def of_2019(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_book(book_of_2019(), tmp_path_factory.mktemp("2019"))


@pytest.fixture(scope="module")
def of_2017(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_book(book_of_2017(), tmp_path_factory.mktemp("2017"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_an_areas_total_is_read_once_and_its_sectors_from_its_sheet(of_2019: Staged) -> None:
    told = of_2019.ask(
        SOURCE,
        "select area_code, industry, value from figures where indicator_id = 'ess_establishments' order by obs_key",
    )
    totals = [(r["area_code"], r["value"]) for r in told if r["industry"] == "_T"]
    assert totals == [("E92000001", 1683072), ("E37000019", 41454), ("E12000002", 200276)]
    assert [r["value"] for r in told if r["industry"] != "_T"] == list(ESTABLISHMENTS)
    assert sum(ESTABLISHMENTS) == 41454


def test_a_withheld_share_keeps_its_reason_and_letters_are_ignored(of_2019: Staged) -> None:
    sql = "select status from figures where industry = 'ESS13-10' and indicator_id = 'ess_vacancy_incidence'"
    assert of_2019.one(SOURCE, sql) == "suppressed"
    (account,) = of_2019.accounts(SOURCE).values()
    assert account["found"] == 5 * 3 + 5 * 16
    assert account["ignored"] == {
        "a partnership that had been merged: the column is empty": 5,
        "letters of the columns from which a figure differs significantly: a comparison, not a figure": 2 * 16,
        "England and the area's own total, repeated on every sheet: read from the sheet of all areas": 3 * 2,
    }
    assert_all_checks_pass(of_2019, SOURCE)


def test_tables_of_2017_give_a_number_and_below_it_the_share(of_2017: Staged) -> None:
    told = of_2017.ask(
        SOURCE, "select indicator_id, detail, value, status from figures where area_code = 'E37000019' order by obs_key"
    )
    assert [(r["indicator_id"], r["detail"], r["value"], r["status"]) for r in told] == [
        ("ess_staff", "_T", 612058, "ok"),
        ("ess_skill_shortage_vacancies", "_T", 4121, "ok"),
        ("ess_answer_shares_of_staff", "1_number_of_ssvs", None, "rounded_to_zero"),
        ("ess_answers_unweighted", "80_unweighted_row", None, "suppressed"),
        ("ess_answers_of_establishments", "80_total", None, "suppressed"),
        ("ess_answers_of_establishments", "80_manual_dexterity", None, "suppressed"),
        ("ess_answer_shares_of_establishments", "80_manual_dexterity", None, "suppressed"),
    ]  # fmt: skip
    assert_all_checks_pass(of_2017, SOURCE)


@pytest.mark.parametrize(
    ("sheet", "cells", "told"),
    [
        ("LANCASHIRE", {"F12": 4022}, "thirteen_sectors_add_to_all"),
        ("ALL_LEPS", {"C14": 0.63}, "shortage_density_is_the_ratio"),
        ("ALL_LEPS", {"C9": "Atlantis"}, "unknown_area"),
        ("LANCASHIRE", {"A12": "Total (all sites)"}, "no_measure"),
    ],
)
def test_a_broken_copy_is_stopped(sheet: str, cells: dict[str, Any], told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_book(changed(book_of_2019(), sheet, cells), tmp_path), SOURCE)


def test_a_share_above_one_is_quarantined(tmp_path: Path) -> None:
    copy = staged_book(changed(book_of_2019(), "LANCASHIRE", {"E14": 12}), tmp_path)
    assert "share_is_between_0_and_1" in remarks_on(copy, SOURCE)


@pytest.mark.parametrize(
    ("cells", "place", "told"),
    [
        ({"A2": "Another survey"}, "LANCASHIRE!A2", "of another survey"),
        ({"A7": ""}, "LANCASHIRE!A7", "does not say what it is of"),
        ({"R12": 3}, "LANCASHIRE!R12", "under no head"),
        ({"F15": "See note"}, "LANCASHIRE!F15", "without a label is not known"),
        ({"A16": "", "A17": ""}, "LANCASHIRE!A", "does not end"),
    ],
)
def test_another_layout_is_an_error_that_names_the_cell(
    cells: dict[str, Any], place: str, told: str, tmp_path: Path
) -> None:
    book = write_workbook(tmp_path / "book.xlsx", changed(book_of_2019(), "LANCASHIRE", cells))
    options = load().source(SOURCE).layouts["partnerships_2019"].options
    with pytest.raises(ParseError, match=told) as caught:
        parse(book, options, SOURCE)
    assert place in str(caught.value)


@pytest.mark.data
def test_every_cell_of_three_workbooks_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    accounts = {
        k: (a["found"], a["observed"], a["missing"], sum(a["ignored"].values()))
        for k, a in full.accounts(SOURCE).items()
    }
    assert accounts == {
        "2018-09-27~partnerships_2017~partnerships": (69116, 64578, 1837, 2701),
        "2020-09-30~partnerships_2019~partnerships": (89845, 31930, 9814, 48101),
        "2020-09-30~authorities_2019~authorities": (173482, 57204, 49804, 66474),
    }
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "part", "sheet", "address", "area", "indicator", "value"),
    [
        ("2018-09-27", "partnerships", "1", "V12", "E37000019", "ess_vacancies", 18389),
        ("2018-09-27", "partnerships", "80", "B44", "E92000001", "ess_answers_of_establishments", 470779),
        ("2020-09-30", "partnerships", "ALL_LEPS", "U18", "E37000019", "ess_skill_shortage_vacancies", 6708),
        ("2020-09-30", "partnerships", "LANCASHIRE", "F24", "E37000019", "ess_skill_shortage_density", 0.42),
        ("2020-09-30", "partnerships", "LANCASHIRE", "C49", "E12000002", "ess_apprenticeship_share", 0.12),
        ("2020-09-30", "authorities", "BLACKPOOL", "I28", "E06000009", "ess_skills_gaps", 578),
        ("2020-09-30", "authorities", "BLACKPOOL", "F13", "E06000009", "ess_staff", None),
    ],
)
def test_figures_are_those_printed_in_their_cell(
    full: Staged, vintage: str, part: str, sheet: str, address: str, area: str, indicator: str, value: float | None
) -> None:
    found = figure_in_cell(full, SOURCE, vintage, part, sheet, address)
    assert (found["area_code"], found["indicator_id"], found["value"]) == (area, indicator, value)
    assert value is not None or (found["printed"], found["status"]) == ("**", "suppressed")


@pytest.mark.data
def test_nine_regions_of_2019_hold_the_establishments_of_england(full: Staged) -> None:
    sql = (
        "select sum(value) from figures where indicator_id = 'ess_establishments' and industry = '_T' and detail = '_T' "
        "and period_end = '2019-12-31'"
    )
    assert (
        full.one(SOURCE, f"{sql} and area_code like 'E12%'")
        == full.one(SOURCE, f"{sql} and area_code like 'E92%'")
        == 1683072
    )
