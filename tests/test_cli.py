"""Each verb answers in three forms, refuses in one paragraph, and tells by its status how it went."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lmi import cli
from lmi.errors import LmiError
from lmi.marts.run import mart_names
from lmi.raw.readers import Workbook, text_of
from lmi.registry import repository_root
from tests.pipeline import files
from tests.pipeline.builds import AREA, DAY, Built, published_like

VERBS = (
    "refresh",
    "land",
    "status",
    "schedule",
    "marts",
    "describe",
    "query",
    "gap",
    "explain",
    "revisions",
    "baseline",
)


@dataclass(frozen=True)
class Done:
    """How a command ended: its status and what it wrote."""

    status: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def lmi(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process as the shell does, on a data folder."""

    def run(data: Path, *words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["lmi", "--data", str(data), *words])
        capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return Done(status, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def data(baseline_build: Built) -> Path:
    """The data folder of the baseline build. Never change it."""
    return baseline_build.data


# ---------------------------------------------------------------- help and wrong use


def test_help_names_every_verb_and_imports_nothing_that_is_slow() -> None:
    slow = (
        "duckdb",
        "pyarrow",
        "pandas",
        "numpy",
        "prefect",
        "great_expectations",
        "pydantic",
        "sqlglot",
    )
    code = (
        "import sys\nfrom lmi import cli\nsys.argv = ['lmi', '--help']\n"
        f"try:\n    cli.main()\nfinally:\n    print([m for m in {slow!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=repository_root(), check=False
    )
    assert done.returncode == 0
    for verb in VERBS:
        assert re.search(rf"\b{verb}\b", done.stdout)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    done = CliRunner().invoke(cli.app, [verb, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output and len(done.output.splitlines()) > 5


@pytest.mark.parametrize(
    "words",
    [
        ("prophesy",),
        ("gap", "--year", "soon"),
        ("gap", "--levle", "3"),
        ("marts", "--format", "xml"),
        ("refresh", "--direct", "--as-of", "yesterday"),
        ("land", "file.csv", "--released", "31/01/2026"),
        ("query",),
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2_and_says_how(lmi: Command, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = lmi(tmp_path, *words)
    assert done.status == 2
    assert "Usage:" in done.err and "Traceback" not in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("status",), "run lmi refresh"),
        (("marts",), "nothing is published yet"),
        (("gap",), "nothing is published yet"),
        (("query", "select 1"), "nothing is published yet"),
        (("explain", "skills_gap-000000000000"), "nothing is published yet"),
        (("refresh", "--direct", "--area", "atlantis"), "atlantis"),
        (("refresh", "--direct", "--source", "dwp/claimant"), "dwp/claimant_count_by_la"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else "",
)
def test_a_stated_failure_is_status_1_and_one_paragraph(
    lmi: Command, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = lmi(tmp_path, *words)
    assert (done.status, done.out) == (1, "")
    assert told in done.err and "Traceback" not in done.err
    lines = done.err.strip().splitlines()
    assert told in lines[-1] and lines[:-1] in ([], ["gather"])  # where the run had come to


def test_debug_shows_the_trace(lmi: Command, tmp_path: Path) -> None:
    with pytest.raises(LmiError):
        lmi(tmp_path, "--debug", "marts")


# ---------------------------------------------------------------- refresh, land, status


def test_a_refresh_with_nothing_new_says_so(lmi: Command, baseline_build: Built, tmp_path: Path) -> None:
    built = published_like(baseline_build, tmp_path)
    done = lmi(built.data, "refresh", "--direct", "--as-of", DAY.isoformat())
    assert done.status == 0
    assert done.out.startswith("Nothing new") and built.report.build_id in done.out


def test_landing_prints_each_file_and_ends_with_status_1_when_one_is_refused(lmi: Command, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "claimants.csv").write_text(files.claimants())
    (folder / "empty.csv").write_text("")
    done = lmi(tmp_path / "data", "land", str(folder), "--format", "json")
    assert done.status == 1
    assert [(r["file"], r["outcome"], r["source_id"], r["vintage"]) for r in json.loads(done.out)] == [
        ("claimants.csv", "new", "dwp/claimant_count_by_la", "2026-01"),
        ("empty.csv", "refused", "", ""),
    ]
    assert "empty.csv: the file is empty." in done.err and "1 new, 0 already kept, 1 refused." in done.err
    again = lmi(tmp_path / "data", "land", str(folder / "claimants.csv"), "--format", "csv")
    assert again.status == 0
    assert next(csv.DictReader(io.StringIO(again.out)))["outcome"] == "known"


def test_landing_nothing_is_no_failure(lmi: Command, tmp_path: Path) -> None:
    (tmp_path / "downloads").mkdir()
    done = lmi(tmp_path / "data", "land", str(tmp_path / "downloads"))
    assert done.status == 0 and "0 new, 0 already kept, 0 refused." in done.err


def test_landing_a_file_that_is_not_there_names_it(lmi: Command, tmp_path: Path) -> None:
    done = lmi(tmp_path / "data", "land", str(tmp_path / "gone.csv"))
    assert done.status == 1 and "gone.csv" in done.err and "no such file" in done.err


def test_status_lists_every_source_with_what_serves(lmi: Command, data: Path) -> None:
    rows = as_rows(lmi, data, "status")
    mine = {r["source"]: r for r in rows}
    assert {r["state"] for r in rows if r["files"]} == {"ok"}
    assert (mine["dwp/claimant_count_by_la"]["vintage"], mine["dwp/claimant_count_by_la"]["files"]) == ("2023-10", 4)
    assert mine["ons/aps_employment_by_occupation"]["quarantined"] == 30
    refused = as_rows(lmi, data, "status", "--refused")
    assert [(r["rule"], r["stopped"]) for r in refused if r["cells"]] == [
        ("aps_t09b_58_not_occupation_63", False)
    ] * len(refused)
    assert sum(r["cells"] for r in refused) == 30


def test_status_says_when_the_next_release_was_expected_and_that_it_is_late(lmi: Command, data: Path) -> None:
    # The file of October 2023 was copied on 20 November, inside the window of that month's release.
    mine = {r["source"]: r for r in as_rows(lmi, data, "status", "--as-of", "2024-01-08")}["dwp/claimant_count_by_la"]
    assert (mine["released"], mine["next_by"]) == ("2023-11-20", "2023-12-24")
    assert (mine["release"], mine["missed"]) == ("late", 1)
    assert mine["day"] == "no later"  # than the day of the copy
    on_time = {r["source"]: r for r in as_rows(lmi, data, "status", "--as-of", "2023-11-30")}
    assert on_time["dwp/claimant_count_by_la"]["release"] == "up to date"
    assert on_time["dfe/skills_imperative_2035"]["release"] == "no calendar"
    days = {name: row["day"] for name, row in on_time.items()}
    assert days["dfe/neet_by_la"] == "guess" and days["dfe/skills_imperative_2035"] == "stated"


def test_the_schedule_lists_the_releases_to_come(lmi: Command, tmp_path: Path) -> None:
    rows = as_rows(lmi, tmp_path, "schedule", "--show", "--days", "31", "--as-of", "2027-01-01")
    mine = [(r["by"], r["opens"]) for r in rows if r["source"] == "dwp/claimant_count_by_la"]
    assert mine == [("2027-01-24", "2027-01-10")]
    assert not any(r["source"] == "dfe/skills_imperative_2035" for r in rows)  # it comes when it comes


def test_status_leads_to_the_page_of_checks(lmi: Command, data: Path) -> None:
    told = lmi(data, "status", "--as-of", DAY.isoformat())
    page = Path(told.err.rpartition("what was checked and refused: ")[2].strip())
    assert page.is_file() and "Checks of the published figures" in page.read_text(encoding="utf-8")
    assert all(column in told.out.splitlines()[0] for column in ("source", "released", "next_by", "state"))


def test_revisions_are_told_by_cause_or_figure_by_figure(lmi: Command, data: Path) -> None:
    summary = as_rows(lmi, data, "revisions", "2022-11-08", "2023-04-24")
    assert {r["cause"] for r in summary} == {"publisher revised", "reclassified", "newly published", "new period"}
    rows = as_rows(lmi, data, "revisions", "2022-11-08", "2023-04-24", "--figures")
    assert len(rows) == sum(r["figures"] for r in summary)
    told = lmi(data, "revisions", "atlantis")
    assert told.status == 1 and "no build 'atlantis'" in told.err


def as_rows(lmi: Command, data: Path, *words: str) -> list[dict[str, Any]]:
    """Return the answer as rows; as CSV it has the same columns and as many rows."""
    told = lmi(data, *words, "--format", "json")
    assert told.status == 0, told.err
    rows: list[dict[str, Any]] = json.loads(told.out)
    written = list(csv.DictReader(io.StringIO(lmi(data, *words, "--format", "csv").out)))
    assert len(written) == len(rows)
    assert [list(r) for r in written[:1]] == [list(r) for r in rows[:1]]
    return rows


# ---------------------------------------------------------------- marts, describe, query


def test_marts_lists_each_mart_with_its_rows_and_grain(lmi: Command, data: Path, baseline_build: Built) -> None:
    rows = as_rows(lmi, data, "marts")
    assert {r["mart"]: r["rows"] for r in rows} == baseline_build.report.marts
    assert tuple(r["mart"] for r in rows) == mart_names()
    gap = next(r for r in rows if r["mart"] == "skills_gap")
    assert gap["grain"] == "area_code, route, level, year, scenario"
    assert all(r["purpose"] for r in rows)
    drawn = lmi(data, "marts").out
    assert all(name in drawn for name in (*mart_names(), "mart", "rows", "grain", "purpose"))


def test_describe_tells_the_unit_and_meaning_of_every_column(lmi: Command, data: Path) -> None:
    rows = as_rows(lmi, data, "describe", "labour_slack")
    mine = {r["column"]: r for r in rows}
    assert (mine["claimants"]["type"], mine["claimants"]["unit"]) == ("double", "people")
    assert "not the ILO definition" in mine["claimants"]["meaning"]
    assert all(r["unit"] and r["meaning"] for r in rows)
    drawn = lmi(data, "describe", "labour_slack").out
    assert drawn.startswith("labour_slack: people who could be drawn into work") and "grain: area_code," in drawn


def test_describe_tells_the_unit_of_a_series_view_and_what_it_holds(lmi: Command, data: Path) -> None:
    drawn = lmi(data, "describe", "bres_employment_by_section").out
    assert drawn.startswith("bres_employment_by_section: jobs | ") and "grain" not in drawn
    columns = {r["column"] for r in as_rows(lmi, data, "describe", "bres_employment_by_section")}
    assert {"area_code", "industry", "value", "obs_key"} <= columns


def test_an_unknown_mart_is_named(lmi: Command, data: Path) -> None:
    done = lmi(data, "describe", "skills_gaps")
    assert done.status == 1 and "skills_gaps" in done.err and "lmi marts" in done.err


def test_a_query_answers_with_every_digit(lmi: Command, data: Path) -> None:
    sql = f"select claimants from labour_slack where area_code = '{AREA}' and period_start = '2023-07-01'"
    assert as_rows(lmi, data, "query", sql) == [{"claimants": 37_655.0}]
    third = as_rows(
        lmi, data, "query", "select 1 / 3 as third, date '2026-01-31' as day, null as nothing, [1, 2] as keys"
    )
    assert third == [{"third": 1 / 3, "day": "2026-01-31", "nothing": None, "keys": [1, 2]}]
    assert lmi(data, "query", "select 1 / 3 as third", "--format", "csv").out.split() == ["third", repr(1 / 3)]


@pytest.mark.parametrize(
    "sql",
    [
        "delete from skills_gap",
        "drop table skills_gap",
        "create table mine as select 1",
        "insert into skills_gap select * from skills_gap",
        "update labour_slack set claimants = 0",
        "copy skills_gap to '{here}/out.csv'",
        "attach '{here}/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '100GB'",
        "export database '{here}/out'",
        "select 1; drop table skills_gap",
        "select * from read_csv('{here}/secret.csv')",
        "select * from '{here}/secret.csv'",
        "select * from read_text('/etc/passwd')",
        "select * from glob('{here}/*')",
        "select * from read_parquet('https://example.org/x.parquet')",
        "select getenv('HOME')",
    ],
)
def test_a_query_can_neither_write_nor_reach_a_file_or_the_network(
    lmi: Command, data: Path, tmp_path: Path, baseline_build: Built, sql: str
) -> None:
    (tmp_path / "secret.csv").write_text("secret\n42\n")
    done = lmi(data, "query", sql.format(here=tmp_path))
    assert (done.status, done.out) == (1, "")
    assert "the query" in done.err and "Traceback" not in done.err and "42" not in done.out
    assert [p.name for p in tmp_path.iterdir()] == ["secret.csv"]
    assert baseline_build.one("select count(*) from skills_gap") == baseline_build.report.marts["skills_gap"]


def test_a_slip_in_a_query_is_told_in_the_database_s_words(lmi: Command, data: Path) -> None:
    done = lmi(data, "query", "select claimant from labour_slack")
    assert done.status == 1 and "claimants" in done.err and "lmi describe" in done.err
    assert lmi(data, "query", "selec 1").status == 1


# ---------------------------------------------------------------- gap and explain


GAP = ("gap", "--route", "engineering_and_manufacturing", "--level", "3", "--year", "2027")


def test_a_gap_is_told_with_its_interval_verdict_class_and_citation(
    lmi: Command, data: Path, baseline_build: Built
) -> None:
    row = as_rows(lmi, data, *GAP)[0]
    assert {"gap_p10", "gap", "gap_p90", "verdict", "class", "citation", "probability"} <= set(row)
    assert row["level"] == "3" and row["year"] == 2027
    stored = baseline_build.ask(
        """select round(gap_p50), verdict, quality_class from skills_gap where scenario = 'rebased' and level = '3'
           and route = 'engineering_and_manufacturing' and year = 2027"""
    )
    assert [(row["gap"], row["verdict"], row["class"])] == stored
    assert re.fullmatch(r"skills_gap-[0-9a-f]{12}", row["citation"])
    told = lmi(data, *GAP)
    assert row["citation"] in told.out and row["verdict"] in told.out
    assert "above zero is a shortfall" in told.err and "not for publication" in told.err


def test_a_gap_without_a_route_is_told_for_every_route_the_whole_last(lmi: Command, data: Path) -> None:
    rows = as_rows(lmi, data, "gap", "--level", "_T", "--year", "2027")
    assert len(rows) == len({r["route"] for r in rows}) > 10
    assert len({r["citation"] for r in rows}) == len(rows)
    assert rows[-1]["route"] == "_T"


@pytest.mark.parametrize(
    ("option", "value", "known"),
    [
        ("--route", "engineering", "engineering_and_manufacturing"),
        ("--level", "4", "4-5"),
        ("--scenario", "best", "rebased"),
        ("--district", "Leeds", "Burnley"),
        ("--sector", "steel", "aerospace"),
    ],
)
def test_a_word_that_no_gap_knows_is_refused_with_the_known_ones(
    lmi: Command, data: Path, option: str, value: str, known: str
) -> None:
    done = lmi(data, "gap", option, value)
    assert done.status == 1 and value in done.err and known in done.err


def test_a_cited_gap_is_explained_down_to_sheet_and_cell_with_the_text_printed_there(
    lmi: Command, data: Path, shared_data: Path
) -> None:
    citation = as_rows(lmi, data, *GAP)[0]["citation"]
    told = lmi(data, "explain", citation)
    assert told.status == 0
    head, _, cells = told.out.partition("Published cells (")
    assert head.startswith(f"{citation}\ngap_p50 = ")
    for part in ("in skills_gap: ", "How it was made, last step first:", "Assumptions:"):
        assert part in head
    assert "Contains public sector information" in cells
    # Each cell of the projections' workbook says what the publisher's own copy says at that address.
    current: tuple[str, Workbook] | None = None
    checked = 0
    for line in cells.splitlines():
        if found := re.search(r"\(([^()]+\.xlsm), sha256 [0-9a-f]{12}\)$", line):
            path = shared_data / "dfe" / "skills_imperative_2035" / found[1]
            current = (found[1], Workbook.open(path, found[1]))
        elif not line.startswith("  "):
            current = None
        elif current and (cell := re.fullmatch(r"  (.+)!([A-Z]+\d+): (\S+)(?:  flag .*)?", line)):
            assert text_of(current[1].grid(cell[1]).at(cell[2])) == cell[3]
            checked += 1
    assert checked > 10


def test_the_cells_behind_a_figure_can_be_had_as_rows(lmi: Command, data: Path) -> None:
    citation = as_rows(lmi, data, *GAP)[0]["citation"]
    rows = as_rows(lmi, data, "explain", citation)
    assert {r["kind"] for r in rows} == {"cell", "assumption"}
    assert all(r["place"] and r["sha256"] for r in rows if r["kind"] == "cell")
    assert any("!" in r["place"] and r["text"] for r in rows if r["kind"] == "cell")


@pytest.mark.parametrize("citation", ["skills_gap-000000000000", "no_such_mart-0123456789ab", "nonsense", ""])
def test_an_unknown_citation_is_refused_with_what_one_looks_like(lmi: Command, data: Path, citation: str) -> None:
    done = lmi(data, "explain", citation)
    assert (done.status, done.out) == (1, "")
    assert repr(citation) in done.err and "twelve hex digits" in done.err and "dim_citation" in done.err


# ---------------------------------------------------------------- export and baseline


def test_an_export_names_the_files_that_it_wrote(lmi: Command, data: Path, tmp_path: Path) -> None:
    done = lmi(data, "export", "labour_slack", "--as", "csv", "--out", str(tmp_path))
    assert done.status == 0
    assert [Path(line).name for line in done.out.split()] == ["labour_slack.csv", "datapackage.json", "csvw.json"]
    assert (tmp_path / "labour_slack.csv").is_file()
    assert lmi(data, "export", "slack").status == 1


def test_a_baseline_is_refused_when_nothing_is_landed(lmi: Command, tmp_path: Path) -> None:
    done = lmi(tmp_path / "data", "baseline", "--out", str(tmp_path / "out"))
    assert done.status == 1 and "nothing to build from" in done.err
    assert not (tmp_path / "out").exists()
