"""One thing wrong in a file: it is named with its place, what it spoils stops, and everything else goes on.

The files are whole ones of `files.py` with one fault put in. The last good vintages are those of the baseline.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from lmi.pipeline.ingest import Ingest
from lmi.pipeline.status import read_status, refusals, status_table
from tests.pipeline import files
from tests.pipeline.bench import REGISTRY, Bench, landed_one
from tests.pipeline.builds import AREA, DAY, Built, part_of_baseline, published_like, refresh
from tests.pipeline.faulty import AIMS, CLAIMANTS, JOBS, STOPPED, WHOLE, Stopped


@pytest.mark.parametrize("case", STOPPED.values(), ids=STOPPED)
def test_a_file_with_a_fault_stops_with_its_place_and_the_last_good_vintage_serves(
    bench: Bench, tmp_path: Path, case: Stopped
) -> None:
    good = bench.take_in(case.source_id)
    before = good.curate_source(case.source_id)
    row = bench.land(case.name, case.content(tmp_path))
    assert row.outcome == "new", row.message
    ingest = bench.take_in(case.source_id)
    outcome = landed_one(ingest)
    assert outcome.state == "stopped"
    assert outcome.error.startswith(case.source_id) and "\n" not in outcome.error
    for words in (*case.told, "Found:", "What to do:"):
        assert words in outcome.error
    # The vintages of before serve as before, and hold what they held.
    assert {o.state for o in ingest.outcomes.values() if o.origin == "baseline"} == {"ok"}
    assert ingest.curate_source(case.source_id) == before
    _check_set_aside(ingest, case, outcome.snapshot_id)
    _check_status(bench, case)


def _check_set_aside(ingest: Ingest, case: Stopped, snapshot_id: int) -> None:
    """The refused cells are in quarantine, each under its rule, with place and text as published."""
    mine = [r for r in ingest.quarantined().to_pylist() if r["snapshot_id"] == snapshot_id]
    if case.rule in WHOLE or not case.rule:
        return
    assert {r["rule"] for r in mine} == {case.rule}
    assert {r["source_id"] for r in mine} == {case.source_id}
    if case.rows:
        assert [(r["place"], r["text"]) for r in mine] == list(case.rows)
    assert sum(ingest.outcomes[snapshot_id].quarantined.values()) == len(mine) > 0


def _check_status(bench: Bench, case: Stopped) -> None:
    """`lmi status` shows the source as stopped and what it used instead; `--refused` shows the rule."""
    state = read_status(bench.data)
    row = next(r for r in status_table(state, REGISTRY, DAY).to_pylist() if r["source"] == case.source_id)
    assert row["state"].startswith("stopped: 1 of ") and row["from"] == "baseline"
    # A label or layout that the source does not declare is a changed shape; a figure that breaks a rule is none.
    assert row["changed_shape"] == (case.rule not in WHOLE)
    refused = refusals(state).to_pylist()
    assert [r["source"] for r in refused] == [case.source_id] and refused[0]["stopped"]
    if case.rule and case.rule not in WHOLE:
        assert refused[0]["rule"] == case.rule
    assert any(case.told[0] in line for line in state.remarks())


def test_a_district_that_stands_twice_is_counted_once(bench: Bench) -> None:
    twice = files.claimants() + f"2026-01,E07000117,Burnley again,{files.COUNT},1000\n"
    bench.land("claimants.csv", twice)
    ingest = bench.take_in(CLAIMANTS)
    outcome = landed_one(ingest)
    assert (outcome.state, outcome.quarantined) == ("ok", {"figure.stands_once": 1})
    rows = [r for r in ingest.quarantined().to_pylist() if r["snapshot_id"] == outcome.snapshot_id]
    assert [(r["rule"], r["place"], r["text"]) for r in rows] == [
        ("figure.stands_once", "record 30, column value", "1000")
    ]
    assert refusals(read_status(bench.data)).to_pylist() == [
        {
            "source": CLAIMANTS,
            "vintage": "2026-01",
            "part": "",
            "rule": "figure.stands_once",
            "cells": 1,
            "stopped": False,
        }
    ]


def test_a_rate_in_another_unit_is_set_aside(bench: Bench) -> None:
    bench.land("claimants.csv", files.claimants().replace(",2.5\n", ",2500\n"))
    outcome = landed_one(bench.take_in(CLAIMANTS))
    broken = {"rate.is_a_percentage": 14, "count_and_rate.mean_a_population": 28}  # the count beside it is doubted too
    assert (outcome.state, outcome.quarantined) == ("ok", broken)


def test_a_district_with_two_figures_has_neither(bench: Bench) -> None:
    bench.land("claimants.csv", files.claimants() + f"2026-01,E07000117,Burnley again,{files.COUNT},1500\n")
    ingest = bench.take_in(CLAIMANTS)
    outcome = landed_one(ingest)
    assert outcome.quarantined["figure.has_one_value"] == 2
    rows = [r for r in ingest.quarantined().to_pylist() if r["snapshot_id"] == outcome.snapshot_id]
    assert [(r["place"], r["text"]) for r in rows] == [
        ("record 6, column value", "1000"),
        ("record 30, column value", "1500"),
    ]


def test_a_column_that_nobody_reads_changes_nothing(bench: Bench) -> None:
    lines = files.claimants().splitlines()
    wider = "\n".join([lines[0] + ",note", *(line + ",provisional" for line in lines[1:])]) + "\n"
    bench.land("claimants.csv", wider)
    outcome = landed_one(bench.take_in(CLAIMANTS))
    assert (outcome.state, outcome.account["observed"]) == ("ok", 28)


def with_number_outside_its_tables(workbook_: Path, sheet: str, into: Path) -> Path:
    """Copy a workbook with the number 1 put into cell A9999 of a sheet."""
    names: dict[str, str] = {}
    with zipfile.ZipFile(workbook_) as book, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        ids = dict(re.findall(r'<sheet [^>]*name="([^"]+)"[^>]*r:id="([^"]+)"', book.read("xl/workbook.xml").decode()))
        links = book.read("xl/_rels/workbook.xml.rels").decode()
        for link in re.findall(r"<Relationship [^>]+>", links):
            names[re.search(r'Id="([^"]+)"', link)[1]] = re.search(r'Target="([^"]+)"', link)[1]  # type: ignore[index]
        for item in book.infolist():
            data = book.read(item)
            if item.filename == f"xl/{names[ids[sheet]]}":
                data = data.replace(b"</sheetData>", b'<row r="9999"><c r="A9999"><v>1</v></c></row></sheetData>')
            made.writestr(item, data)
    return into


@pytest.mark.data
def test_a_number_that_no_table_claims_stops_the_projections_and_the_last_edition_serves(
    shared_data: Path, prepared: tuple[Path, Ingest], tmp_path: Path
) -> None:
    source_id = "dfe/skills_imperative_2035"
    bench = Bench(tmp_path / "data", part_of_baseline(tmp_path / "baseline", source_id), prepared[1])
    published = shared_data / source_id / "la_lsip_main_tables_2024_08.xlsm"
    path = with_number_outside_its_tables(published, "RD T1", tmp_path / "new.xlsm")
    row = bench.land(path.name, path.read_bytes(), vintage="2027-08")
    assert row.outcome == "new", row.message
    ingest = bench.take_in(source_id)
    outcome = landed_one(ingest)
    assert outcome.state == "stopped"
    for words in (source_id, "RD T1", "A9999", "Expected:", "Found:", "What to do:"):
        assert words in outcome.error
    served = [o for o in ingest.outcomes.values() if o.state == "ok"]
    assert sorted((o.vintage, o.part) for o in served) == [("2024-08", "en"), ("2024-08", "la_lsip")]


def test_a_refresh_with_many_faults_publishes_what_is_good_and_tells_each_fault(
    baseline_build: Built, tmp_path: Path
) -> None:
    built = published_like(baseline_build, tmp_path / "data")
    bench = Bench(built.data, tmp_path / "unused", None)  # type: ignore[arg-type]
    for name in ("an unknown area code", "an unknown subject", "an unknown flag in a workbook"):
        case = STOPPED[name]
        assert bench.land(case.name, case.content(tmp_path)).outcome == "new"
    good = files.claimants("2026-02").replace(",1000\n", ",2000\n")
    assert bench.land("february.csv", good + f"2026-02,E07000117,again,{files.COUNT},2000\n").outcome == "new"
    report = refresh(built.data)
    assert report.published and report.build_id != built.report.build_id
    assert report.counts["stale sources"] == 3 and len(report.stopped) == 3
    for source_id in (CLAIMANTS, AIMS, JOBS):
        assert sum(text.startswith(source_id) for text in report.stopped) == 1
        assert f"stopped: {source_id}" in report.summary()
    # fourteen districts of 2,000 in February; the months of the baseline and every other source as before
    slack = f"select claimants from labour_slack where area_code = '{AREA}' and period_start = ?::date"
    assert built.one(slack, ["2026-02-01"]) == 28_000
    assert built.one(slack, ["2023-07-01"]) == 37_655
    assert built.one(slack, ["2026-01-01"]) == 38_825  # of another source, and not of the file that was stopped
    assert built.one(f"select max(uc_households) from labour_slack where area_code = '{AREA}'") == 172_228
    assert report.counts["new"] == 28 and report.counts["withdrawn"] == 0
    refused = built.ask(
        "select rule, count(*) from quarantine where snapshot_id in (select snapshot_id from quarantine "
        "except select snapshot_id from snapshots where origin = 'baseline') group by rule order by rule"
    )
    assert refused == [("figure.stands_once", 1), ("unknown_area", 2), ("unknown_flag", 1), ("unknown_subject", 1)]
    assert {r["rule"] for r in refusals(read_status(built.data)).to_pylist()} >= {rule for rule, _ in refused}
