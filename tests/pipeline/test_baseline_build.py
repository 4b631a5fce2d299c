"""What the build of the committed baseline holds, says of itself and leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lmi.marts.run import mart_names
from lmi.pipeline import Settings, make_plan, run
from lmi.pipeline.status import read_status, status_table
from lmi.publish import published_build
from lmi.registry import load
from tests.pipeline.builds import DAY, Built, published_like


def test_a_build_of_the_baseline_reports_what_it_holds(baseline_build: Built) -> None:
    report = baseline_build.report
    assert (report.published, report.new, report.error, report.stopped) == (True, True, "", ())
    assert tuple(sorted(report.marts)) == mart_names()
    for mart, rows in report.marts.items():
        assert rows == baseline_build.one(f"select count(*) from {mart}")
    assert report.counts["new"] == baseline_build.one("select count(*) from known") > 0
    assert {n: report.counts[n] for n in ("revised", "withdrawn", "stale sources")} == dict.fromkeys(
        ("revised", "withdrawn", "stale sources"), 0
    )
    # The extract of October 2022 has one column under a wrong head, for 30 areas and years of the baseline.
    assert report.counts["quarantined"] == baseline_build.one("select count(*) from quarantine") == 30
    assert report.summary().startswith(f"Published {report.build_id}.")


def test_the_published_build_has_its_report_beside_it(baseline_build: Built) -> None:
    build = published_build(baseline_build.data / "curated")
    told = json.loads((build.folder / "report.json").read_text(encoding="utf-8"))
    assert build.build_id == baseline_build.report.build_id == told["build_id"]
    assert (told["area"], told["as_of"], told["marts"]) == ("lancashire", DAY.isoformat(), baseline_build.report.marts)


def test_the_page_of_checks_lies_in_the_build_and_names_every_file_and_refusal(baseline_build: Built) -> None:
    page = published_build(baseline_build.data / "curated").page.read_text(encoding="utf-8")
    for source_id, vintage in baseline_build.ask(
        "select distinct source_id, vintage from outcomes semi join checks using (snapshot_id)"
    ):
        assert f"{source_id}, {vintage} " in page
    for place, text in baseline_build.ask("select place, text from quarantine order by obs_key limit 3"):
        assert f"<li>{place}: {text}</li>" in page
    intended = baseline_build.one("select count(*) from checks")
    run = baseline_build.one("select count(*) from checks where status in ('passed', 'failed')")
    assert f"{run:,} of {intended:,} intended checks were run" in page


def test_what_was_refused_stands_in_the_mart_as_often_as_in_quarantine(baseline_build: Built) -> None:
    assert baseline_build.ask("select sum(refused_cells) from data_quality") == baseline_build.ask(
        "select count(*) from quarantine"
    )
    assert baseline_build.one("select count(*) from data_quality where outcome = 'error'") == 0


def test_nothing_is_left_in_the_builds_folder_but_the_build(baseline_build: Built) -> None:
    builds = baseline_build.data / "curated" / "builds"
    assert [p.name for p in builds.iterdir()] == [baseline_build.report.build_id]


def test_every_source_of_the_baseline_serves(baseline_build: Built) -> None:
    declared = status_table(read_status(baseline_build.data), load(), DAY).to_pylist()
    assert [r["source"] for r in declared] == sorted(load().sources)
    rows = [r for r in declared if r["files"]]
    assert {(r["state"], r["from"]) for r in rows} == {("ok", "baseline")}
    assert {(r["state"], r["vintage"], r["release"]) for r in declared if not r["files"]} <= {
        ("nothing at hand", "none", "nothing held")
    }
    plan = make_plan(Settings(baseline_build.data, "", DAY))
    assert sorted(r["source"] for r in rows) == sorted({s.source_id for s in plan.visible})
    # Of every check that was intended, one passed or found nothing to speak of.
    checked = [r["checks"] for r in rows if r["checks"]]
    assert {r["checked"] for r in rows if r["checks"]} == {DAY.isoformat()}
    assert len(checked) == len({s.source_id for s in plan.visible if s.source_id in plan.source_ids("statistics")})


def test_a_second_refresh_with_nothing_new_rebuilds_nothing_and_says_so(baseline_build: Built, tmp_path: Path) -> None:
    built = published_like(baseline_build, tmp_path)
    done: list[str] = []

    def noted(stage: str, what: str, step: Callable[..., Any], *arguments: Any) -> Any:
        done.append(stage)
        return step(*arguments)

    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    report = run(Settings(built.data, "", DAY), noted)
    assert (report.published, report.new, report.build_id) == (True, False, built.report.build_id)
    assert "Nothing new" in report.summary() and "nothing was rebuilt" in report.summary()
    assert done == ["gather"]
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_figures_of_other_areas_that_ranks_need_reach_no_other_mart(baseline_build: Built) -> None:
    others = "select code from codes where scheme = 'lsip' and code not in (select area_code from parameters)"
    assert baseline_build.one(f"select count(*) from known where area_code in ({others})") > 0
    marts = "select distinct table_name from duckdb_columns() where column_name = 'area_code' and table_name in (?)"
    of_areas = {name for name in mart_names() if baseline_build.ask(marts, [name])} - {"dim_area"}
    assert "core_indicators" in of_areas and len(of_areas) > 15
    for mart in sorted(of_areas):
        assert baseline_build.one(f"select count(*) from {mart} where area_code in ({others})") == 0, mart
