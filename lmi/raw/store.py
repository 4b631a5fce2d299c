"""The raw store: the only writer of `data/raw`.

Owns: where snapshots lie, that their bytes never change, and which one serves. Never: reads what is in a payload.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from lmi.engine import share
from lmi.errors import SnapshotMismatch, StoreError
from lmi.raw.manifest import MANIFEST, Snapshot, read_manifest
from lmi.raw.recognise import Recognition
from lmi.registry import repository_root

_CHUNK = 2**20


class RawStore:
    """Snapshots below one data folder, and the committed baseline that serves where nothing newer was landed."""

    def __init__(self, data: Path, baseline: Path | None = None) -> None:
        self.root = data / "raw"
        own = self.root / "baseline"
        self.baseline_root = baseline or (own if own.is_dir() else repository_root() / "data" / "raw" / "baseline")

    def landed(self) -> list[Snapshot]:
        """Return every landed or fetched snapshot, in order of source, release date and vintage."""
        found = [
            read_manifest(path)
            for path in sorted(self.root.rglob(MANIFEST))
            if self.baseline_root not in path.parents and not path.parent.name.startswith(".")
        ]
        return sorted(found, key=_order)

    def baseline(self) -> list[Snapshot]:
        """Return the snapshots whose cells are restated in the committed baseline."""
        found = [read_manifest(path) for path in sorted(self.baseline_root.rglob("*~*.json"))]
        return sorted(found, key=_order)

    def serving(self) -> list[Snapshot]:
        """Return every snapshot at hand: each landed vintage, and the baseline where its file was not landed.

        A file that is both is read from the landed bytes.
        """
        landed = self.landed()
        have = {s.sha256 for s in landed}
        return sorted([*landed, *(s for s in self.baseline() if s.sha256 not in have)], key=_order)

    def add(
        self,
        path: Path,
        known: Recognition,
        landed: str,
        origin: str = "landed",
        url: str = "",
        *,
        immutable: bool = False,
    ) -> tuple[Snapshot, bool]:
        """Keep the file at `path` and return its snapshot, and whether it is new. `url` is where a live file came from.

        An `immutable` file is one that we keep and nobody writes to: it gets a second name, where the disk allows that,
        instead of a copy. The same bytes twice are one snapshot. Raises SnapshotMismatch when another file claims the same
        vintage and part, StoreError when the store cannot be written.
        """
        made = Snapshot(
            source_id=known.source.source_id,
            layout=known.layout,
            vintage=known.vintage,
            part=known.part,
            file_name=path.name,
            sha256=known.sha256,
            bytes=path.stat().st_size,
            released=known.released,
            released_basis=known.released_basis,
            origin=origin,
            licence=known.source.licence,
            attribution=known.source.attribution,
            url=url or known.source.url,
            landed=landed,
            labels=known.labels,
        )
        folder = self.root / made.source_id / made.folder
        for there in self.landed():
            if there.sha256 == made.sha256 and there.source_id == made.source_id:
                return there, False
        if folder.exists():
            raise SnapshotMismatch(
                f"two files claim the vintage {made.vintage}.",
                source=made.source_id,
                place=path.name,
                expected=f"the bytes already kept, sha256 {read_manifest(folder / MANIFEST).sha256[:12]}",
                found=f"sha256 {made.sha256[:12]}",
                do="land it with --vintage NAME if it is a newer extract; remove neither by hand.",
            )
        self._write(path, folder, made, immutable)
        return replace(made, payload=folder / path.name), True

    def verify(self, snapshot: Snapshot) -> None:
        """Raise SnapshotMismatch when the bytes on disk are not those that the manifest names."""
        path, wanted = (
            (snapshot.payload, snapshot.sha256) if snapshot.payload else (snapshot.cells, snapshot.cells_sha256)
        )
        if path is None or not path.is_file():
            raise SnapshotMismatch(
                "the snapshot's file is gone.",
                source=snapshot.source_id,
                place=snapshot.folder,
                do="land the file again.",
            )
        found = digest_of(path)
        if found != wanted:
            raise SnapshotMismatch(
                "the snapshot's bytes were changed after it was kept.",
                source=snapshot.source_id,
                place=f"{snapshot.folder}/{path.name}",
                expected=f"sha256 {wanted[:12]}",
                found=f"sha256 {found[:12]}",
                do="move the folder away and land the published file again; restore the baseline with git checkout.",
            )

    def _write(self, path: Path, folder: Path, made: Snapshot, immutable: bool) -> None:
        """Copy into a hidden folder, then rename: a snapshot is there whole or not at all."""
        parent = folder.parent
        waiting = parent / f".{folder.name}.{os.getpid()}.part"
        try:
            waiting.mkdir(parents=True)
            payload = waiting / path.name
            if immutable:
                share(path, payload)
            else:
                shutil.copyfile(path, payload)
            if not payload.samefile(path) and digest_of(payload) != made.sha256:
                raise SnapshotMismatch("the file changed while it was copied.", source=made.source_id, place=path.name)
            (waiting / MANIFEST).write_text(made.to_json(), encoding="utf-8")
            payload.chmod(0o444)
            os.rename(waiting, folder)
        except OSError as error:
            raise _store_error(error, parent) from error
        finally:
            shutil.rmtree(waiting, ignore_errors=True)


def digest_of(path: Path) -> str:
    """Return the sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _order(snapshot: Snapshot) -> tuple[str, date, str, str, str]:
    return snapshot.source_id, snapshot.released, snapshot.vintage, snapshot.layout, snapshot.part


def _store_error(error: OSError, place: Path) -> StoreError:
    if error.errno == errno.ENOSPC:
        return StoreError("the disk is full.", place=str(place), do="free space; nothing of the file was kept.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(
            "the data folder cannot be written.",
            place=str(place),
            do="grant write permission or choose another with --data.",
        )
    return StoreError("the snapshot cannot be kept.", place=str(place), found=str(error), do="check the disk.")
