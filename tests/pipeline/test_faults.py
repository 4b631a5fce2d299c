"""One thing wrong in a file: it is named with its place, what it spoils stops, and everything else goes on.

The files are whole ones of `files.py` with one fault put in. The last good vintages are those of the baseline.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import DeclarationError, SnapshotMismatch, StoreError
from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.status import read_status, refusals, status_table
from lmi.publish import published_build
from lmi.registry import load, repository_root
from tests.pipeline import files
from tests.pipeline.bench import Bench, landed_one
from tests.pipeline.builds import AREA, DAY, Built, part_of_baseline, published_like, refresh

CLAIMANTS, AIMS, JOBS = "dwp/claimant_count_by_la", "dfe/fe_achievements_by_ssa", "ons/bres_employment_by_industry"
Rows = list[list[object]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ingest]:
    """The baseline of three sources and the look-ups, read once."""
    folder = tmp_path_factory.mktemp("bench")
    baseline = part_of_baseline(folder / "baseline", CLAIMANTS, AIMS, JOBS)
    known = Ingest(make_plan(Settings(folder / "data", "", DAY, baseline=baseline)))
    for source_id in known.lookup_order():
        known.read_lookups(source_id)
    known.close_lookups()
    return baseline, known


@pytest.fixture
def bench(prepared: tuple[Path, Ingest], tmp_path: Path) -> Bench:
    return Bench(tmp_path / "data", *prepared)


def workbook(rows: Rows, folder: Path, sheet: str = "Data") -> bytes:
    return files.write_jobs(folder / "made.xlsx", rows, sheet).read_bytes()


def changed(rows: Rows, row: int, column: int, value: object) -> Rows:
    """Return the rows with one cell changed; row and column count from 1."""
    made = [list(r) for r in rows]
    made[row - 1][column - 1] = value
    return made


# ---------------------------------------------------------------- the files themselves


@pytest.mark.parametrize(
    ("source_id", "name", "make", "figures"),
    [
        (CLAIMANTS, "claimants.csv", lambda folder: files.claimants(), 28),
        (AIMS, "aims.csv", lambda folder: files.aims(), 14 * 17),
        (JOBS, "jobs.xlsx", lambda folder: workbook(files.jobs(), folder), 2 * 39),
    ],
)
def test_a_file_without_a_fault_is_taken_in_whole(
    bench: Bench, tmp_path: Path, source_id: str, name: str, make: Callable[[Path], str | bytes], figures: int
) -> None:
    assert bench.land(name, make(tmp_path)).outcome == "new"
    outcome = landed_one(bench.take_in(source_id))
    assert (outcome.state, outcome.error, outcome.quarantined) == ("ok", "", {})
    assert outcome.account["observed"] == outcome.account["found"] == figures
    assert outcome.checks["failed"] == 0, outcome.checks["failures"]


# ---------------------------------------------------------------- refused at the door


@dataclass(frozen=True)
class Refused:
    """A file that is not kept, and what its refusal must say."""

    name: str
    content: Callable[[Path], str | bytes]
    told: tuple[str, ...]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


REFUSED = {
    "empty": Refused("claimants.csv", lambda f: b"", ("empty", "0 bytes", "download it again")),
    "a web page": Refused("claimants.csv", lambda f: "<html>Sorry</html>", ("web page", "download the file itself")),
    "a workbook cut short": Refused("jobs.xlsx", lambda f: cut(workbook(files.jobs(), f)), ("cut short", "again")),
    "a compressed file cut short": Refused(
        "claimants.csv.gz", lambda f: cut(gzip.compress(os.urandom(10**5))), ("cut short", "download it again")
    ),
    "a column renamed": Refused(
        "claimants.csv",
        lambda f: files.claimants().replace("geography_code", "area_code"),
        (
            "no source has this layout",
            CLAIMANTS,
            "column 'geography_code'",
            "area_code",
            "a new dataset needs a declaration",
        ),
    ),
    "a column dropped": Refused(
        "claimants.csv",
        lambda f: "\n".join(line.rpartition(",")[0] for line in files.claimants().splitlines()),
        ("no source has this layout", "column 'value'"),
    ),
    "a sheet renamed": Refused(
        "jobs.xlsx",
        lambda f: workbook(files.jobs(), f, "Data 1"),
        ("no source has this layout", "Data 1", "check that the download is complete"),
    ),
    "a record with too few fields": Refused(
        "claimants.csv",
        lambda f: files.claimants() + "2026-01,E07000117\n",
        ("cannot be read", "Found:", "download is complete"),
    ),
    "an archive": Refused("jobs.zip", lambda f: archive({"jobs.csv": b"a,b\n"}), ("archive", "jobs.csv", "unpack it")),
}


def archive(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in content.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_what_it_should_is_refused_and_not_kept(
    bench: Bench, tmp_path: Path, case: Refused
) -> None:
    row = bench.land(case.name, case.content(tmp_path))
    assert row.outcome == "refused"
    assert case.name in row.message and "What to do:" in row.message and "\n" not in row.message
    for words in case.told:
        assert words in row.message
    assert not (bench.data / "raw").exists() or not list((bench.data / "raw").rglob("*.json"))


def test_two_files_that_claim_one_vintage_are_not_mixed(bench: Bench) -> None:
    assert bench.land("january.csv", files.claimants()).outcome == "new"
    row = bench.land("again.csv", files.claimants().replace(",1000\n", ",1005\n", 1))
    assert row.outcome == "refused"
    for words in (
        CLAIMANTS,
        "again.csv",
        "two files claim the vintage 2026-01",
        "Expected: the bytes already kept",
        "--vintage",
    ):
        assert words in row.message
    assert landed_one(bench.take_in(CLAIMANTS)).state == "ok"


# ---------------------------------------------------------------- stopped when it is read


@dataclass(frozen=True)
class Stopped:
    """A file that is kept and does not serve: what its error says, and the rows that are set aside."""

    source_id: str
    name: str
    content: Callable[[Path], str | bytes]
    told: tuple[str, ...]
    rule: str = ""
    rows: tuple[tuple[str, str | None], ...] = ()  # place and text


def spoilt_jobs(row: int, column: int, value: object) -> Callable[[Path], bytes]:
    return lambda folder: workbook(changed(files.jobs(), row, column, value), folder)


def with_extra_sheet(folder: Path) -> bytes:
    import xlsxwriter

    path = folder / "two.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("Data")
        for r, row in enumerate(files.jobs()):
            for c, value in enumerate(row):
                if value != "":
                    page.write(r, c, value)
        book.add_worksheet("Revised").write(0, 0, "see the other sheet")
    return path.read_bytes()


STOPPED = {
    "an unknown area code": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace("E07000117", "E07999999"),
        (
            "claimants.csv, record 6, column value",
            "E07999999",
            "2 cells break the rule unknown_area",
            f"{CLAIMANTS}.toml",
        ),
        "unknown_area",
        (("record 6, column value", "1000"), ("record 7, column value", "2.5")),
    ),
    "an unknown symbol": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace(",1000\n", ",[x]\n", 1),
        ("claimants.csv, record 2, column value", "'[x]'", "1 cells break the rule unknown_symbol"),
        "unknown_symbol",
        (("record 2, column value", "[x]"),),
    ),
    "a new measure": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants() + "2026-01,E07000117,Burnley,Claimants by duration,10\n",
        ("claimants.csv, record 30, column value", "Claimants by duration", "no_measure"),
        "no_measure",
        (("record 30, column value", "10"),),
    ),
    "an unknown period": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: files.claimants().replace("2026-01,E06000008", "2026-Q1,E06000008"),
        ("claimants.csv, record 2, column value", "2026-Q1", "unknown_period"),
        "unknown_period",
        (("record 2, column value", "1000"), ("record 3, column value", "2.5")),
    ),
    "an unknown subject": Stopped(
        AIMS,
        "aims.csv",
        lambda f: files.aims().replace('Total,"Social Sciences",10\n', 'Total,"Astrology",10\n', 1),
        ("aims.csv, record 13, column e_and_t_aims_ach", "Astrology", "unknown_subject"),
        "unknown_subject",
        (("record 13, column e_and_t_aims_ach", "10"),),
    ),
    "a finer table than was declared": Stopped(
        AIMS,
        "aims.csv",
        lambda f: files.aims().replace(",Total,Total,Total,Total,150", ",Level 3,Total,Total,Total,150", 1),
        ("aims.csv, record 2, column e_and_t_aims_ach", "Level 3", "unknown_qualification"),
        "unknown_qualification",
        (("record 2, column e_and_t_aims_ach", "150"),),
    ),
    "an unknown area in a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        spoilt_jobs(11, 1, "lep:Atlantis"),
        ("jobs.xlsx, Data!B11", "lep:Atlantis", "39 cells break the rule unknown_area"),
        "unknown_area",
    ),
    "an unknown flag in a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        spoilt_jobs(11, 5, "?"),
        ("jobs.xlsx, Data!D11", "the flag '?'", "unknown_flag"),
        "unknown_flag",
        (("Data!D11", "3000"),),
    ),
    "a sheet that was added": Stopped(
        JOBS, "jobs.xlsx", with_extra_sheet, ("sheet Revised", "Expected: only the sheet Data", "Found: Data, Revised")
    ),
    "a column renamed in a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        spoilt_jobs(8, 6, "Manufacturing, in all"),
        ("jobs.xlsx, Data!F10", "Manufacturing, in all", "unknown_industry"),
        "unknown_industry",
        (("Data!F10", "9000"), ("Data!F11", "9000")),
    ),
    "a key added to a workbook": Stopped(
        JOBS,
        "jobs.xlsx",
        lambda f: workbook([*files.jobs()[:5], ["legal status", "Company"], *files.jobs()[6:]], f),
        ("not of the declared kind", "legal status", "Data!"),
    ),
    "figures in another unit": Stopped(
        AIMS,
        "aims.csv",
        lambda f: re.sub(r"0$", "0000", files.aims(), flags=re.M),
        ("check subjects.add_to_total failed, 14 times", "E06000008", "the last good vintage stays in use"),
        "subjects.add_to_total",
    ),
    "a district that was lost": Stopped(
        CLAIMANTS,
        "claimants.csv",
        lambda f: re.sub(r"^.*E07000128.*\n", "", files.claimants(), flags=re.M),
        ("check districts.are_all_there failed", "E07000128", "the area would be summed without it"),
        "districts.are_all_there",
    ),
}
#: Broken for the table as a whole: there is no one cell to set aside.
WHOLE = ("subjects.add_to_total", "districts.are_all_there")


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
    row = next(r for r in status_table(state, load(), DAY).to_pylist() if r["source"] == case.source_id)
    assert row["state"].startswith("stopped: 1 of ") and row["from"] == "baseline"
    # A label or layout that the source does not declare is a changed shape; a figure that breaks a rule is none.
    assert row["changed_shape"] == (case.rule not in WHOLE)
    refused = refusals(state).to_pylist()
    assert [r["source"] for r in refused] == [case.source_id] and refused[0]["stopped"]
    if case.rule and case.rule not in WHOLE:
        assert refused[0]["rule"] == case.rule
    assert any(case.told[0] in line for line in state.remarks())


# ---------------------------------------------------------------- set aside, while the rest serves


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


# ---------------------------------------------------------------- workbooks with macros


def with_macro(content: bytes, into: Path) -> Path:
    """Return the workbook with a macro module put in, as a publisher's .xlsm has one."""
    with zipfile.ZipFile(io.BytesIO(content)) as plain, zipfile.ZipFile(into, "w") as made:
        for item in plain.infolist():
            data = plain.read(item)
            if item.filename == "[Content_Types].xml":
                data = data.replace(
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                    b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                ).replace(
                    b"</Types>",
                    b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
                )
            made.writestr(item, data)
        made.writestr("xl/vbaProject.bin", b'Sub Auto_Open(): Shell "touch ran": End Sub')
    return into


def test_a_workbook_with_macros_is_read_as_one_without_and_nothing_in_it_runs(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = with_macro(workbook(files.jobs(), tmp_path), tmp_path / "jobs.xlsm")
    assert bench.land(path.name, path.read_bytes()).outcome == "new"
    outcome = landed_one(bench.take_in(JOBS))
    assert (outcome.state, outcome.account["observed"]) == ("ok", 78)
    assert not list(tmp_path.rglob("ran"))


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


# ---------------------------------------------------------------- our own house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    """A copy of the declarations, to make a mistake in."""
    root = tmp_path / "house"
    for folder in ("lmi/declared", "lmi/sources"):
        shutil.copytree(repository_root() / folder, root / folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    yield root


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('indicator = "claimants"', 'indicator = "claimant"', ("claimant", "claimants")),
        ('form = "month"', 'form = "mnoth"', ("mnoth", "month")),
        ('parser = "delimited"', 'parsr = "delimited"', ("parsr",)),
        ('scheme = "area"', "scheme = ", ("not TOML", "line")),
    ],
    ids=["an unknown indicator", "an unknown form", "an unknown key", "not TOML"],
)
def test_a_slip_in_a_declaration_names_the_file_and_the_key_and_leaves_the_published_build(
    baseline_build: Built,
    house: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
    told: tuple[str, ...],
) -> None:
    built = published_like(baseline_build, tmp_path / "data")
    path = house / "lmi" / "sources" / f"{CLAIMANTS}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr("lmi.pipeline.plan.load", lambda: load(house))
    with pytest.raises(DeclarationError) as caught:
        refresh(built.data)
    for words in (f"sources/{CLAIMANTS}.toml", *told):
        assert words in str(caught.value)
    assert published_build(built.data / "curated").build_id == built.report.build_id


def full(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "where",
    ["lmi.engine.os.replace", "lmi.engine.pq.write_table", "lmi.staging.pq.ParquetWriter"],
    ids=["rename", "table", "batch"],
)
def test_a_full_disk_ends_the_refresh_in_words_and_is_forgotten_once_there_is_room(
    baseline_build: Built, bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    built = published_like(baseline_build, bench.data)
    bench.land("claimants.csv", files.claimants())
    monkeypatch.setattr(where, full)
    with pytest.raises(StoreError) as caught:
        bench.take_in(CLAIMANTS)
    monkeypatch.undo()
    for words in ("cannot be written", "No space left on device", "free disk space"):
        assert words in str(caught.value)
    assert not list(bench.data.rglob("*.part"))
    assert built.one(f"select max(uc_households) from labour_slack where area_code = '{AREA}'") == 172_228
    assert landed_one(bench.take_in(CLAIMANTS)).state == "ok"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere; Windows has other rights")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    with pytest.raises(StoreError, match=r"data.*cannot be.*written.*grant the right"):
        refresh(data)


def test_a_file_in_place_of_the_data_folder_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("not a folder")
    with pytest.raises(StoreError, match=r"data.*cannot be read or written.*--data"):
        refresh(data)


def test_restated_cells_that_were_changed_end_the_refresh_and_name_the_file(bench: Bench, tmp_path: Path) -> None:
    bench.baseline = part_of_baseline(tmp_path / "changed", CLAIMANTS)
    path = next((bench.baseline / CLAIMANTS).glob("2023-08*.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(SnapshotMismatch) as caught:
        bench.take_in(CLAIMANTS)
    for words in (CLAIMANTS, path.name, "changed after it was kept", "git checkout"):
        assert words in str(caught.value)


def test_a_kept_file_that_was_changed_is_found_and_no_verdict_on_it_outlives_its_mending(bench: Bench) -> None:
    bench.land("claimants.csv", files.claimants())
    payload = next((bench.data / "raw").rglob("claimants.csv"))
    whole = payload.read_bytes()
    payload.chmod(0o644)
    payload.write_bytes(whole.replace(b",1000", b",9000"))
    with pytest.raises(SnapshotMismatch, match=r"changed after it was kept.*land the published file again"):
        bench.take_in(CLAIMANTS)
    payload.write_bytes(whole)
    assert landed_one(bench.take_in(CLAIMANTS)).state == "ok"


# ---------------------------------------------------------------- all at once, through a whole refresh


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
