"""A published build to ask, and folders that begin where another one stands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lmi.engine import connect, fetch
from lmi.pipeline import Report, Settings, run
from lmi.publish import published_build
from lmi.registry import repository_root

#: After the last release in the baseline.
DAY = date(2026, 11, 23)
AREA = "E69000019"


@dataclass(frozen=True)
class Built:
    """A data folder and the report of the refresh that published its build."""

    data: Path
    report: Report

    def ask(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of `sql` over the published build."""
        with connect(published_build(self.data / "curated").database, read_only=True) as con:
            return [tuple(row.values()) for row in fetch(con, sql, parameters).to_pylist()]

    def one(self, sql: str, parameters: Sequence[Any] | None = None) -> Any:
        """Return the only value of the only row."""
        rows = self.ask(sql, parameters)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return rows[0][0]


def plainly(stage: str, what: str, step: Callable[..., Any], *arguments: Any) -> Any:
    """Run a step as it is."""
    return step(*arguments)


def refresh(data: Path, as_of: date = DAY, **settings: Any) -> Report:
    """Refresh `data` without Prefect."""
    return run(Settings(data=data, area_id="", as_of=as_of, **settings), plainly)


def staged_like(built: Built, data: Path) -> Path:
    """Make a data folder in which everything up to curating is done, and nothing is built; return it."""
    for name in ("staged", "receipts"):  # receipts only where those of the baseline were not enough
        if (built.data / "curated" / name).is_dir():
            shutil.copytree(built.data / "curated" / name, data / "curated" / name, copy_function=os.link)
    return data


def published_like(built: Built, data: Path) -> Built:
    """Make a data folder that stands where `built` stands: files are replaced and never changed, so links will do."""
    shutil.copytree(built.data / "curated", data / "curated", copy_function=os.link)
    for name in ("refresh.lock", "status.json", "published.json"):  # the lock is written in place
        path = data / "curated" / name
        text = path.read_bytes()
        path.unlink()
        path.write_bytes(text)
    return Built(data, built.report)


def part_of_baseline(folder: Path, *names: str) -> Path:
    """Copy the look-ups of the committed baseline and the named publishers or sources to `folder`, and return it."""
    committed = repository_root() / "data" / "raw" / "baseline"
    for name in ("classifications", "geography", "method", *names):
        shutil.copytree(committed / name, folder / name)
        for receipts in committed.glob(f"receipts/{name}*"):
            into = folder / "receipts" / receipts.relative_to(committed / "receipts")
            into.parent.mkdir(parents=True, exist_ok=True)
            _ = shutil.copytree(receipts, into) if receipts.is_dir() else shutil.copyfile(receipts, into)
    return folder
