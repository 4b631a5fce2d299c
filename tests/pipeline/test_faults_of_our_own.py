"""Slips in declarations, disks and folders: named, and the published build stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import DeclarationError, SnapshotMismatch, StoreError
from lmi.publish import published_build
from lmi.registry import load, repository_root
from tests.pipeline import files
from tests.pipeline.bench import Bench, landed_one
from tests.pipeline.builds import AREA, Built, part_of_baseline, published_like, refresh
from tests.pipeline.faulty import CLAIMANTS


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
