"""Productivity of districts: pounds and index agree, and a district far above the average is kept as it is."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/productivity_by_la"
FIGURES = Path(__file__).parent / "data" / "productivity_by_la.csv"
SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("dates.date", pa.date32()),
        ("dates.freq", pa.string()),
        ("geography.code", pa.string()),
        ("geography.name", pa.string()),
        ("variable.name", pa.string()),
        ("value", pa.float64()),
    ]
)
Record = dict[str, Any]


def records() -> list[Record]:
    """Return the year 2022 of the fourteen districts and the country, one record a figure as in the file."""
    with FIGURES.open(encoding="utf-8", newline="") as lines:
        areas = list(csv.DictReader(lines))
    return [
        dict(
            zip(SCHEMA.names, ("PROD_LAD", date(2022, 1, 1), "a", area["code"], area["name"], n, float(v)), strict=True)
        )
        for area in areas
        for n, v in area.items()
        if n.startswith("GVA")
    ]


def staged(folder: Path, change: Callable[[Record], Record | None] = lambda r: r) -> Staged:
    kept = [made for record in records() if (made := change(record)) is not None]
    pq.write_table(pa.Table.from_pylist(kept, schema=SCHEMA), folder / "file")
    return Staged([folder / "file"], folder / "data")


def test_fourteen_districts_and_the_country_pass_every_rule(tmp_path: Path) -> None:
    file = staged(tmp_path)
    assert [o.account for o in file.outcomes(SOURCE)] == [
        {"found": 60, "observed": 60, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    assert broken_rules(file, SOURCE) == set()
    rows = file.ask(SOURCE, "select indicator_id, value from figures where area_code = 'E07000117' order by 1")
    assert [tuple(r.values()) for r in rows] == [
        ("gva_per_hour", 34.2),
        ("gva_per_hour_index", 86.0),
        ("gva_per_job", 52826.9),
        ("gva_per_job_index", 85.6),
    ]


def test_a_district_that_is_lost_and_an_index_of_another_base_are_caught(tmp_path: Path) -> None:
    def fault(record: Record) -> Record | None:
        if record["geography.code"] == "E07000128":
            return None
        if record["geography.code"] == "UKX" and record["variable.name"] == "GVA per hour worked (UKX = 100)":
            return {**record, "value": 110.0}
        return record

    assert broken_rules(staged(tmp_path, fault), SOURCE) == {
        "districts.are_all_there",
        "index.of_the_country_is_100",
        "hour_index.is_pounds_over_the_country",
    }


def test_pounds_a_job_under_pounds_an_hour_are_caught(tmp_path: Path) -> None:
    def fault(record: Record) -> Record:
        wrong = record["geography.code"] == "E07000117" and record["variable.name"] == "GVA per hour worked (£)"
        return {**record, "value": 52826.9} if wrong else record

    assert broken_rules(staged(tmp_path, fault), SOURCE) == {
        "pounds_an_hour.are_plausible",
        "hour_index.is_pounds_over_the_country",
    }


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_file_is_a_figure_and_passes(published: Staged) -> None:
    # 362 areas, nineteen years by hour and twenty-one by job, in pounds and as an index
    assert [o.account for o in published.outcomes(SOURCE)] == [
        {"found": 362 * (19 + 21) * 2, "observed": 28960, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(
    ("area", "indicator", "year", "value"),
    [
        ("E07000126", "gva_per_hour_index", 2022, 135.8),  # South Ribble: aerospace
        ("E07000124", "gva_per_hour_index", 2022, 108.4),  # Ribble Valley: aerospace
        ("E07000117", "gva_per_hour", 2004, 21.1),
        ("UKX", "gva_per_hour", 2022, 39.7),
        ("UKX", "gva_per_job", 2002, 37569.1),
    ],
)
def test_a_printed_figure_is_found_unchanged(
    published: Staged, area: str, indicator: str, year: int, value: float
) -> None:
    sql = "select value from figures where area_code = '{}' and indicator_id = '{}' and year(period_end) = {}"
    assert published.one(SOURCE, sql.format(area, indicator, year)) == value


@pytest.mark.data
def test_eleven_of_fourteen_districts_are_below_the_country(published: Staged) -> None:
    sql = f"select count(*) from figures where {in_districts()} and indicator_id = 'gva_per_hour_index' and value < 100"
    assert (
        published.one(SOURCE, sql + " and year(period_end) = 2022") == 11
    )  # all but Fylde, Ribble Valley and South Ribble
