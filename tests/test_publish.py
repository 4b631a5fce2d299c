"""Publishing: complete or not at all, one refresh at a time, readers undisturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lmi import engine, publish
from lmi.errors import LmiError, StoreError


def make(curated: Path, build_id: str, value: int = 1, keep: int = 10) -> publish.Build:
    with publish.new_build(curated, build_id) as folder, engine.connect(folder / publish.DATABASE) as con:
        con.execute(f"create table t as select {value} as v")
    return publish.publish(curated, build_id, keep)


def read(build: publish.Build) -> int:
    with engine.connect(build.database, read_only=True) as con:
        return int(con.execute("select v from t").fetchall()[0][0])


def test_a_published_build_is_what_readers_open(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    assert read(publish.published_build(tmp_path)) == 1
    make(tmp_path, "two", 2)
    assert read(publish.published_build(tmp_path)) == 2


def test_nothing_published_is_a_stated_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing is published"):
        publish.published_build(tmp_path)


def test_a_failed_build_leaves_the_last_good_one_and_no_rubbish(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    with pytest.raises(LmiError, match="validation"), publish.new_build(tmp_path, "two") as folder:
        (folder / publish.DATABASE).write_bytes(b"half a file")
        raise LmiError("validation failed.")
    assert read(publish.published_build(tmp_path)) == 1
    assert os.listdir(tmp_path / "builds") == ["one"]


def test_a_reader_keeps_the_build_that_it_opened(tmp_path: Path) -> None:
    first = make(tmp_path, "one", 1)
    with engine.connect(first.database, read_only=True) as reader:
        make(tmp_path, "two", 2, keep=1)
        assert not first.folder.exists()
        assert reader.execute("select v from t").fetchall() == [(1,)]
    assert read(publish.published_build(tmp_path)) == 2


def test_builds_are_kept_by_count_newest_first(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "b"):
        make(tmp_path, name, keep=2)
    assert [b.build_id for b in publish.published_builds(tmp_path)] == ["b", "c"]
    assert sorted(os.listdir(tmp_path / "builds")) == ["b", "c"]


def test_a_build_of_a_known_name_stays_as_it_is(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    make(tmp_path, "one", 2)
    assert read(publish.published_build(tmp_path)) == 1


def test_publishing_a_build_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    with pytest.raises(StoreError, match="no complete build"):
        publish.publish(tmp_path, "ghost", 10)
    assert publish.published_build(tmp_path).build_id == "one"


def test_a_damaged_pointer_is_a_stated_failure(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    (tmp_path / "published.json").write_text("{")
    with pytest.raises(StoreError, match="pointer"):
        publish.published_build(tmp_path)


def test_a_build_whose_folder_was_deleted_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    two = make(tmp_path, "two", 2)
    two.database.unlink()
    assert publish.published_build(tmp_path).build_id == "one"


HOLD = """
import sys, time
from pathlib import Path
from lmi import publish
curated = Path(sys.argv[1])
with publish.refresh_lock(curated, "a long refresh"), publish.new_build(curated, "never") as folder:
    (folder / "half").write_text("half")
    print("held", flush=True)
    time.sleep(100)
"""


def holder(curated: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(curated)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_refresh_is_refused_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with (
            pytest.raises(StoreError, match=rf"process {process.pid} on .*: a long refresh"),
            publish.refresh_lock(tmp_path, "mine"),
        ):
            pass
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_refresh_frees_the_lock_and_leaves_the_last_good_build(tmp_path: Path) -> None:
    make(tmp_path, "one", 1)
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / "builds" / ".unfinished-never").is_dir()
    with publish.refresh_lock(tmp_path, "the next"):
        assert os.listdir(tmp_path / "builds") == ["one"]
    assert read(publish.published_build(tmp_path)) == 1


def test_the_lock_can_be_had_again_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="x"), publish.refresh_lock(tmp_path, "task"):
            raise ValueError("x")


def test_the_pointer_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "one", 1)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StoreError, match="disk full"):
        publish.publish(tmp_path, "one", 10)
    monkeypatch.undo()
    assert json.loads((tmp_path / "published.json").read_text())["build"] == "one"
    assert sorted(os.listdir(tmp_path)) == ["builds", "published.json"]
