"""Marts about young people, pay, output and vacancies, held to figures read in the publishers' own files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lmi.engine import Connection
from lmi.marts import build_marts, read_marts
from lmi.pipeline.build import build_database
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import land
from lmi.pipeline.plan import Settings, make_plan
from lmi.registry import load
from tests.sources.conftest import DISTRICTS, LOOKUPS

pytestmark = pytest.mark.data
AREA, COUNTY = "E69000019", "E10000017"
SOURCES = (
    "dfe/employer_skills_survey", "dfe/ks4_destinations", "dfe/level_2_3_attainment_age_19", "dfe/neet_by_la",
    "ons/ashe_earnings_by_occupation", "ons/ashe_resident_earnings_by_la", "ons/bres_employment_by_industry",
    "ons/productivity_by_itl",
)  # fmt: skip
MARTS = ("young_people", "pay", "productivity", "tightness")


@pytest.fixture(scope="module")
def con(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    data = tmp_path_factory.mktemp("data")
    land([shared_data / name for name in (*LOOKUPS, *SOURCES)], data, load(), date(2026, 11, 1))
    plan = make_plan(Settings(data, "lancashire", date(2026, 11, 1)))
    ingest = Ingest(plan)
    for source_id in ingest.lookup_order():
        ingest.read_lookups(source_id)
    ingest.close_lookups()
    for source_id in plan.source_ids("statistics"):
        ingest.stage_source(source_id)
        ingest.validate_source(source_id)
        ingest.curate_source(source_id)
    with build_database(plan, ingest, data / "build.duckdb", read_marts()) as building:
        made = building.complete()
        build_marts(made, [mart for mart in read_marts() if mart.name in MARTS])
        yield made


def young(con: Connection, area: str, indicator: str, period_end: date) -> tuple[float, str]:
    rows = con.execute(
        "select value, made_from from young_people where area_code = ? and indicator = ? and period_end = ?",
        [area, indicator, period_end],
    ).fetchall()
    assert len(rows) == 1
    return rows[0]


def test_level_3_by_19_of_the_fourteen_is_the_county_and_the_two_unitaries(con: Connection, shared_data: Path) -> None:
    people = reached = 0
    with (shared_data / "dfe/level_2_3_attainment_age_19/la_dashboard_2022.csv").open(
        newline="", encoding="utf-8-sig"
    ) as file:
        for row in csv.DictReader(file):
            mine = row["la_code_9"] in (COUNTY, "E06000008", "E06000009") and row["cohort_19_in"] == "2022"
            if mine and {row["gender"], row["fsm"], row["sen"]} == {"ALL"}:
                people += int(row["number_in_ss_cohort"])
                reached += int(row["l3_by19"])
    value, made_from = young(con, AREA, "level_3_by_19", date(2022, 7, 31))
    assert value == pytest.approx(100 * reached / people)
    assert made_from == "sum of county and unitary authorities"


def test_destinations_of_the_fourteen_are_the_sums_of_their_districts(con: Connection, shared_data: Path) -> None:
    whole = sustained = 0
    name = "dfe/ks4_destinations/data_key_stage_4_destination_measures_2024_10.csv"
    with (shared_data / name).open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if (
                row["time_period"] == "202223"
                and row["lad_code"] in DISTRICTS
                and row["data_type"] == "Number of pupils"
            ):
                whole += int(row["cohort"])
                sustained += sum(int(row[c]) for c in ("education", "appren", "all_work"))
    value, made_from = young(con, AREA, "ks4_to_sustained_destination", date(2023, 7, 31))
    assert value == pytest.approx(100 * sustained / whole)
    assert made_from == "sum of districts"


def test_a_rate_is_the_county_s_and_is_not_made_up_for_the_fourteen(con: Connection, shared_data: Path) -> None:
    with (shared_data / "dfe/neet_by_la/ud_neetnk_la_dashboard_2025.csv").open(
        newline="", encoding="utf-8-sig"
    ) as file:
        (printed,) = [row["NEET_not_known_percent"] for row in csv.DictReader(file) if row["new_la_code"] == COUNTY]
    indicator = "not_in_education_or_work_or_not_known_16_17"
    assert young(con, COUNTY, indicator, date(2025, 2, 28)) == (float(printed), "published rate")
    value, made_from = young(con, AREA, indicator, date(2025, 2, 28))
    assert value is None
    assert made_from.startswith("not made")


def test_pay_by_home_has_the_printed_median_and_error(con: Connection) -> None:
    # nomis_earning_jobs_data.xlsx, sheet Data: Blackburn with Darwen, median 26,116, conf % 6.5
    found = con.execute(
        "select median, median_cv, reliability from pay where area_code = 'E06000008' and basis = 'home' and employees = 'all'"
    ).fetchall()
    assert found == [(26116.0, 6.5, "reasonably precise")]


def test_pay_by_occupation_has_the_printed_medians_of_all_employees(con: Connection) -> None:
    # 2023p_annual_ftpt.csv and 2023p_annual_ft.csv, first record: all employees, median 29,669 and 34,963
    found = con.execute(
        "select employees, median from pay where basis = 'national' and kind_of_pay = 'annual' and occupation_level = 'total' "
        "and period_end = date '2023-03-31' order by employees"
    ).fetchall()
    assert found == [("all", 29669.0), ("full_time", 34963.0)]


def test_skill_shortage_density_is_the_printed_one(con: Connection) -> None:
    # both rounds print the density of Lancashire too: 22.4% in 2017 and 36% in 2019
    found = con.execute(
        "select year(period_end), skill_shortage_density from tightness "
        "where area_code = ? and occupation_level = 'total' order by period_end",
        [AREA],
    ).fetchall()
    assert found == [(2017, pytest.approx(0.224, abs=0.0005)), (2019, pytest.approx(0.36, abs=0.005))]


def test_output_per_hour_of_lancashire_is_86_26_of_the_united_kingdom_s_100(con: Connection) -> None:
    # itlproductivity.xlsx: TLD4, 2021, 33.06 pounds and 86.26 in sheets A1 and A2
    found = con.execute(
        "select gva_per_hour, gva_per_hour_index from productivity where area_code = ? and year = 2021", [AREA]
    )
    assert found.fetchall() == [(33.06, 86.26)]
