"""Builds that lack something, names that are markup, folders that are in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lmi.errors import LmiError, StoreError
from lmi.evidence import pack as pack_module
from lmi.evidence.pack import tamed
from lmi.publish import published_build
from tests.evidence.kit import few_pages, make_pack, spoilt, unaccounted
from tests.pipeline.builds import Built


def test_a_mart_or_a_column_that_is_missing_leaves_stated_gaps(baseline_build: Built, tmp_path: Path) -> None:
    lost = ("skills_gap", "accuracy", "provision", "sector_profile", "demand_by_industry", "freshness", "workforce",
            "careers_levels", "careers_routes")  # fmt: skip
    without = spoilt(
        baseline_build,
        tmp_path,
        "drop view if exists dim_citation",
        *(f"drop table {name}" for name in lost),
        "alter table labour_slack drop column claimants",
    )
    made = make_pack(without, tmp_path / "out")
    gap = (made.folder / "gap.html").read_text(encoding="utf-8")
    assert "Not shown:" in gap and "This build has no table skills_gap" in gap
    assert "Not shown:" in (made.folder / "index.html").read_text(encoding="utf-8")
    careers = (made.folder / "careers" / "61.html").read_text(encoding="utf-8")
    assert "This build has no table careers_levels" in careers and "This build has no table careers_routes" in careers
    assert "labour_slack of this build has no column claimants" in (made.folder / "districts.html").read_text(
        encoding="utf-8"
    )
    for page in made.folder.glob("*.html"):
        assert not list(unaccounted(page.read_text(encoding="utf-8"), made.record))


def test_names_with_markup_are_escaped(baseline_build: Built, tmp_path: Path) -> None:
    evil = '<b onclick=x>"Evil" & Sons</b>'
    without = spoilt(
        baseline_build,
        tmp_path,
        f"update dim_area set name = '{evil}' where area_code = 'E06000009'",
        f"update dim_sector set title = '{evil}' where sector_id = 'digital'",
    )
    made = make_pack(without, tmp_path / "out")
    for path in [*made.pages, *made.folder.rglob("*.svg")]:
        text = path.read_text(encoding="utf-8")
        assert "<b onclick" not in text, path.name
    assert "&lt;b onclick=x&gt;" in (made.folder / "districts.html").read_text(encoding="utf-8")


def test_text_that_looks_like_a_formula_is_tamed() -> None:
    assert [tamed(t) for t in ("=1+1", "+1", "-1", "@x", "plain", "")] == ["'=1+1", "'+1", "'-1", "'@x", "plain", ""]


def test_an_earlier_pack_is_replaced_whole_and_a_foreign_folder_is_left(baseline_build: Built, tmp_path: Path) -> None:
    database = published_build(baseline_build.data / "curated").database
    out = tmp_path / "out"
    (out / "old").mkdir(parents=True)
    (out / "old" / "letter.txt").write_text("mine", encoding="utf-8")
    declared = few_pages(tmp_path / "few")
    with pytest.raises(StoreError, match="no evidence pack"):
        make_pack(database, out, declared=declared)
    assert (out / "old" / "letter.txt").read_text(encoding="utf-8") == "mine"
    (out / "citations.json").write_text("{}", encoding="utf-8")
    make_pack(database, out, declared=declared)
    assert not (out / "old").exists() and (out / "index.html").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["few", "out"]


def test_a_pack_that_cannot_be_finished_leaves_the_earlier_one(
    baseline_build: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = published_build(baseline_build.data / "curated").database
    out = tmp_path / "out"
    out.mkdir()
    (out / "citations.json").write_text("earlier", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pack_module, "write_site", full)
    with pytest.raises(StoreError, match="cannot be written"):
        make_pack(database, out, declared=few_pages(tmp_path / "few"))
    assert (out / "citations.json").read_text(encoding="utf-8") == "earlier"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["few", "out"]


def test_an_unknown_format_is_refused_before_any_work(baseline_build: Built, tmp_path: Path) -> None:
    with pytest.raises(LmiError, match="no such format"):
        make_pack(published_build(baseline_build.data / "curated").database, tmp_path / "out", ("html", "odt"))
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
from pathlib import Path
from lmi.evidence import pack
from tests.evidence.kit import make_pack

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "written":
    pack.write_site = killed
else:
    put = os.replace
    os.replace = lambda a, b: put(a, b) if str(b).endswith(".old") else killed()
make_pack(Path(sys.argv[2]), Path(sys.argv[3]), declared=Path(sys.argv[4]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL; nothing was killed")
@pytest.mark.parametrize("moment", ["written", "swapped"])
def test_a_kill_in_the_middle_loses_no_pack_and_the_next_run_clears_up(
    baseline_build: Built, tmp_path: Path, moment: str
) -> None:
    database = published_build(baseline_build.data / "curated").database
    out, declared = tmp_path / "out", few_pages(tmp_path / "few")
    out.mkdir()
    (out / "citations.json").write_text("earlier", encoding="utf-8")
    told = [sys.executable, "-c", KILLED, moment, str(database), str(out), str(declared)]
    done = subprocess.run(told, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    left = sorted(p for p in tmp_path.iterdir() if p.name.startswith("."))
    kept = out if moment == "written" else next(p for p in left if p.suffix == ".old")
    assert left and (kept / "citations.json").read_text(encoding="utf-8") == "earlier"
    for path in left:
        os.utime(path, (0, 0))
    make_pack(database, out, declared=declared)
    assert (out / "index.html").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["few", "out"]


def test_what_another_run_is_writing_is_left(baseline_build: Built, tmp_path: Path) -> None:
    other = tmp_path / ".out.1.part"
    other.mkdir()
    make_pack(
        published_build(baseline_build.data / "curated").database,
        tmp_path / "out",
        declared=few_pages(tmp_path / "few"),
    )
    assert other.is_dir()
