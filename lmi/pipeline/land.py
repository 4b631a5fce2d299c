"""Files downloaded by hand: recognised by content, kept as snapshots, or refused with a reason.

Owns: walking folders and reporting on each file. Never: stages a figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from lmi.engine import DatabaseError
from lmi.errors import LmiError, ParseError
from lmi.raw.recognise import recognise
from lmi.raw.store import RawStore
from lmi.registry import Registry


@dataclass(frozen=True)
class Landed:
    """What became of one file: `outcome` is new, known or refused."""

    file: str
    outcome: str
    source_id: str = ""
    vintage: str = ""
    part: str = ""
    released: str = ""
    basis: str = ""
    message: str = ""


def land(
    paths: Sequence[Path],
    data: Path,
    registry: Registry,
    today: date,
    *,
    vintage: str | None = None,
    released: date | None = None,
    report: Callable[[Landed], None] | None = None,
) -> list[Landed]:
    """Keep every recognised file below `paths` and return one row for each file, in order.

    A refused file does not stop the others. `vintage` and `released` overrule what the file says, for one file only.
    Raises LmiError when they are given for more than one file, StoreError when the data folder cannot be written.
    """
    files = list(_files(paths))
    if (vintage or released) and len(files) != 1:
        raise LmiError(
            "--vintage and --released speak of one file.", found=f"{len(files)} files", do="land the file by itself."
        )
    store = RawStore(data)
    landed: list[Landed] = []
    for path in files:
        row = _land_one(path, store, registry, today, vintage, released)
        landed.append(row)
        if report is not None:
            report(row)
    return landed


def _land_one(
    path: Path, store: RawStore, registry: Registry, today: date, vintage: str | None, released: date | None
) -> Landed:
    try:
        known = recognise(path, registry, today)
        if vintage:
            known = replace(known, vintage=re.sub(r"[^A-Za-z0-9.-]+", "-", vintage).strip("-"))
        if released:
            known = replace(known, released=released, released_basis="analyst")
        snapshot, new = store.add(path, known, today.isoformat())
    except LmiError as error:
        return Landed(path.name, "refused", message=str(error))
    except (
        DatabaseError,
        pa.ArrowException,
        OSError,
    ) as error:  # a library's own words on one file must not end the rest
        return Landed(path.name, "refused", message=str(_unreadable(path, error)))
    return Landed(
        path.name,
        "new" if new else "known",
        snapshot.source_id,
        snapshot.vintage,
        snapshot.part,
        snapshot.released.isoformat(),
        snapshot.released_basis,
    )


def _unreadable(path: Path, error: Exception) -> ParseError:
    said = str(error).split("\n\n")[0]
    do = "check that the download is complete and that the file may be read, then land it again."
    return ParseError("the file cannot be read.", place=path.name, found=said, do=do)


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path
