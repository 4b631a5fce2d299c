"""One build at a time, complete or not at all, and readers that are never disturbed.

Owns: the lock of a data folder, new build folders, the pointer to the published build, how many builds are kept.
Never: knows what a build holds, reads the clock.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lmi.engine import replacing
from lmi.errors import StoreError

DATABASE = "lmi.duckdb"
PAGE = "checks.html"
_POINTER = "published.json"
_LOCK = "refresh.lock"
_UNFINISHED = ".unfinished-"
#: Where Windows locks a byte: far behind the text that says who holds the lock, so that others can read it.
_LOCKED_BYTE = 10**6


@dataclass(frozen=True)
class Build:
    """A complete build: its name and its folder."""

    build_id: str
    folder: Path

    @property
    def database(self) -> Path:
        """The build's DuckDB file."""
        return self.folder / DATABASE

    @property
    def page(self) -> Path:
        """The page that says what was checked and what was refused."""
        return self.folder / PAGE


@contextmanager
def refresh_lock(curated: Path, task: str) -> Iterator[None]:
    """Hold the only right to change `curated`. The system gives it back when the process ends, however it ends.

    Raises StoreError that names the holder when a live process has it.
    """
    curated.mkdir(parents=True, exist_ok=True)
    path = curated / _LOCK
    with open(path, "a+", encoding="utf-8") as file:
        if not _try_lock(file):
            file.seek(0)
            raise StoreError(
                "another refresh is at work.",
                place=str(path),
                found=file.read().strip() or "a holder that left no name",
                do="wait for it, or end that process; the lock then frees itself.",
            )
        try:
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}: {task}\n")
            file.flush()
            _remove_unfinished(curated)
            yield
        finally:
            file.truncate(0)
            _unlock(file)


@contextmanager
def new_build(curated: Path, build_id: str) -> Iterator[Path]:
    """Yield an empty folder to build in; on success it becomes the build `build_id`, on failure it vanishes.

    A build of that name that is there already stays as it is: the same name means the same content.
    """
    builds = curated / "builds"
    folder = builds / f"{_UNFINISHED}{build_id}"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        yield folder
        if not (builds / build_id).exists():
            _flush(folder)
            os.replace(folder, builds / build_id)
    except OSError as error:
        raise StoreError(
            "the build cannot be written.",
            place=str(folder),
            found=str(error),
            do="free disk space or grant the right.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(curated: Path, build_id: str, keep: int) -> Build:
    """Point readers to a complete build in one step, keep the `keep` builds published last, and return the build.

    Readers that are at work keep the build that they opened. Raises StoreError when there is no such build.
    """
    build = _build(curated, build_id)
    if not build.database.is_file():
        raise StoreError("there is no complete build of that name.", place=str(build.folder), do="run lmi refresh.")
    history = [build_id, *(b.build_id for b in published_builds(curated) if b.build_id != build_id)]
    with replacing(curated / _POINTER) as part:
        part.write_text(json.dumps({"build": build_id, "history": history[: max(keep, 1)]}, indent=1), encoding="utf-8")
    for old in history[max(keep, 1) :]:
        # A file that a reader holds open cannot be removed on Windows; the next refresh finds it again.
        shutil.rmtree(_build(curated, old).folder, ignore_errors=True)
    return build


def published_builds(curated: Path) -> tuple[Build, ...]:
    """Return the builds that were published and are kept, the current one first; nothing when none ever was."""
    pointer = curated / _POINTER
    if not pointer.is_file():
        return ()
    try:
        history = json.loads(pointer.read_text(encoding="utf-8"))["history"]
        builds = tuple(_build(curated, str(build_id)) for build_id in history)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            "the pointer to the published build cannot be read.",
            place=str(pointer),
            found=str(error),
            do="delete it and run lmi refresh.",
        ) from error
    return tuple(b for b in builds if b.database.is_file())


def published_build(curated: Path) -> Build:
    """Return the build that readers should open. Raises StoreError when there is none."""
    builds = published_builds(curated)
    if not builds:
        raise StoreError("nothing is published yet.", place=str(curated), do="run lmi refresh.")
    return builds[0]


def has_build(curated: Path, build_id: str) -> bool:
    """Return whether a complete build of that name is there."""
    return _build(curated, build_id).database.is_file()


def _build(curated: Path, build_id: str) -> Build:
    return Build(build_id, curated / "builds" / build_id)


def _remove_unfinished(curated: Path) -> None:
    """Remove what a killed refresh left; the lock is held, so nobody is writing there."""
    for folder in (curated / "builds").glob(f"{_UNFINISHED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Flush every file to the disk, so that a pointer never leads to a file that a power cut emptied."""
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb+") as file:
                os.fsync(file.fileno())


if os.name == "nt":  # pragma: no cover - the other branch runs on POSIX
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        file.seek(_LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined, unused-ignore]

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
