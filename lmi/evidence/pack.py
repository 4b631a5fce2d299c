"""The pack as a folder: written beside its place and moved there whole, so that readers never meet half of one.

Owns: the folder's content and the swap. Never: chooses a build.
"""

from __future__ import annotations

import csv
import glob
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lmi.engine import Connection
from lmi.errors import LmiError, StoreError
from lmi.evidence.compose import compose
from lmi.evidence.document import Gap, Pack, Table, plain_one
from lmi.evidence.html import write_site
from lmi.evidence.packages import csv_columns, write_packages
from lmi.evidence.quote import Figure
from lmi.evidence.read import Reader
from lmi.evidence.since import compare
from lmi.evidence.special import Special

FORMATS = ("html", "csv", "xlsx", "docx", "pdf")
#: A folder that holds this file is a pack of ours and may be replaced.
MARK = "citations.json"
#: A half-written folder that nobody touched for so long is left over from a run that was killed.
_AT_WORK_SECONDS = 3600
Writer = Callable[[Pack, Path], None]


@dataclass(frozen=True)
class Earlier:
    """The build to compare with: an open connection and its name."""

    con: Connection
    build: str


@dataclass(frozen=True)
class Written:
    """What was written: the folder, its files, bytes, pages and cited figures, and what could not be said."""

    folder: Path
    files: int
    bytes: int
    pages: int
    figures: int
    gaps: int


def write_pack(
    con: Connection, build: str, declared: Path, out: Path, formats: Sequence[str], since: Earlier | None = None
) -> Written:
    """Write the evidence pack of one build to the folder `out`, replacing an earlier pack there in one step.

    Raises StoreError when `out` holds something that is no pack, or cannot be written; LmiError for a format that is
    not known or whose library is absent, before anything is written.
    """
    strange = [f for f in formats if f not in FORMATS]
    if strange or not formats:
        raise LmiError("there is no such format.", expected=", ".join(FORMATS), found=", ".join(strange) or "none")
    _check_place(out)
    writers = _writers(formats)
    reader = Reader(con, build)
    earlier = Reader(since.con, since.build) if since else None
    pack, quoter = compose(reader, declared, Special(moved=compare(reader, earlier, declared) if earlier else None))
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        _clear_after_a_kill(out)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _write_common(pack, part)
        titles = {s: str(v["title"]) for s, v in reader.sources().items()}
        if "html" in formats:
            write_site(pack, part, titles)
        for write in writers:
            write(pack, part)
        _swap(part, out)
    except OSError as error:
        raise StoreError(
            "the pack cannot be written.", place=str(out), found=str(error), do="free disk space or grant the right."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    files = [p for p in out.rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files)
    return Written(out, len(files), size, len(pack.pages), len(quoter.figures()), _gaps(pack))


def write_csv(pack: Pack, folder: Path) -> None:
    """Write one CSV file a table: rounded as printed, each figure with its citation beside it, no markup."""
    (folder / "csv").mkdir(exist_ok=True)
    for _, table in pack.tables():
        with open(folder / "csv" / f"{table.id}.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(csv_rows(table))


def csv_rows(table: Table) -> Iterable[list[str]]:
    """Yield a table as texts: a figure as a bare number and its citation, what is withheld as a word and its reason."""
    columns = csv_columns(table)
    figures = [any(isinstance(row[n], Figure) for row in table.rows) for n in range(len(table.heads))]
    yield [title for title, _ in columns]
    for row in table.rows:
        cells: list[str] = []
        for n, part in enumerate(row):
            if isinstance(part, Figure):
                cells += [f"{part.number:.{part.places}f}", part.citation]
            else:
                cells += [tamed(plain_one(part)), ""] if figures[n] else [tamed(plain_one(part))]
        yield cells


def tamed(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe before it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _write_common(pack: Pack, folder: Path) -> None:
    (folder / MARK).write_text(pack.citations, encoding="utf-8")
    write_csv(pack, folder)
    write_packages(pack, folder)
    (folder / "charts").mkdir()
    for _, chart in pack.charts():
        (folder / "charts" / f"{chart.id}.svg").write_text(chart.svg, encoding="utf-8")


def _writers(formats: Sequence[str]) -> list[Writer]:
    """Return the writers of the formats that need libraries of their own; a missing one is told before any work."""
    found: list[Writer] = []
    if "xlsx" in formats:
        from lmi.evidence import xlsx

        xlsx.library()
        found.append(xlsx.write_xlsx)
    if "docx" in formats:
        from lmi.evidence import docx

        docx.library()
        found.append(docx.write_docx)
    if "pdf" in formats:
        from lmi.evidence import pdf

        pdf.library()
        found.append(pdf.write_pdf)
    return found


def _check_place(out: Path) -> None:
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(
            "something that is no evidence pack is in the way.",
            place=str(out),
            do="name another folder with --out, or move what is there.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)


def _clear_after_a_kill(out: Path) -> None:
    """Put back a pack that a killed run had just moved away, and remove what killed runs left half written.

    What another process wrote to lately is left: it may still be at work.
    """
    before = time.time() - _AT_WORK_SECONDS
    for left in sorted(out.parent.glob(f".{glob.escape(out.name)}.*")):
        if left.suffix == ".old" and not out.exists():
            os.replace(left, out)
        elif left.suffix in (".old", ".part") and left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)


def _swap(part: Path, out: Path) -> None:
    """Put `part` in the place of `out`; the old pack is only removed when the new one stands there."""
    old = out.with_name(f".{out.name}.{os.getpid()}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.replace(out, old)
    try:
        os.replace(part, out)
    except OSError:
        if old.exists():
            os.replace(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _gaps(pack: Pack) -> int:
    return sum(isinstance(b, Gap) for page in pack.pages for s in page.sections for b in s.blocks)
