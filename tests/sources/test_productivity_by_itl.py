"""Productivity of ITL areas: twelve tables in one workbook, told apart by what they say of smoothing, price and unit."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from lmi.raw.probe import Probe
from lmi.raw.recognise import misses
from lmi.registry import load
from tests.parsers.workbooks import write_workbook
from tests.sources.conftest import Holdings, Staged
from tests.sources.rules import broken_rules

SOURCE = "ons/productivity_by_itl"
LINES = Path(__file__).parent / "data" / "productivity_by_itl.csv"
Sheets = dict[str, list[list[Any]]]
CONTENTS = [["Summary"], [""], ["Tables published with the ONS Subregional Productivity June 2023 release."]]


def sheets() -> Sheets:
    """Return the publisher's twelve tables with two of their rows: the country and Lancashire."""
    made: Sheets = {"Contents": CONTENTS}
    with LINES.open(encoding="utf-8", newline="") as lines:
        for sheet, *row in csv.reader(lines):
            if row[0] == "title":
                made[sheet] = [[text] for text in row[1:]]
            else:
                made[sheet].append([float(t) if t.replace(".", "").isdigit() else t for t in row])
    return made


def whole(rows: Sheets) -> Sheets:
    """Return the workbook with tables as long as the publisher's, and its contents."""
    book = {name: [*r, *[[]] * (240 - len(r)), ["Source: Office for National Statistics"]] for name, r in rows.items()}
    return {**book, "Contents": CONTENTS}


def staged(rows: Sheets, folder: Path) -> Staged:
    return Staged([write_workbook(folder / "file", whole(rows))], folder / "data")


def test_each_table_is_an_indicator_of_its_own(tmp_path: Path) -> None:
    file = staged(sheets(), tmp_path)
    assert [o.account for o in file.outcomes(SOURCE)] == [
        {"found": 2 * 6 * (18 + 20), "observed": 456, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    rows = file.ask(
        SOURCE,
        "select indicator_id, value from figures where area_code = 'TLD4' and year(period_end) = 2021 order by 1",
    )
    assert {r["indicator_id"]: r["value"] for r in rows} == {
        "gva_per_hour": 33.06,
        "gva_per_hour_index": 86.26,
        "gva_per_hour_index_unsmoothed": 88.3,
        "gva_per_hour_unsmoothed": 34.15,
        "gva_per_hour_volume_index": 104.52,
        "gva_per_job": 48963.26,
        "gva_per_job_index": 83.95,
        "gva_per_job_index_unsmoothed": 85.48,
        "gva_per_job_unsmoothed": 51575.89,
        "gva_per_job_volume_index": 112.93,
        "productivity_hours": 19704797.15,
        "productivity_jobs": 678534.16,
    }
    assert broken_rules(file, SOURCE) == set()


def test_a_smoothed_table_in_the_place_of_an_unsmoothed_one_stops_the_file(tmp_path: Path) -> None:
    rows = sheets()
    rows["A4"] = rows["A3"]
    (outcome,) = staged(rows, tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped"
    assert "A4!A1" in outcome.error


def test_an_index_that_its_pounds_do_not_bear_out_is_caught(tmp_path: Path) -> None:
    rows = sheets()
    lancashire = next(r for r in rows["B1"] if r[1:2] == ["TLD4"])
    lancashire[-1] += 1
    assert "gva_per_job_index.is_pounds_over_the_country" in broken_rules(staged(rows, tmp_path), SOURCE)


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_cell_of_the_workbook_is_a_figure_and_passes(published: Staged, shared_data: Path) -> None:
    # 234 areas; six tables of eighteen years by hour and six of twenty by job
    assert [o.account for o in published.outcomes(SOURCE)] == [
        {"found": 234 * 6 * (18 + 20), "observed": 53352, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    assert broken_rules(published, SOURCE) == set()
    (file,) = (shared_data / SOURCE).iterdir()
    probe = Probe(file)
    fits = [
        s.source_id for s in load().sources.values() for lay in s.layouts.values() if not misses(probe, lay.recognise)
    ]
    assert fits == [SOURCE]


@pytest.mark.data
def test_six_areas_of_lancashire_have_its_jobs(published: Staged) -> None:
    jobs = "select sum(value) from figures where indicator_id = 'productivity_jobs' and year(period_end) = 2021 and "
    assert published.one(SOURCE, jobs + "area_code = 'TLD4'") == 678534.16  # Productivity Jobs!W28
    parts = published.one(SOURCE, jobs + "area_code in ('TLD41','TLD42','TLD44','TLD45','TLD46','TLD47')")
    assert parts == pytest.approx(678534.16, abs=0.03)  # six parts, each rounded to 0.01


@pytest.mark.data
def test_england_has_its_own_code_and_the_figures_stand_where_they_are_printed(published: Staged) -> None:
    rows = published.ask(
        SOURCE,
        "select area_code, value from figures where indicator_id = 'gva_per_hour' and year(period_end) = 2004 "
        "and area_code in ('E92000001', 'UKX', 'TLD41') order by 1",
    )  # A3!D7, A3!D29, A3!D6
    assert [tuple(r.values()) for r in rows] == [("E92000001", 26.09), ("TLD41", 19.11), ("UKX", 25.53)]
