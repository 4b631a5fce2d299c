"""Marts made from the publishers' own files, held to figures that the publishers print."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from lmi import lineage
from lmi.engine import Connection
from lmi.marts import build_marts, read_marts
from lmi.pipeline.build import build_database
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import land
from lmi.pipeline.plan import Settings, make_plan
from lmi.registry import load

pytestmark = pytest.mark.data
AREA = "E69000019"
SOURCES = ("dfe/skills_imperative_2035", "ons/bres_employment_by_detailed_industry", "ons/bres_employment_by_industry")
MARTS = ("official_projection", "sector_profile", "freshness", "dim_sector")
SPAN = {"period_start": date(2020, 1, 1), "period_end": date(2035, 12, 31)}


@pytest.fixture(scope="module")
def con(shared_data: Path, shared_method: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    data = tmp_path_factory.mktemp("data")
    folders = [shared_method, *(shared_data / name for name in ("geography", "classifications", *SOURCES))]
    land(folders, data, load(), date(2026, 11, 1))
    # without the committed baseline, so that the figures are those of the publishers' files alone
    plan = make_plan(Settings(data, "lancashire", date(2026, 11, 1), baseline=data / "no_baseline"))
    ingest = Ingest(plan)
    for source_id in ingest.lookup_order():
        ingest.read_lookups(source_id)
    ingest.close_lookups()
    for source_id in SOURCES:
        ingest.stage_source(source_id)
        ingest.validate_source(source_id)
        ingest.curate_source(source_id)
    with build_database(plan, ingest, data / "build.duckdb", read_marts()) as building:
        made = building.complete()
        build_marts(made, [mart for mart in read_marts() if mart.name in MARTS])
        yield made


def printed(con: Connection, breakdown: str, code: str, measure: str, year: int = 2020) -> int:
    rows = con.execute(
        """select jobs from official_projection
           where area_code = ? and breakdown = ? and code = ? and measure = ? and year(period_start) = ?""",
        [AREA, breakdown, code, measure, year],
    ).fetchall()
    assert len(rows) == 1
    return round(rows[0][0])


def test_the_publishers_totals_stand_to_the_printed_digit(con: Connection) -> None:
    # Skills Imperative 2035, Lancashire LSIP main tables of August 2024: Ind F2 and RD T1
    assert printed(con, "total", "_T", "jobs", 2020) == 722_011
    assert printed(con, "total", "_T", "jobs", 2035) == 772_749
    assert printed(con, "total", "_T", "net_change") == 50_738
    assert printed(con, "total", "_T", "replacement") == 358_348
    assert printed(con, "total", "_T", "total_requirement") == 409_086


@pytest.mark.parametrize(("major", "people"), [("2", 114_353), ("6", 61_340), ("1", 47_599)])
def test_requirement_by_occupation_is_the_printed_one(con: Connection, major: str, people: int) -> None:
    assert printed(con, "occupation_major", major, "total_requirement") == people


def test_only_the_corrected_edition_is_shown(con: Connection) -> None:
    # March 2023 printed 184,510 professionals in 2035; August 2024 corrected it to 187,510
    assert printed(con, "occupation_major", "2", "jobs", 2035) == pytest.approx(187_510, abs=10)
    assert con.execute("select distinct edition from official_projection").fetchall() == [("2024-08",)]


def test_a_sector_of_one_industry_has_the_register_s_own_share_and_concentration(
    con: Connection, shared_data: Path
) -> None:
    jobs: dict[tuple[bool, bool], float] = {}
    with (shared_data / SOURCES[1] / "itl2_bres_employment_sic2.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["DATE"] == "2021" and "UKC" <= row["GEOGRAPHY_CODE"][:3] <= "UKK":
                for here in {row["GEOGRAPHY_CODE"] == "UKD4", False}:
                    for sector in {row["INDUSTRY_CODE"] == "30", False}:
                        jobs[here, sector] = jobs.get((here, sector), 0.0) + float(row["COUNT"])
    share, national = jobs[True, True] / jobs[True, False], jobs[False, True] / jobs[False, False]
    found = con.execute(
        """select jobs, share_of_jobs, location_quotient from sector_profile
           where area_code = ? and sector_id = 'aerospace' and year = 2021""",
        [AREA],
    ).fetchall()
    assert found == [pytest.approx((jobs[True, True], share, share / national))]


def test_a_printed_figure_is_traced_to_its_cell_and_the_cell_says_the_same(con: Connection, shared_data: Path) -> None:
    key: dict[str, lineage.KeyValue] = {
        "area_code": AREA, "breakdown": "total", "code": "_T", "measure": "replacement", **SPAN,
    }  # fmt: skip
    told = lineage.explain(con, lineage.citation("official_projection", key, "jobs"))
    assert round(told.cells["value"].to_pylist()[-1]) == 358_348
    for leaf in told.cells.to_pylist():
        sheet, _, cell = leaf["place"].rpartition("!")
        letters = cell.rstrip("0123456789")
        column = sum(26**n * (ord(letter) - 64) for n, letter in enumerate(reversed(letters))) - 1
        book = CalamineWorkbook.from_path(shared_data / SOURCES[0] / leaf["file_name"])
        grid = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        assert float(leaf["text"]) == grid[int(cell[len(letters) :]) - 1][column]
