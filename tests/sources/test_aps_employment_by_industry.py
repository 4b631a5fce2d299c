"""Employment of residents by industry: nine groups, years that overlap, marks that are no zeros.

The small file holds lines of the publisher's workbook of April 2023 as they stand there; sums are by hand.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lmi.raw.probe import Probe
from lmi.raw.readers import Workbook
from lmi.raw.recognise import misses
from lmi.registry import load
from lmi.warehouse import series_views
from tests.parsers.workbooks import write_workbook
from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.small import remarks_on, stopped_by

SOURCE = "ons/aps_employment_by_industry"
FILE = Path(__file__).parent / "data" / "aps_employment_by_industry.csv"
LSIP, LEP, ENGLAND = "E69000019", "E37000019", "E92000001"
Rows = list[list[Any]]


def rows_of_file() -> Rows:
    """Return the small file's rows, numbers as numbers, as Nomis writes them."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return [[int(text) if re.fullmatch(r"\d+", text) else text for text in row] for row in csv.reader(lines)]


def with_column(rows: Rows, name: str, cells: dict[str, tuple[int, int]]) -> Rows:
    """Return the rows with one more column of the survey for the areas of `cells`, withheld elsewhere."""
    above = {"Area": [name], "": ["number", "Flags", "conf"]}
    made: Rows = []
    for row in rows:
        wide = [*row, *[""] * (28 - len(row))]
        if row[:1] == ["Area"] or row[:2] == ["", "number"]:
            wide += above[row[0]]
        elif len(row) > 2:
            figure, half = cells.get(row[0], ("!", "!"))
            wide += [figure, "", half]
        made.append(wide if wide.count("") < len(wide) else [])
    return made


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """The small file as a workbook, landed and staged as a refresh does it."""
    book = write_workbook(tmp_path_factory.mktemp("file") / "export.xlsx", {"Data": rows_of_file()})
    return Staged([book], tmp_path_factory.mktemp("data"))


def staged_rows(rows: Rows, folder: Path) -> Staged:
    return Staged([write_workbook(folder / "export.xlsx", {"Data": rows})], folder / "data")


# --- without the publisher's files


@pytest.mark.parametrize(
    ("year", "lancashire", "england"),
    [
        (
            2021,
            7900 + 10800 + 85700 + 45000 + 145000 + 47000 + 76700 + 214500 + 33900,
            197800 + 415000 + 2340700 + 1770400 + 4422100 + 2725400 + 5073900 + 8655400 + 1559100,
        ),
        (
            2022,
            3800 + 12100 + 98900 + 45100 + 133500 + 41800 + 91900 + 217700 + 33900,
            190100 + 409600 + 2309900 + 1838900 + 4454100 + 2836000 + 5214100 + 8716200 + 1571300,
        ),
    ],
)
def test_nine_groups_add_to_the_hand_sum_of_the_area_and_the_country(
    file: Staged, year: int, lancashire: int, england: int
) -> None:
    sql = "select sum(value) from figures where area_code = '{}' and year(period_end) = " + str(year)
    assert [file.one(SOURCE, sql.format(area)) for area in (LSIP, ENGLAND)] == [lancashire, england]


def test_public_services_of_fourteen_districts_add_to_the_area_within_rounding(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        f"select sum(value) as people, count(value) as districts from figures where {in_districts()} "
        "and industry = 'APS-OQ' and period_end = date '2021-12-31'",
    )
    assert rows == [{"people": 214700.0, "districts": 14}]
    assert abs(214700 - 214500) <= 15 * 50


def test_each_mark_keeps_its_meaning_and_a_small_sample_its_figure(file: Staged) -> None:
    sql = (
        "select industry, value, ci_half_width, status from figures where area_code = '{}' and year(period_end) = 2022 "
        "order by industry"
    )
    west_lancashire = [tuple(row.values()) for row in file.ask(SOURCE, sql.format("E07000127"))]
    assert west_lancashire == [
        ("APS-A", None, None, "suppressed"),
        ("APS-BDE", None, None, "suppressed"),
        ("APS-C", None, None, "suppressed"),
        ("APS-F", 6200.0, None, "unreliable"),
        ("APS-GI", 14000.0, 5700.0, "ok"),
        ("APS-HJ", 4500.0, None, "unreliable"),
        ("APS-KN", 2300.0, None, "unreliable"),
        ("APS-OQ", 15900.0, 6100.0, "ok"),
        ("APS-RU", 4000.0, None, "unreliable"),
    ]
    rutland = {row["industry"]: row["status"] for row in file.ask(SOURCE, sql.format("E06000017"))}
    assert rutland["APS-F"] == "rounded_to_zero"
    assert {row["status"] for row in file.ask(SOURCE, sql.format("E06000053"))} == {"not_available"}


def test_years_are_rolling_years_and_every_cell_is_accounted_for(file: Staged) -> None:
    periods = file.ask(SOURCE, "select distinct period_start, period_end, period_kind from figures order by 1")
    assert [tuple(row.values()) for row in periods] == [
        (date(year, 1, 1), date(year, 12, 31), "rolling_year") for year in (2021, 2022)
    ]
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == 2 * 19 * 9 == account["observed"] + account["missing"]


def test_the_figures_pass_every_expectation_that_speaks_of_them(file: Staged) -> None:
    assert file.outcomes(SOURCE)[0].state == "ok"
    (outcome,) = file.ingest.validate_source(SOURCE)
    assert (outcome.state, outcome.checks["failed"], outcome.quarantined) == ("ok", 0, {})
    whole_country_and_services_total = 3
    assert outcome.checks["not_applicable"] == whole_country_and_services_total


def test_the_view_holds_the_nine_groups_and_not_their_total() -> None:
    (view,) = (v for v in series_views(load().indicators.values()) if v.indicator_id == "residents_in_work")
    assert view.name == "residents_in_work_by_aps_industry"
    assert view.levels == {"industry": ("aps_industry", "group")}


TOTAL_NAME = "T13a:28 (G-Q Total services (SIC 2007) : All people )"
SERVICES = 145000 + 47000 + 76700 + 214500 + 33900


def test_a_total_of_the_services_stands_beside_the_groups_and_is_none_of_them(tmp_path: Path) -> None:
    year = rows_of_file()[: 9 + 19]
    made = staged_rows(with_column(year, TOTAL_NAME, {"lep:Lancashire": (SERVICES + 100, 20000)}), tmp_path)
    known = made.ingest.codes
    levels = dict(zip(known["code"].to_pylist(), known["level"].to_pylist(), strict=True))
    groups = made.ask(SOURCE, f"select industry, value from figures where area_code = '{LEP}'")
    assert sum(row["value"] for row in groups if levels[row["industry"]] == "group") == 666500
    assert [row["value"] for row in groups if levels[row["industry"]] != "group"] == [SERVICES + 100]
    (outcome,) = made.ingest.validate_source(SOURCE)
    assert (outcome.state, outcome.checks["failed"]) == ("ok", 0)


def test_a_total_that_its_services_do_not_add_to_stops_the_file(tmp_path: Path) -> None:
    year = rows_of_file()[: 9 + 19]
    made = staged_rows(with_column(year, TOTAL_NAME, {"lep:Lancashire": (SERVICES + 400, 20000)}), tmp_path)
    assert "services.add_to_their_total" in stopped_by(made, SOURCE)


def test_a_total_under_the_heading_of_a_group_stops_the_file(tmp_path: Path) -> None:
    rows = rows_of_file()
    england = next(row for row in rows if row[:1] == ["country:England"])
    assert england[25] == 1559100
    england[25] = 4422100 + 2725400 + 5073900 + 8655400 + 1559100
    assert "no_group.is_a_total" in stopped_by(staged_rows(rows, tmp_path), SOURCE)


@pytest.mark.parametrize(
    ("column", "was", "fault", "rule"),
    [
        (25, 1571300, 1571.3, "people.are_published_from_500_in_hundreds"),  # thousands
        (19, 5214100, 8714100, "employment.step_between_years_is_plausible"),
        (19, 5214100, 8714100, "group.step_between_years_is_plausible"),
        (18, 64900, 6490000, "interval.is_not_wider_than_the_figure"),
    ],
)
def test_a_fault_in_the_country_s_last_year_is_told(
    tmp_path: Path, column: int, was: int, fault: float, rule: str
) -> None:
    rows = rows_of_file()
    england = [row for row in rows if row[:1] == ["country:England"]][-1]
    assert england[column] == was
    england[column] = fault
    assert rule in remarks_on(staged_rows(rows, tmp_path), SOURCE)


def test_another_group_s_figure_under_farming_stops_the_file(tmp_path: Path) -> None:
    rows = rows_of_file()
    next(row for row in rows if row[:1] == ["country:England"])[1] = 4422100
    assert "farming_and_energy.are_small" in stopped_by(staged_rows(rows, tmp_path), SOURCE)


def test_a_file_without_other_services_is_stopped(tmp_path: Path) -> None:
    assert "groups.are_all_there" in stopped_by(staged_rows([row[:25] for row in rows_of_file()], tmp_path), SOURCE)


def test_a_district_that_is_not_there_is_missed(tmp_path: Path) -> None:
    rows = [row for row in rows_of_file() if row[:1] != ["ladu:Wyre"]]
    assert "districts.are_all_there" in remarks_on(staged_rows(rows, tmp_path), SOURCE)


def test_a_column_of_men_only_is_no_column_of_ours(tmp_path: Path) -> None:
    rows = with_column(rows_of_file()[: 9 + 19], "T13a:2 (A Agricuture & fishing (SIC 2007) : Males )", {})
    (outcome,) = staged_rows(rows, tmp_path).outcomes(SOURCE)
    assert outcome.state != "ok"
    assert "T13a:2 (A Agricuture & fishing (SIC 2007) : Males )" in str(outcome.error)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_workbooks_are_declared_editions_and_known_by_content_to_this_source_only(shared_data: Path) -> None:
    registry = load()
    probes = [Probe(path) for path in sorted((shared_data / SOURCE).iterdir())]
    assert {probe.sha256 for probe in probes} == {edition.sha256 for edition in registry.source(SOURCE).editions}
    for probe in probes:
        fits = [
            s.source_id for s in registry.sources.values() for x in s.layouts.values() if not misses(probe, x.recognise)
        ]
        assert fits == [SOURCE]


@pytest.mark.data
def test_nine_groups_stand_in_every_area_and_year_of_both_workbooks(real: Staged) -> None:
    assert {name: account["found"] for name, account in real.accounts(SOURCE).items()} == {
        "2022-11-21~industry": 396 * 9 * 5,
        "2023-04-24~industry": 450 * 9 * 5,
    }
    for account in real.accounts(SOURCE).values():
        assert account["found"] == account["observed"] + account["missing"]
        assert account["quarantined"] == 0


@pytest.mark.data
def test_both_workbooks_pass_every_expectation_but_that_of_a_total_they_lack(real: Staged) -> None:
    real.outcomes(SOURCE)
    for outcome in real.ingest.validate_source(SOURCE):
        assert (outcome.state, outcome.checks["failed"], outcome.quarantined) == ("ok", 0, {})
        assert outcome.checks["not_applicable"] == 1


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "area", "end", "industry", "value", "half_width", "status"),
    [  # the cell of the workbook in which the figure was read
        ("2022-11-21", LEP, "2018-06-30", "APS-C", 86200, 8900, "ok"),  # H377
        ("2022-11-21", LSIP, "2019-06-30", "APS-OQ", 228100, 14400, "ok"),  # W753
        ("2022-11-21", "E07000127", "2020-06-30", "APS-HJ", 9300, 4700, "ok"),  # Q1050
        ("2022-11-21", LEP, "2022-06-30", "APS-A", 8000, 3100, "ok"),  # B2030
        ("2023-04-24", ENGLAND, "2018-12-31", "APS-A", 249200, 16100, "ok"),  # B9
        ("2023-04-24", LSIP, "2020-12-31", "APS-KN", 95700, 10900, "ok"),  # T966
        ("2023-04-24", LEP, "2022-12-31", "APS-A", 3800, None, "unreliable"),  # B1935
        ("2023-04-24", "E07000127", "2022-12-31", "APS-C", None, None, "suppressed"),  # H2007
    ],
)
def test_a_figure_is_the_one_in_its_cell(
    real: Staged, vintage: str, area: str, end: str, industry: str, value: int, half_width: int, status: str
) -> None:
    rows = real.ask(
        SOURCE,
        f"select value, ci_half_width, status from figures where vintage = '{vintage}' and area_code = '{area}' "
        f"and period_end = date '{end}' and industry = '{industry}'",
    )
    assert [tuple(row.values()) for row in rows] == [(value, half_width, status)]


@pytest.mark.data
@pytest.mark.parametrize(
    ("year", "lancashire", "england", "occupied_lancashire", "occupied_england"),
    [
        (2018, 692100, 27113400, 692500, 27137000),
        (2019, 697900, 27436900, 699700, 27463700),
        (2020, 693400, 27335100, 693700, 27372700),
        (2021, 666500, 27159800, 667300, 27188800),
    ],
)
def test_industries_fall_short_of_all_occupations_only_by_those_who_state_no_industry(
    real: Staged, year: int, lancashire: int, england: int, occupied_lancashire: int, occupied_england: int
) -> None:
    """The oracle is the same survey by occupation, added by hand: at most 3 people in 1000 state no industry."""
    sql = (
        "select sum(value) from figures where area_code = '{}' and vintage = '2023-04-24' "
        f"and year(period_end) = {year}"
    )
    assert [real.one(SOURCE, sql.format(area)) for area in (LEP, ENGLAND)] == [lancashire, england]
    for ours, theirs in ((lancashire, occupied_lancashire), (england, occupied_england)):
        assert 0 <= theirs - ours <= 0.003 * theirs


@pytest.mark.data
def test_years_to_june_and_years_to_december_overlap_and_neither_revises_the_other(real: Staged) -> None:
    rows = real.ask(
        SOURCE,
        "select vintage, month(period_end) as month, min(year(period_end)) as first, max(year(period_end)) as last, "
        "count(distinct period_end) as years from figures group by all order by all",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("2022-11-21", 6, 2018, 2022, 5),
        ("2023-04-24", 12, 2018, 2022, 5),
    ]


@pytest.mark.data
def test_partnership_and_improvement_plan_area_are_the_same_districts_and_the_same_figures(real: Staged) -> None:
    both = (
        "from figures as a join figures as b using (vintage, industry, period_end) "
        f"where a.area_code = '{LEP}' and b.area_code = '{LSIP}'"
    )
    assert real.one(SOURCE, f"select count(*) {both}") == 2 * 5 * 9
    differing = "(a.value, a.ci_half_width) is distinct from (b.value, b.ci_half_width)"
    assert real.ask(SOURCE, f"select industry {both} and {differing}") == []


@pytest.mark.data
def test_every_district_has_a_row_for_every_group_and_year(real: Staged) -> None:
    rows = real.ask(SOURCE, f"select vintage, count(*) as n from figures where {in_districts()} group by 1")
    assert {row["n"] for row in rows} == {len(DISTRICTS) * 9 * 5}


@pytest.mark.data
@pytest.mark.parametrize(
    ("area", "column", "was", "now", "rule"),
    [
        ("country:England", 7, 2440200, 1956100, "improvement_plan_areas.add_to_the_country"),  # construction's figure
        ("country:England", 7, 2440200, 1956100, "districts.add_to_the_country"),
        ("ladu:West Lancashire", 22, 17300, 1017300, "districts.add_to_the_country"),
    ],
)
def test_a_figure_that_the_whole_country_contradicts_stops_the_file(
    shared_data: Path, tmp_path: Path, area: str, column: int, was: int, now: int, rule: str
) -> None:
    book = Workbook.open(shared_data / SOURCE / "nomis_2023_04_24_144748.xlsx", SOURCE)
    rows = [list(row) for row in book.grid("Data").rows]
    line = next(row for row in rows if row[0] == area)
    assert line[column] == was
    line[column] = now
    assert rule in stopped_by(staged_rows(rows, tmp_path), SOURCE)
