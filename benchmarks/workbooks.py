"""How long it takes to turn workbooks into observations, against a bare reading of the same sheets.

Run as `python -m benchmarks.workbooks [folder that holds data/ and method/]`. Prints ratios, so that figures of two
machines compare; ends with status 1 when parsing and staging together take more than LIMIT times the bare reading.
Files that are read in less than FLOOR seconds are shown and not judged: there, fixed costs are all there is.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from python_calamine import CalamineWorkbook

from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import land
from lmi.pipeline.plan import Settings, make_plan
from lmi.raw.manifest import Snapshot
from lmi.registry import load, repository_root
from lmi.sources.parsers import nomis_workbook, statxplore, workbook_tables, write_cells
from lmi.staging import stage

LIMIT = 2.0
FLOOR = 0.02
REPEATS = 11
TODAY = date(2026, 11, 1)
SOURCES = (
    "dfe/skills_imperative_2035",
    "ons/aps_employment_by_occupation",
    "ons/aps_qualifications_by_age_gender",
    "ons/bres_employment_by_industry",
    "dwp/uc_households_by_la",
)
LOOKUPS = ("geography", "classifications")
PARSE = {
    "nomis_workbook": nomis_workbook.parse,
    "workbook_tables": workbook_tables.parse,
    "statxplore_table": statxplore.parse,
}


@dataclass(frozen=True)
class Timing:
    """Best seconds of several runs over one file."""

    file: str
    cells: int
    bare: float
    parse: float
    write: float
    stage: float


def best(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def read_bare(path: Path, sheets: list[str]) -> None:
    book = CalamineWorkbook.from_path(str(path))
    for sheet in sheets:
        book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def time_snapshot(snapshot: Snapshot, ingest: Ingest, folder: Path) -> Timing:
    """Return the timings of one landed file. Cells are parsed and staged through files, as in a refresh."""
    source = load().sources[snapshot.source_id]
    layout = source.layouts[snapshot.layout]
    path, cells = snapshot.payload, folder / "cells.parquet"
    assert path is not None
    count = write_cells(path, source, layout, cells)
    sheets = {s["name"] for s in layout.options.get("sheets", ())} or {layout.options.get("sheet", "Data")}
    there = CalamineWorkbook.from_path(str(path)).sheet_names
    read = [name for name in there if name in sheets] or there

    def run_stage() -> None:
        stage(
            snapshot,
            source,
            layout,
            cells,
            ingest.codebook,
            folder / "observations.parquet",
            folder / "quarantine.parquet",
        )

    return Timing(
        snapshot.file_name,
        count,
        best(lambda: read_bare(path, read)),
        best(lambda: PARSE[layout.parser](path, layout.options, source.source_id)),
        best(lambda: write_cells(path, source, layout, cells)),
        best(run_stage),
    )


def main(shared: Path) -> int:
    """Print one line a file and return the exit status."""
    folders = [shared / "method", *(shared / "data" / name for name in (*LOOKUPS, *SOURCES))]
    slow = 0
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        land(folders, data, load(), TODAY)
        ingest = Ingest(make_plan(Settings(data, "", TODAY)))
        for source_id in ingest.lookup_order():
            ingest.read_lookups(source_id)
        ingest.close_lookups()
        print(f"{'file':50} {'cells':>7} {'bare ms':>8} {'parse':>6} {'+ write':>8} {'+ stage':>8}  (times bare)")
        for source_id in SOURCES:
            for snapshot in ingest.plan.of_source(source_id):
                if snapshot.file_name.rpartition(".")[2] not in ("xlsx", "xlsm"):
                    continue
                t = time_snapshot(snapshot, ingest, Path(name))
                whole = (t.write + t.stage) / t.bare
                over = whole > LIMIT and t.bare >= FLOOR
                slow += over
                ratios = f"{t.parse / t.bare:6.2f} {t.write / t.bare:8.2f} {whole:8.2f}"
                print(f"{t.file:50} {t.cells:7} {t.bare * 1000:8.1f} {ratios}{'  over the limit' if over else ''}")
    print(f"limit {LIMIT}: {slow} files over it")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else repository_root().parent / "shared"))
