"""GVA of districts: four measures of nested industries; money adds up within rounding, a blank is no zero."""

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

SOURCE = "ons/regional_gva_by_la_industry"
FIGURES = Path(__file__).parent / "data" / "regional_gva_by_la_industry.csv"
MONEY, VOLUME = "GVA Current Prices £m", "GVA Constant Prices £m"
COLUMNS = ((MONEY, 2022, "current 2022"), (VOLUME, 2022, "constant 2022"), (MONEY, 2023, "current 2023"))
Record = dict[str, Any]
TEXTS = ("dataset", "dates.freq", "variable.name", "geography.code", "geography.name", "industry.code", "industry.name")
SCHEMA = pa.schema([*((n, pa.string()) for n in TEXTS), ("dates.date", pa.date32()), ("value", pa.float64())])


def records() -> list[Record]:
    """Return Burnley in 2022 at current and constant prices and in 2023 at current ones, a record a figure."""
    made = []
    with FIGURES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for variable, year, column in COLUMNS:
                texts = ("RGVA_LAD", "a", variable, "E07000117", "Burnley", row["code"], row["name"])
                record = dict(zip(TEXTS, texts, strict=True))
                made.append({**record, "dates.date": date(year, 1, 1), "value": float(row[column])})
    return made


def staged(folder: Path, change: Callable[[Record], Record | None] = lambda r: r) -> Staged:
    kept = [made for record in records() if (made := change(record)) is not None]
    pq.write_table(pa.Table.from_pylist(kept, schema=SCHEMA), folder / "file")
    return Staged([folder / "file"], folder / "data")


def test_industries_get_their_codes_and_add_up(tmp_path: Path) -> None:
    file = staged(tmp_path)
    assert [o.account for o in file.outcomes(SOURCE)] == [
        {"found": 147, "observed": 147, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    rows = file.ask(
        SOURCE,
        "select industry, value from figures where indicator_id = 'gva' and year(period_end) = 2023 "
        "and industry in ('_T', 'A-E', 'AB', 'C', 'DE', 'F', 'G-T', '10-15', '26-30', '68X', '68IMP', 'L') order by 1",
    )
    assert {r["industry"]: r["value"] for r in rows} == {
        "_T": 2356, "A-E": 423, "AB": 2, "C": 401, "DE": 20, "F": 114, "G-T": 1819, "10-15": 38, "26-30": 203,
        "68X": 70, "68IMP": 142, "L": 212,
    }  # fmt: skip
    assert 423 + 114 + 1819 == 2356
    assert 2 + 401 + 20 == 423
    assert 70 + 142 == 212
    assert broken_rules(file, SOURCE) == {"districts.are_all_there"}


def test_a_blank_keeps_that_it_is_missing(tmp_path: Path) -> None:
    file = staged(tmp_path, lambda r: {**r, "value": None} if r["industry.code"] == "AB (1-9)" else r)
    assert [(o.account["observed"], o.account["missing"]) for o in file.outcomes(SOURCE)] == [(144, 3)]
    assert file.one(SOURCE, "select distinct status from figures where industry = 'AB'") == "not_available"


def test_thousands_in_the_place_of_millions_and_a_lost_section_are_caught(tmp_path: Path) -> None:
    wrong = staged(tmp_path, lambda r: {**r, "value": 401000.0} if r["industry.code"] == "C (10-33)" else r)
    assert broken_rules(wrong, SOURCE) >= {"sections.add_to_the_total", "broad_sectors.are_their_sections"}
    assert broken_rules(wrong, SOURCE) >= {"divisions.add_to_their_section", "money.is_plausible"}
    (tmp_path / "lost").mkdir()
    lost = staged(tmp_path / "lost", lambda r: None if r["industry.code"] == "P (85)" else r)
    assert "sections.are_all_there" in broken_rules(lost, SOURCE)


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_file_is_accounted_for_and_passes(published: Staged) -> None:
    found = 361 * 49 * 26 * 4  # authorities, industries, years, measures
    assert [o.account for o in published.outcomes(SOURCE)] == [
        {"found": found, "observed": found - 13858, "missing": 13858, "quarantined": 0, "ignored": {}}
    ]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_fourteen_districts_made_43074_million_pounds_in_2023(published: Staged) -> None:
    sql = f"select sum(value) from figures where indicator_id = 'gva' and year(period_end) = 2023 and {in_districts()}"
    assert published.one(SOURCE, sql + " and industry = '_T'") == 43074
    assert published.one(SOURCE, sql + " and industry = 'C'") == 7659


@pytest.mark.data
def test_the_one_negative_figure_is_kept(published: Staged) -> None:
    rows = published.ask(
        SOURCE, "select area_code, industry, year(period_end) as year, value from figures where value < 0"
    )
    assert [tuple(r.values()) for r in rows] == [("E06000045", "AB", 2022, -1.0)]
