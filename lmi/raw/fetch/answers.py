"""Answers of publishers' services, kept as they came, before anything is read in them.

Owns: `data/responses`, where each run of a query has a folder of bodies and papers that never change. Never: sends
anything, and writes no key: what is kept of a request was made without one.

A run in progress is the folder `.open`. When the connection breaks it stays, and the next run takes its pages instead of
asking again, as long as the publisher's edition is the same. A run that ended well or badly is renamed and stays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lmi.engine import share
from lmi.errors import SourceChanged, StoreError

_OPEN, _EDITION = ".open", "edition"
_READ_ONLY = 0o444
_SHOWN = 200
_BLOCK = 2**20


@dataclass(frozen=True)
class Answer:
    """One kept answer. `url` bears no key; `retrieved` is the time that the caller gave."""

    request: str  # digest of method, address, parameters and body, without the key
    method: str
    url: str
    status: int
    content_type: str
    etag: str
    last_modified: str
    retrieved: str
    sha256: str
    headers: dict[str, str]  # of the publisher: rate limits, versions, notices of withdrawal
    path: Path

    @property
    def short_url(self) -> str:
        """The address as a message shows it; the papers have the whole."""
        return self.url if len(self.url) <= _SHOWN else f"{self.url[:_SHOWN]}..."

    @property
    def content(self) -> bytes:
        """The body."""
        return self.path.read_bytes()

    @property
    def start(self) -> bytes:
        """The first bytes of the body, which may be too large to be held whole."""
        with self.path.open("rb") as file:
            return file.read(_SHOWN)

    def blocks(self, after: int = 0) -> Iterator[bytes]:
        """Yield the body, from byte `after` on, without holding it whole."""
        with self.path.open("rb") as file:
            file.seek(after)
            while block := file.read(_BLOCK):
                yield block

    def json(self, source: str) -> Any:
        """Return the body as JSON. Raises SourceChanged when it is none, or cut short."""
        try:
            return json.loads(self.content.decode("utf-8-sig"))
        except ValueError as error:
            raise SourceChanged(
                "the answer is no JSON, or cut short.",
                source=source,
                place=self.short_url,
                expected="JSON",
                found=f"{error}; it begins {self.content[:60]!r}",
                do=f"look at {self.path}; run it again, and ask the publisher if it stays so.",
            ) from error


class Archive:
    """The kept answers of one query of one source."""

    def __init__(self, root: Path, source_id: str, query: str, retrieved: datetime) -> None:
        self.folder = root / source_id / query
        self.retrieved = retrieved
        self._open = self.folder / _OPEN
        #: What is known of the files that were written or named here, by name.
        self.digests: dict[str, str] = {}
        try:
            self._open.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    def begin_edition(self, edition: str) -> None:
        """Say which edition is read. Pages that an earlier run left are kept only when they are of the same one."""
        mark = self._open / _EDITION
        if mark.is_file() and mark.read_text(encoding="utf-8") != edition:
            self._rename("left")
            self._open.mkdir()
        mark.write_text(edition, encoding="utf-8")

    def page(self, request: str) -> Answer | None:
        """Return the answer to `request` that this run, or the broken one before it, already has."""
        found = sorted(self._open.glob(f"*-{request[:16]}.json"))
        return _read(found[-1]) if found else None

    def last(self, request: str) -> Answer | None:
        """Return the newest answer to `request` among the runs that ended well."""
        for run in sorted(
            (p for p in self.folder.glob("2*") if not p.name.endswith(("left", "refused"))), reverse=True
        ):
            found = sorted(run.glob(f"*-{request[:16]}.json"))
            if found:
                return _read(found[-1])
        return None

    def part(self) -> Path:
        """Return where an answer that is still arriving is written."""
        return self._open / f".{os.getpid()}.part"

    def keep(self, part: Path, sha256: str, **papers: Any) -> Answer:
        """Keep the body at `part` with its digest and papers; none changes any more."""
        number = len(list(self._open.glob("*.json"))) + 1
        body = self._open / f"{number:04d}-{papers['request'][:16]}.body"
        made = Answer(**papers, sha256=sha256, retrieved=self.retrieved.isoformat(), path=body)
        try:
            os.rename(part, body)
            body.chmod(_READ_ONLY)
            text = {k: v for k, v in asdict(made).items() if k != "path"}
            papers_path = body.with_suffix(".json")
            papers_path.write_text(json.dumps(text, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
            papers_path.chmod(_READ_ONLY)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        return made

    def write(self, name: str, blocks: Iterator[bytes]) -> Path:
        """Write the file that the pages make, beside them, and return its path."""
        path, digest = self._open / name, hashlib.sha256()
        try:
            with path.open("wb") as file:
                for block in blocks:
                    file.write(block)
                    digest.update(block)
            path.chmod(_READ_ONLY)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        self.digests[name] = digest.hexdigest()
        return path

    def name(self, name: str, answer: Answer) -> Path:
        """Give a body that is the whole file the name of a file, beside the papers, and return its path."""
        path = self._open / name
        share(answer.path, path)
        self.digests[name] = answer.sha256
        return path

    def close(self) -> Path:
        """End a good run and return its folder."""
        (self._open / _EDITION).unlink(missing_ok=True)
        return self._rename("")

    def refuse(self) -> Path:
        """End a run whose answers cannot be used: they are kept to be looked at, and not taken up again."""
        return self._rename("refused")

    def _rename(self, why: str) -> Path:
        stamp = self.retrieved.strftime("%Y%m%dT%H%M%S")
        taken = len(list(self.folder.glob(f"{stamp}*")))
        name = "-".join([f"{stamp}.{taken:02d}", *([why] if why else [])])
        os.rename(self._open, self.folder / name)
        return self.folder / name


def request_digest(method: str, url: str, params: Mapping[str, str], body: bytes) -> str:
    """Return what tells one request from another, none of it secret."""
    text = json.dumps([method, url, sorted(params.items())]).encode() + b"\x00" + body
    return hashlib.sha256(text).hexdigest()


def _read(papers: Path) -> Answer:
    try:
        body: dict[str, Any] = json.loads(papers.read_text(encoding="utf-8"))
        made = Answer(**body, path=papers.with_suffix(".body"))
        if digest_of(made.path) != made.sha256:
            raise ValueError("the body is not the one that was kept")
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(
            "a kept answer cannot be read.",
            place=str(papers),
            found=str(error),
            do="delete its folder and fetch again; the landed snapshots do not depend on it.",
        ) from error
    return made


def digest_of(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unwritable(folder: Path, error: OSError) -> StoreError:
    """Return the error for an answer that the disk does not take."""
    return StoreError(
        "an answer cannot be kept.",
        place=str(folder),
        found=error.strerror or str(error),
        do="free disk space, grant write permission, or choose another data folder with --data.",
    )
