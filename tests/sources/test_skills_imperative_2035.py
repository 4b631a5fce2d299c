"""The projections: identities that the publisher's tables must keep, and totals printed in them, in thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.engine import connect, fetch, read_parquet
from lmi.registry import load
from lmi.sources.parsers import write_cells
from tests.sources.conftest import Staged

SOURCE = "dfe/skills_imperative_2035"
pytestmark = pytest.mark.data
AREA = "area_code = 'E69000019' and vintage = '2024-08'"
ALL_BUT_INDUSTRY = "occupation = '_T' and qualification = '_T' and sex = '_T'"
TOTAL = f"industry = '_T' and {ALL_BUT_INDUSTRY}"


@pytest.mark.parametrize(
    ("area", "vintage", "jobs_2020", "jobs_2035"),
    [
        ("E69000019", "2024-08", 722011, 772749),
        ("E37000019", "2024-08", 722011, 772749),
        ("E69000019", "2023-03", 722011, 772749),
    ],
)
def test_totals_are_those_of_the_workbook_in_jobs(
    staged: Staged, area: str, vintage: str, jobs_2020: int, jobs_2035: int
) -> None:
    rows = staged.ask(
        SOURCE,
        f"select value from figures where area_code = '{area}' and vintage = '{vintage}' and indicator_id = "
        f"'projected_jobs' and {TOTAL} "
        "and year(period_end) in (2020, 2035) order by period_end",
    )
    assert [r["value"] for r in rows] == pytest.approx([jobs_2020, jobs_2035])


def test_england_is_the_sum_that_dfe_prints(staged: Staged) -> None:
    value = staged.one(
        SOURCE,
        f"select value from figures where area_code = 'E92000001' and indicator_id = 'projected_jobs' and {TOTAL} "
        "and year(period_end) = 2035",
    )
    assert value == pytest.approx(32070091)


@pytest.mark.parametrize(
    ("parts", "codes"),
    [
        (f"industry like 'I22-%' and {ALL_BUT_INDUSTRY}", 22),
        ("length(occupation) = 1 and industry = '_T' and qualification = '_T' and sex = '_T'", 9),
        ("regexp_matches(occupation, '^[0-9]{2}$') and industry = '_T' and qualification = '_T' and sex = '_T'", 26),
        ("qualification like 'RQF%' and industry = '_T' and occupation = '_T' and sex = '_T'", 9),
    ],
)
def test_parts_add_to_the_total_in_every_year(staged: Staged, parts: str, codes: int) -> None:
    rows = staged.ask(
        SOURCE,
        f"with parts as (select period_end, sum(value) as jobs, count(*) as n from figures where {AREA} and "
        "indicator_id = 'projected_jobs' "
        f"and {parts} group by 1), total as (select period_end, value from figures where {AREA} and indicator_id = "
        f"'projected_jobs' and {TOTAL}) "
        "select count(*) as years, max(abs(jobs - value)) as off, min(n) as low, max(n) as high from parts join "
        "total using (period_end)",
    )
    assert rows[0]["years"] == 26 and rows[0]["off"] < 1e-3 and (rows[0]["low"], rows[0]["high"]) == (codes, codes)


def test_six_sectors_add_to_the_total_in_the_years_of_their_table(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select year(period_end) as year, sum(value) as jobs, count(*) as n from figures where {AREA} and "
        "indicator_id = 'projected_jobs' "
        f"and industry like 'S6-%' and {ALL_BUT_INDUSTRY} group by 1 order by 1",
    )
    assert [(r["year"], r["n"]) for r in rows] == [(2015, 6), (2019, 6), (2020, 6), (2025, 6), (2035, 6)]
    assert rows[-1]["jobs"] == pytest.approx(772749)


def test_net_change_and_replacement_add_to_the_requirement_for_every_occupation_and_qualification(
    staged: Staged,
) -> None:
    rows = staged.ask(
        SOURCE,
        "with wide as (select area_code, industry, occupation, qualification, sex, "
        "sum(value) filter (where indicator_id = 'projected_net_change') as net, "
        "sum(value) filter (where indicator_id = 'projected_replacement_demand') as replacement, "
        "sum(value) filter (where indicator_id = 'projected_total_requirement') as requirement from figures "
        "where vintage = '2024-08' and period_kind = 'span' group by all) "
        "select count(*) as n, max(abs(net + replacement - requirement)) as off from wide",
    )
    assert rows[0]["off"] < 1e-3 and rows[0]["n"] > 2000


def test_change_of_the_area_is_as_printed(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        f"select indicator_id, value, maturity from figures where {AREA} and {TOTAL} and period_kind = 'span' order "
        "by 1",
    )
    assert [round(r["value"], 1) for r in rows] == [50738.0, 358347.8, 409085.8]
    assert {r["maturity"] for r in rows} == {"projected_by_publisher"}


def test_the_corrected_edition_moved_professionals_and_associate_professionals(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select vintage, occupation, round(value, -1) as jobs from figures where area_code = 'E69000019' and "
        "indicator_id = 'projected_jobs' "
        "and occupation in ('2', '3') and industry = '_T' and qualification = '_T' and sex = '_T' and "
        "year(period_end) = 2035 order by 1, 2",
    )
    assert [r["jobs"] for r in rows] == [184510, 100490, 187510, 89140]


def test_years_after_the_base_year_are_projected_and_years_before_are_not(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select maturity, min(year(period_end)) as first, max(year(period_end)) as last from figures "
        "where indicator_id = 'projected_jobs' group by 1 order by 1",
    )
    assert [tuple(r.values()) for r in rows] == [("final", 2010, 2020), ("projected_by_publisher", 2021, 2035)]


def test_no_figure_stands_twice_in_an_edition(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select vintage, part from figures group by vintage, part, indicator_id, area_code, period_start, "
        "period_end, industry, occupation, "
        "qualification, sex having count(*) > 1",
    )
    assert rows == []


@pytest.mark.parametrize("name", ["la_lsip_main_tables_2024_08.xlsm", "en_main_tables_2024_08.xlsm"])
def test_a_figure_printed_again_equals_the_one_that_is_kept(shared_data: Path, tmp_path: Path, name: str) -> None:
    """The reason of every ignore holds: over all tables of a workbook a figure has one value."""
    source = load().source(SOURCE)
    path = shared_data / "dfe" / "skills_imperative_2035" / name
    write_cells(path, source, source.layouts["main"], tmp_path / "cells.parquet")
    with connect() as con:
        con.register("cells", read_parquet(tmp_path / "cells.parquet"))
        spread = fetch(con, REPEATED).to_pylist()[0]
    assert spread["repeated"] > 700 and spread["thousands"] < 1e-9


#: Detailed industries are another level than industries of the same name.
REPEATED = """
with named as (
    select measure, period, industry, qualification, text::double as thousands,
        case occupation when 'Total' then 'All occupations' else occupation end as occupation,
        case sex when 'Male' then 'Males' when 'Female' then 'Females' when 'Total' then 'Males and females'
            else sex end as sex,
        industry <> 'All industries' and ("table" like '%75' or "table" = 'ind_t3') as detailed
    from cells
), spreads as (
    select max(thousands) - min(thousands) as spread from named
    group by measure, period, industry, occupation, qualification, sex, detailed having count(*) > 1
)
select max(spread) as thousands, count(*) as repeated from spreads
"""
