"""Population estimates: ages and sexes add to the person, and what changed leads from one year to the next."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.workbooks import write_workbook
from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/mid_year_population_tables"
LINES = Path(__file__).parent / "data" / "mid_year_population_tables.csv"
UNREAD = ("Cover sheet", "Contents", "Notes", "Geography guide", "Related publications", "MYE1", "MYE5")
Sheets = dict[str, list[list[Any]]]


def sheets() -> Sheets:
    """Return the publisher's sheets with the row of Burnley, and in MYE3 of the United Kingdom too."""
    made: Sheets = {name: [["not read"]] for name in UNREAD}
    with LINES.open(encoding="utf-8", newline="") as lines:
        for sheet, *row in csv.reader(lines):
            if sheet not in made:
                made[sheet] = [row, *[[] for _ in range(6)]]
            elif row[0] == "Code":
                made[sheet].append(row)
            else:
                made[sheet].append([float(t) if t.lstrip("-").replace(".", "").isdigit() else t for t in row])
    return made


def staged(rows: Sheets, folder: Path) -> Staged:
    return Staged([write_workbook(folder / "file", rows)], folder / "data")


def test_each_sheet_becomes_the_measure_that_it_is(tmp_path: Path) -> None:
    file = staged(sheets(), tmp_path)
    # three sheets of 92 ages; change of two areas in twelve columns; two times fourteen years; 24 ends of intervals
    (account,) = [o.account for o in file.outcomes(SOURCE)]
    assert (account["found"], account["missing"]) == (3 * 92 + 2 * 12 + 2 * 14 + 24, 2)
    assert sorted(account["ignored"].values()) == [1, 4]  # totals that MYE4 has too
    sql = "select indicator_id, sex, age, detail, value from figures where area_code = 'E07000117' and {} order by all"
    mid_2024 = "period_end = date '2024-06-30' and age in ('_T', '90+', '17') and indicator_id <> 'population_change'"
    assert [
        tuple(r.values()) for r in file.ask(SOURCE, "select distinct * from (" + sql.format(mid_2024) + ")order by all")
    ] == [
        ("median_age", "_T", "_T", "_T", 38.8),
        ("population", "F", "17", "_T", 595.0),
        ("population", "F", "90+", "_T", 491.0),
        ("population", "F", "_T", "_T", 49923.0),
        ("population", "M", "17", "_T", 716.0),
        ("population", "M", "90+", "_T", 237.0),
        ("population", "M", "_T", "_T", 49310.0),
        ("population", "_T", "17", "_T", 1311.0),
        ("population", "_T", "90+", "_T", 728.0),
        ("population", "_T", "_T", "_T", 99233.0),
        ("population_lower_bound", "_T", "_T", "bias_adjusted", 94189.94),
        ("population_lower_bound", "_T", "_T", "centred", 95876.23),
        ("population_lower_bound", "_T", "_T", "empirical", 95973.85),
        ("population_upper_bound", "_T", "_T", "bias_adjusted", 104276.1),
        ("population_upper_bound", "_T", "_T", "centred", 105160.9),
        ("population_upper_bound", "_T", "_T", "empirical", 105258.5),
    ]
    assert broken_rules(file, SOURCE) == {"districts.are_all_there"}  # one district of fourteen


def test_change_is_of_the_year_between_two_middles_and_no_data_is_no_zero(tmp_path: Path) -> None:
    file = staged(sheets(), tmp_path)
    sql = "select detail, value, status, period_start, period_end from figures where indicator_id = 'population_change' and "
    (moves,) = file.ask(SOURCE, sql + "area_code = 'E07000117' and detail = 'internal_net'")
    assert tuple(moves.values()) == ("internal_net", 619.0, "ok", date(2023, 7, 1), date(2024, 6, 30))
    (none,) = file.ask(SOURCE, sql + "area_code = 'K02000001' and detail = 'internal_in'")
    assert (none["value"], none["status"]) == (None, "not_available")
    # 97,425 and births 1,070 less deaths 1,059 and 619 and 1,164 and 14 are 99,233
    assert 97425 + 1070 - 1059 + 619 + 1164 + 14 == 99233


@pytest.mark.parametrize(
    ("sheet", "column", "rules"),
    [
        ("MYE2 - Females", 40, {"ages.add_to_all_ages", "females_and_males.add_to_persons"}),
        ("MYE3", 4, {"balances.are_their_flows"}),
        ("MYE3", 13, {"components.lead_from_one_year_to_the_next"}),
        ("MYE7", 3, {"interval.holds_the_estimate"}),
    ],
)
def test_a_wrong_cell_is_caught_by_what_it_should_add_to(
    sheet: str, column: int, rules: set[str], tmp_path: Path
) -> None:
    rows = sheets()
    next(r for r in rows[sheet] if r[:1] == ["E07000117"])[column] += 500
    assert broken_rules(staged(rows, tmp_path), SOURCE) == rules | {"districts.are_all_there"}


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_cell_of_the_workbook_is_accounted_for_and_passes(published: Staged) -> None:
    # 404 areas, of which 319 have intervals; "No data" stands four times in MYE3
    found = 404 * (3 * 92 + 12 + 2 * 14) + 319 * 24
    (account,) = [o.account for o in published.outcomes(SOURCE)]
    again = 404 + 404 * 2  # totals that MYE2 and MYE3 print again
    assert (account["found"], account["missing"], account["quarantined"]) == (found, 4, 0)
    assert (account["observed"], sum(account["ignored"].values())) == (found - 4 - again, again)
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_fourteen_districts_have_1601645_residents_and_the_county_of_twelve_fewer(published: Staged) -> None:
    totals = "indicator_id = 'population' and age = '_T' and sex = '_T'"
    people = f"select sum(value) from figures where {totals} and "
    day = "period_end = date '2024-06-30' and "
    assert published.one(SOURCE, people + day + in_districts()) == 1601645
    assert published.one(SOURCE, people + day + "area_code = 'E10000017'") == 1294914  # MYE4!D47
    assert published.one(SOURCE, people + day + "area_code = 'K02000001'") == 69281437  # MYE4!D9
    assert published.one(SOURCE, people + "period_end = date '2011-06-30' and area_code = 'E07000117'") == 87032  # Q48


def of_mid_2025() -> Sheets:
    """The workbook a year on, as far as it can be foreseen: titles and years move by one, tables of several years grow."""
    made = sheets()
    for name in ("MYE2 - Persons", "MYE2 - Females", "MYE2 - Males", "MYE3", "MYE4", "MYE6"):
        made[name][0][0] = str(made[name][0][0]).replace("mid-2024", "mid-2025")
    for name in ("MYE4", "MYE6"):
        for row in made[name][7:]:
            row.insert(3, "Mid-2025" if row[0] == "Code" else row[3])
    header = made["MYE3"][7]
    header[3], header[14] = "Estimated Population mid-2024", "Estimated Population mid-2025"
    return made


def test_the_workbook_of_the_next_year_is_read_under_its_own_year_and_its_intervals_wait_to_be_seen(
    tmp_path: Path,
) -> None:
    file = staged(of_mid_2025(), tmp_path)
    sql = "select value from figures where area_code = 'E07000117' and indicator_id = '{}' and {}"
    newest = "period_end = date '2025-06-30'"
    assert file.one(SOURCE, sql.format("population", f"{newest} and age = '17' and sex = 'F'")) == 595.0
    assert file.one(SOURCE, sql.format("population", f"{newest} and age = '_T' and sex = '_T'")) == 99233.0
    assert file.one(SOURCE, sql.format("population_change", f"{newest} and detail = 'internal_net'")) == 619.0
    assert file.ask(SOURCE, "select 1 from figures where indicator_id like '%bound'") == []
    assert file.one(SOURCE, "select count(*) as n from figures where indicator_id = 'population' and age = '_T' and sex = '_T' "
                    "and area_code = 'E07000117'") == 15  # fmt: skip


def test_a_workbook_that_grew_in_another_way_is_refused_at_the_place(tmp_path: Path) -> None:
    rows = of_mid_2025()
    rows["MYE4"][7][5] = "Mid-2023 (revised)"
    (outcome,) = staged(rows, tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and "MYE4" in outcome.error and "F8" in outcome.error
