"""A refresh publishes a whole build or nothing, the same one from the same bytes, and leaves no trace of a failure."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lmi.contract import literal
from lmi.curate import FIGURE
from lmi.engine import MACHINE_ERRORS, DatabaseError, connect, load_table
from lmi.errors import CoverageError, DeclarationError, LmiError, StoreError
from lmi.marts.run import export_marts, mart_names
from lmi.pipeline import STAGES, Report, Settings, make_plan, run
from lmi.pipeline.build import Building
from lmi.pipeline.status import read_status
from lmi.publish import DATABASE, published_build, published_builds, refresh_lock
from lmi.registry import load, repository_root
from tests.pipeline.builds import AREA, DAY, Built, part_of_baseline, plainly, published_like, refresh

#: After the hub (4 September 2025), before Universal Credit (6 November 2025) and apprenticeships (16 July 2026).
EARLIER = date(2025, 11, 5)
Steps = tuple[tuple[str, Callable[[Any, Callable[..., Any]], None]], ...]


# ---------------------------------------------------------------- another folder, another day


@pytest.fixture(scope="module")
def elsewhere(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report, Report, Built]:
    """Another folder in which an earlier day was built first, then the day of the baseline build."""
    data = tmp_path_factory.mktemp("elsewhere")
    receipts = baseline_build.data / "curated" / "receipts"
    if receipts.is_dir():  # results kept by content: they spare the time, never the bytes
        (data / "curated").mkdir()
        os.symlink(receipts, data / "curated" / "receipts")
    earlier = refresh(data, EARLIER)
    kept = published_like(Built(data, earlier), data.parent / f"{data.name}-earlier")
    return data, earlier, refresh(data), kept


def test_two_folders_with_different_pasts_give_the_same_bytes(
    baseline_build: Built, elsewhere: tuple[Path, Report, Report, Built], tmp_path: Path
) -> None:
    data, _, later, _ = elsewhere
    assert later.build_id == baseline_build.report.build_id
    assert digests(data, tmp_path / "a") == digests(baseline_build.data, tmp_path / "b")


def digests(data: Path, out: Path) -> dict[str, str]:
    with connect(published_build(data / "curated").database, read_only=True) as con:
        files = export_marts(con, out, mart_names())
    assert len(files) == len(mart_names())
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_an_earlier_day_sees_only_what_was_released_by_then(elsewhere: tuple[Path, Report, Report, Built]) -> None:
    built = elsewhere[3]
    assert elsewhere[1].published
    # A look-up that was not released by then serves all the same: those of the method are younger than this day.
    figures = [s.source_id for s in load().sources.values() if s.kind == "statistics"]
    printed = f"source_id in ({', '.join(map(literal, figures))})"
    assert built.one(f"select max(released) from snapshots where {printed}") <= EARLIER
    assert built.one("select as_of from parameters") == EARLIER
    assert built.one(f"select max(claimants) from labour_slack where area_code = '{AREA}'") == 37_655
    assert built.one("select count(uc_households) from labour_slack") == 0  # released the day after
    assert built.one("select count(*) from provision where unit = 'apprenticeships'") == 0
    assert built.one(
        f"select jobs from official_projection where area_code = '{AREA}' and breakdown = 'total' and measure = 'jobs' "
        "and year(period_start) = 2035"
    ) == pytest.approx(772_749)


def test_a_report_speaks_only_of_what_the_day_could_know(elsewhere: tuple[Path, Report, Report, Built]) -> None:
    told = {o.source_id for o in read_status(elsewhere[3].data).outcomes}
    assert {"dfe/skills_imperative_2035", "dwp/claimant_count_by_la", "dfe/local_skills_data_hub"} <= told
    assert not {"dwp/uc_households_by_la", "dfe/apprenticeships_by_provider_lad"} & told


def test_later_figures_are_counted_as_new_and_none_as_lost(elsewhere: tuple[Path, Report, Report, Built]) -> None:
    data, _, later, kept = elsewhere
    now = Built(data, later)
    assert later.counts["new"] == now.one("select count(*) from known") - kept.one("select count(*) from known")
    assert later.counts["withdrawn"] == 0
    # One edition came out between the two days, so each of its moves is one figure; what was not there before is new.
    moved = """select count(*) from revisions
        where released_after > ? and cause <> 'new period' and value_before is distinct from value_after"""
    assert now.one("select count(distinct released_after) from revisions where released_after > ?", [EARLIER]) == 1
    assert later.counts["revised"] == now.one(moved, [EARLIER]) > 0
    # 14 districts and the comparators that Universal Credit is published for are among them
    assert now.one("select count(*) from known where indicator_id = 'uc_households'") >= 14


# ---------------------------------------------------------------- limits


CLAIMANTS = "date,geography_code,geography_name,variable_name,value\n"


def land(data: Path, name: str, text: str) -> None:
    from lmi.pipeline.land import land as land_files
    from lmi.registry import load

    path = data.parent / name
    path.write_text(text, encoding="utf-8")
    assert [r.outcome for r in land_files([path], data, load(), DAY, released=date(2026, 2, 17))] == ["new"]


def test_a_limit_to_one_source_takes_in_its_new_files_and_leaves_the_others_as_published(
    baseline_build: Built, tmp_path: Path
) -> None:
    data = published_like(baseline_build, tmp_path / "data").data
    land(data, "claimants.csv", CLAIMANTS + "2026-01,E07000117,Burnley,Claimant count,3000\n")
    land(
        data,
        "aims.csv",
        "location_code,geographic_level,time_period,ssa_t1_desc,notional_nvq_level,gender,ethnicity_group,e_and_t_aims_ach\n"
        "E07000117,Local authority district,202526,Total,Total,Total,Total,10\n",
    )
    held = json.loads((published_build(data / "curated").folder / "report.json").read_text(encoding="utf-8"))["held"]
    old = {sha256 for files in held.values() for sha256 in files}

    def new(*sources: str) -> set[str]:
        plan = make_plan(Settings(data, "", DAY, sources), held)
        return {s.source_id for s in plan.visible if s.sha256 not in old}

    assert new("dwp/claimant_count_by_la") == {"dwp/claimant_count_by_la"}
    assert new("dfe/fe_achievements_by_ssa") == {"dfe/fe_achievements_by_ssa"}
    assert new("ons/bres_employment_by_industry") == set()
    assert new() == {"dwp/claimant_count_by_la", "dfe/fe_achievements_by_ssa"}


def test_an_unknown_source_or_area_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="dwp/claimant_count_by_la"):
        make_plan(Settings(tmp_path, "", DAY, ("dwp/claimant_count",)))
    with pytest.raises(DeclarationError, match="lancashire"):
        make_plan(Settings(tmp_path, "lancashir", DAY))


def test_a_folder_without_baseline_and_files_says_that_there_is_nothing_to_build_from(tmp_path: Path) -> None:
    with pytest.raises(CoverageError, match=r"(?s)nothing to build from.*git checkout.*lmi land"):
        refresh(tmp_path, baseline=tmp_path / "none")


def test_an_area_without_landed_files_fails_clearly_and_leaves_the_published_build(
    baseline_build: Built, tmp_path: Path
) -> None:
    # The baseline holds one area's districts; of another it knows the codes, and not the figures.
    built = published_like(baseline_build, tmp_path / "data")
    small = part_of_baseline(tmp_path / "baseline", "dwp")
    report = run(Settings(built.data, "cumbria", DAY, baseline=small), plainly)
    assert not report.published
    assert "no source has a figure" in report.error and "Cumbria" in report.error and "land" in report.error
    assert report.summary().startswith("Not published:")
    assert published_build(built.data / "curated").build_id == built.report.build_id
    assert built.one(f"select max(uc_households) from labour_slack where area_code = '{AREA}'") == 172_228
    state = read_status(built.data)
    assert state.build_id == built.report.build_id
    assert any("stays published" in line and "no source has a figure" in line for line in state.remarks())


# ---------------------------------------------------------------- failures, with stages that take no time


def figures(values: Mapping[str, float]) -> pa.Table:
    """Return the table `known` with one figure an area."""
    rows = [
        {**dict.fromkeys(FIGURE, "_T"), "area_code": area, "value": value, "obs_key": key}
        for key, (area, value) in enumerate(values.items())
    ]
    return pa.Table.from_pylist(rows)


def stages(values: Mapping[str, float], last: Callable[[Any], None] = lambda state: None) -> Steps:
    """Return stages that write these figures, then do `last`, then close the build as every build is closed."""

    def load(state: Any, call: Callable[..., Any]) -> None:
        con = connect(state.folder / DATABASE)
        state.building = Building(con)
        texts = ", ".join(f"{name} varchar" for name in FIGURE)
        con.execute(f"create table known ({texts}, value double, obs_key bigint)")
        load_table(con, "known", figures(values))

    return (("load", load), ("project", lambda state, call: last(state)), ("close", dict(STAGES)["close"]))


class House:
    """A data folder with quick stages; each refresh is of another code, so that there is always something new."""

    def __init__(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data, self._patch, self._count = data, monkeypatch, 0

    def refresh(self, values: Mapping[str, float], last: Callable[[Any], None] = lambda state: None) -> Report:
        self._count += 1
        self._patch.setattr("lmi.pipeline.plan.code_digest", lambda root=None: f"code {self._count}")
        self._patch.setattr(sys.modules["lmi.pipeline.run"], "STAGES", stages(values, last))
        return refresh(self.data)

    def figures(self) -> dict[str, float]:
        with connect(published_build(self.data / "curated").database, read_only=True) as con:
            return dict(con.execute("select area_code, value from known").fetchall())

    def builds(self) -> list[str]:
        return sorted(p.name for p in (self.data / "curated" / "builds").iterdir())


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    yield House(tmp_path / "o'neill's data é", monkeypatch)


def test_a_report_counts_what_is_new_revised_and_withdrawn(house: House) -> None:
    first = house.refresh({"burnley": 1.0, "pendle": 2.0})
    second = house.refresh({"burnley": 1.0, "pendle": 3.0, "preston": 4.0})
    third = house.refresh({"preston": 4.0})
    counted = [{n: r.counts[n] for n in ("new", "revised", "withdrawn")} for r in (first, second, third)]
    assert counted == [
        {"new": 2, "revised": 0, "withdrawn": 0},
        {"new": 1, "revised": 1, "withdrawn": 0},
        {"new": 0, "revised": 0, "withdrawn": 2},
    ]


def test_a_build_that_cannot_be_compared_with_is_said_and_does_not_stop_the_next(house: House) -> None:
    house.refresh({"burnley": 1.0})
    published_build(house.data / "curated").database.write_bytes(b"damaged")
    report = house.refresh({"burnley": 2.0})
    assert report.published and house.figures() == {"burnley": 2.0}
    assert any("cannot be compared" in note for note in report.notes)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("our mistake"), KeyboardInterrupt(), LmiError("it is stated."), DatabaseError("no space")],
    ids=["mistake", "interrupt", "stated", "database"],
)
def test_a_refresh_that_fails_in_a_stage_leaves_the_last_good_build_and_nothing_else(
    house: House, error: BaseException
) -> None:
    def fail(state: Any) -> None:
        raise error

    good = house.refresh({"burnley": 1.0})
    if isinstance(error, LmiError | DatabaseError):
        report = house.refresh({"burnley": 2.0}, fail)
        assert not report.published and str(error) in report.error
    else:
        with pytest.raises(type(error)):
            house.refresh({"burnley": 2.0}, fail)
    assert house.builds() == [good.build_id]
    assert house.figures() == {"burnley": 1.0}
    assert house.refresh({"burnley": 3.0}).counts["revised"] == 1


def test_a_full_disk_under_the_database_is_one_clear_paragraph(house: House) -> None:
    def fail(state: Any) -> None:
        raise MACHINE_ERRORS[0]('IO Error: Could not write file "lmi.duckdb": No space left on device')

    house.refresh({"burnley": 1.0})
    error = house.refresh({"burnley": 2.0}, fail).error
    assert "cannot be written" in error and "builds" in error
    assert "No space left on device" in error and "free disk space" in error


def test_a_step_that_the_database_refuses_is_not_blamed_on_the_disk(house: House) -> None:
    def fail(state: Any) -> None:
        state.building.con.execute("select cast('abc' as integer)")

    house.refresh({"burnley": 1.0})
    error = house.refresh({"burnley": 2.0}, fail).error
    assert "refused a step" in error and "ConversionException" in error and "'abc'" in error
    assert "cannot be written" not in error and "free disk space" not in error


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process in another way")
def test_the_stages_of_a_killed_process_are_swept_away_by_the_next_refresh(house: House) -> None:
    good = house.refresh({"burnley": 1.0})
    code = f"""
import os, signal
from pathlib import Path
from lmi.publish import new_build, refresh_lock
curated = Path({str(house.data / "curated")!r})
with refresh_lock(curated, "a refresh"), new_build(curated, "killed") as folder:
    (folder / "lmi.duckdb").write_text("half a build")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=repository_root(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert house.builds() == [".unfinished-killed", good.build_id]
    assert house.figures() == {"burnley": 1.0}
    assert house.refresh({"burnley": 2.0}).published
    assert len(house.builds()) == 2 and not [b for b in house.builds() if b.startswith(".")]
    assert house.figures() == {"burnley": 2.0}


def test_a_refresh_beside_another_is_refused_and_names_the_holder(house: House) -> None:
    house.refresh({"burnley": 1.0})
    with refresh_lock(house.data / "curated", "refresh of somebody"):
        with pytest.raises(StoreError, match="another refresh is at work") as caught:
            house.refresh({"burnley": 2.0})
        assert f"process {os.getpid()}" in str(caught.value) and "refresh of somebody" in str(caught.value)
        assert house.figures() == {"burnley": 1.0}
    assert house.refresh({"burnley": 2.0}).published


def test_only_the_last_five_builds_are_kept(house: House) -> None:
    reports = [house.refresh({"burnley": float(n)}) for n in range(7)]
    assert house.builds() == sorted(r.build_id for r in reports[2:])
    kept = published_builds(house.data / "curated")
    assert [b.build_id for b in kept] == [r.build_id for r in reversed(reports[2:])]
    assert house.figures() == {"burnley": 6.0}


def test_a_reader_at_work_keeps_its_build_while_another_is_published(house: House) -> None:
    house.refresh({"burnley": 1.0})
    with connect(published_build(house.data / "curated").database, read_only=True) as reader:
        for n in range(2, 9):
            house.refresh({"burnley": float(n)})
        assert reader.execute("select value from known").fetchall() == [(1.0,)]
    assert house.figures() == {"burnley": 8.0}


def test_a_published_build_without_its_report_says_what_to_do(house: House) -> None:
    house.refresh({"burnley": 1.0})
    (published_build(house.data / "curated").folder / "report.json").unlink()
    with pytest.raises(StoreError, match=r"no report.*delete .*published\.json"):
        house.refresh({"burnley": 2.0})
    (house.data / "curated" / "published.json").unlink()
    assert house.refresh({"burnley": 2.0}).published
