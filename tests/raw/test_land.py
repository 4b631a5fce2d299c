"""Landing: files are known by content, kept once, never changed."""

from __future__ import annotations

import gzip
import os
from datetime import date
from pathlib import Path

import pytest

from lmi.errors import LmiError, SnapshotMismatch, StoreError
from lmi.pipeline.land import land
from lmi.raw.store import RawStore, digest_of
from lmi.registry import Registry, load
from tests.raw.conftest import SOURCE, write_declarations

TODAY = date(2026, 1, 2)
JULY = "date,area,jobs\n2025-07,Burnley,10\n"
AUGUST = "date,area,jobs\n2025-07,Burnley,11\n2025-08,Burnley,12\n"


def put(folder: Path, name: str, text: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_name_of_a_file_says_nothing(tmp_path: Path, registry: Registry) -> None:
    rows = land([put(tmp_path, "holiday.pdf", JULY)], tmp_path / "data", registry, TODAY)
    assert [(r.outcome, r.source_id, r.vintage) for r in rows] == [("new", "ons/jobs", "2025-07")]


def test_the_same_bytes_twice_are_one_snapshot(tmp_path: Path, registry: Registry) -> None:
    files = [put(tmp_path, "a.csv", JULY), put(tmp_path, "b.csv", JULY)]
    assert [r.outcome for r in land(files, tmp_path / "data", registry, TODAY)] == ["new", "known"]
    assert len(RawStore(tmp_path / "data").landed()) == 1


def test_other_bytes_under_a_known_name_are_a_new_vintage(tmp_path: Path, registry: Registry) -> None:
    land([put(tmp_path, "a.csv", JULY)], tmp_path / "data", registry, TODAY)
    rows = land([put(tmp_path, "a.csv", AUGUST)], tmp_path / "data", registry, TODAY)
    assert (rows[0].outcome, rows[0].vintage) == ("new", "2025-08")
    assert [s.vintage for s in RawStore(tmp_path / "data").landed()] == ["2025-07", "2025-08"]


def test_two_files_that_claim_one_vintage_are_told_apart(tmp_path: Path, registry: Registry) -> None:
    land([put(tmp_path, "a.csv", JULY)], tmp_path / "data", registry, TODAY)
    row = land([put(tmp_path, "b.csv", JULY.replace("10", "99"))], tmp_path / "data", registry, TODAY)[0]
    assert row.outcome == "refused"
    assert "two files claim the vintage 2025-07" in row.message and "--vintage" in row.message
    again = land([tmp_path / "b.csv"], tmp_path / "data", registry, TODAY, vintage="2025-07 second")
    assert (again[0].outcome, again[0].vintage) == ("new", "2025-07-second")


def test_a_known_edition_can_be_refused_with_its_reason(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", JULY)
    registry = load(write_declarations(tmp_path / "house", {"ons/jobs": SOURCE.replace("SHA", digest_of(path))}))
    row = land([path], tmp_path / "data", registry, TODAY)[0]
    assert row.outcome == "refused" and "a proof, not the publication" in row.message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"<!doctype html><title>Sorry</title>", "web page"),
        (b"PK\x03\x04 cut", "cut short or damaged"),
        (b"PAR1 cut", "damaged"),
        (gzip.compress(JULY.encode())[:-12], "no source|cut short"),
        (b"\x00\x01\x02\x03", "no format that we know"),
        (b'{"measures": [', "cut short or damaged|no source"),
        (b"date,area,people\n2025-07,Burnley,1\n", "also needs column 'jobs'"),
    ],
    ids=["empty", "html", "zip", "parquet", "gzip", "binary", "json", "renamed column"],
)
def test_what_cannot_be_used_is_refused_with_a_reason(
    content: bytes, told: str, tmp_path: Path, registry: Registry
) -> None:
    import re

    row = land([put(tmp_path, "a.csv", content)], tmp_path / "data", registry, TODAY)[0]
    assert row.outcome == "refused"
    assert re.search(told, row.message), row.message
    assert "a.csv" in row.message


def test_a_refused_file_does_not_stop_the_others(tmp_path: Path, registry: Registry) -> None:
    folder = tmp_path / "in"
    put(folder, "1.csv", b"")
    put(folder, "2.csv", JULY)
    assert [r.outcome for r in land([folder], tmp_path / "data", registry, TODAY)] == ["refused", "new"]


def test_a_payload_that_was_changed_is_found(tmp_path: Path, registry: Registry) -> None:
    land([put(tmp_path, "a.csv", JULY)], tmp_path / "data", registry, TODAY)
    store = RawStore(tmp_path / "data")
    snapshot = store.landed()[0]
    assert snapshot.payload is not None
    store.verify(snapshot)
    snapshot.payload.chmod(0o644)
    snapshot.payload.write_text(AUGUST)
    with pytest.raises(SnapshotMismatch, match="changed after it was kept"):
        store.verify(snapshot)


def test_a_damaged_manifest_is_named(tmp_path: Path, registry: Registry) -> None:
    land([put(tmp_path, "a.csv", JULY)], tmp_path / "data", registry, TODAY)
    manifest = next((tmp_path / "data").rglob("manifest.json"))
    manifest.write_text("{")
    with pytest.raises(StoreError, match=r"manifest\.json"):
        RawStore(tmp_path / "data").landed()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere, Windows has other rights")
def test_a_folder_without_write_permission_says_so(tmp_path: Path, registry: Registry) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    row = land([put(tmp_path, "a.csv", JULY)], data, registry, TODAY)[0]
    assert "cannot be written" in row.message


def test_a_full_disk_keeps_nothing_of_the_file(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lmi.raw.store.shutil.copyfile", full)
    row = land([put(tmp_path, "a.csv", JULY)], tmp_path / "data", registry, TODAY)[0]
    assert "disk is full" in row.message
    monkeypatch.undo()
    assert not [p for p in (tmp_path / "data").rglob("*") if p.is_file()]
    assert land([tmp_path / "a.csv"], tmp_path / "data", registry, TODAY)[0].outcome == "new"


def test_vintage_and_release_date_are_for_one_file(tmp_path: Path, registry: Registry) -> None:
    files = [put(tmp_path, "a.csv", JULY), put(tmp_path, "b.csv", AUGUST)]
    with pytest.raises(LmiError, match="speak of one file"):
        land(files, tmp_path / "data", registry, TODAY, vintage="x")


def test_snapshots_are_kept_in_order_of_release(tmp_path: Path, registry: Registry) -> None:
    put(tmp_path, "a.csv", JULY)
    land([tmp_path / "a.csv"], tmp_path / "data", registry, TODAY, released=date(2025, 8, 12))
    put(tmp_path, "b.csv", AUGUST)
    land([tmp_path / "b.csv"], tmp_path / "data", registry, TODAY, released=date(2025, 9, 16))
    store = RawStore(tmp_path / "data", baseline=tmp_path / "none")
    assert [(s.vintage, s.released_basis) for s in store.serving()] == [("2025-07", "analyst"), ("2025-08", "analyst")]
