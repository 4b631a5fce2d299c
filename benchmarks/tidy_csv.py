"""How fast a large tidy CSV becomes curated Parquet, against DuckDB's bare conversion of the same file.

Run as `python -m benchmarks.tidy_csv [rows]`. The file is made up: areas, months, industries and a suppression symbol.
Both conversions run in a process of their own, in turn. Ends with status 1 when ours is under half of the bare rate or over
1 GiB.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.refresh import measure
from lmi.curate import curate
from lmi.engine import connect
from lmi.lookups import CodeBook
from lmi.raw.manifest import Snapshot
from lmi.registry import Source
from lmi.sources.parsers import write_cells
from lmi.staging import stage
from lmi.tables import CODES

ROWS = 10**7
LEAST_RATIO = 0.5
MOST_MB = 1024.0
AREAS = 400
PAIRS = 3
_MAKE = """
copy (
    select
        strftime(date '2005-01-01' + to_months(cast(i % 240 as integer)), '%Y-%m') as date,
        'E0' || (6000000 + (i // 240) % {areas}) as area,
        'sic' || lpad(cast((i // 96000) % 150 as varchar), 3, '0') as industry,
        case when i % 97 = 0 then 'c' else cast((i * 7919) % 100000 / 10 as varchar) end as jobs,
        'remark ' || i % 7 as note
    from range({rows}) as t(i)
) to '{path}' (header true)
"""


def source() -> Source:
    """Return the declaration of the made-up file."""
    areas = {f"E0{6000000 + i}": f"E0{6000000 + i}" for i in range(AREAS)}
    layout = {
        "recognise": {"format": "delimited"},
        "parser": "delimited",
        "options": {"values": ["jobs"]},
        "measures": [{"indicator": "jobs", "scale": 1000.0}],
        "period": {"label": "date", "form": "month"},
        "symbols": {"c": "suppressed"},
        "dimensions": {
            "area": {"label": "area", "map": areas},
            "industry": {"label": "industry", "rules": [{"pattern": "(.*)", "by": "slug"}]},
        },
    }
    words = dict.fromkeys(("title", "publisher", "licence", "attribution"), "made up")
    return Source.model_validate(
        {"source_id": "made/up", "department": "project", **words, "layouts": {"main": layout}}
    )


def make(path: Path, rows: int) -> Path:
    """Write the made-up file and return its path."""
    with connect() as con:
        con.execute(_MAKE.format(rows=rows, areas=AREAS, path=path))
    return path


def convert(csv: Path, folder: Path) -> None:
    """Take the file from CSV to curated Parquet as a refresh does: parse, stage, curate."""
    made = source()
    layout = made.layouts["main"]
    snapshot = Snapshot("made/up", "main", "v", "", csv.name, "ab" * 32, 1, date(2026, 1, 1), "", "landed", "", "")
    cells, observed = folder / "cells.parquet", folder / "observations.parquet"
    write_cells(csv, made, layout, cells)
    stage(
        snapshot,
        made,
        layout,
        cells,
        CodeBook(CODES.arrow_schema().empty_table()),
        observed,
        folder / "refused.parquet",
    )
    curate([observed], folder / "curated.parquet")


def convert_bare(csv: Path, folder: Path) -> None:
    """Let DuckDB turn the CSV into Parquet, text as text, with nothing else done."""
    with connect(preserve_insertion_order=False) as con:
        sql = f"select * from read_csv('{csv}', all_varchar = true)"
        con.execute(f"copy ({sql}) to '{folder / 'bare.parquet'}' (format parquet, compression zstd)")


def main(rows: int) -> int:
    """Time both conversions in turn and print the ratio of their rates."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        csv = make(folder / "big.csv", rows)
        runs: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
        for _ in range(PAIRS):
            for name, taken in runs.items():
                taken.append(measure([sys.executable, "-m", "benchmarks.tidy_csv", name, str(csv), str(folder)]))
        bare, ours = (min(seconds for seconds, _ in runs[name]) for name in ("bare", "ours"))
        peak = max(mb for _, mb in runs["ours"])
        print(f"tidy CSV, {rows:,} rows, {csv.stat().st_size / 10**6:.0f} MB: bare {bare:.1f} s, ours {ours:.1f} s")
        print(f"ratio of rates {bare / ours:.2f} (at least {LEAST_RATIO}), peak {peak:.0f} MB (at most {MOST_MB:.0f})")
        return int(bare / ours < LEAST_RATIO or peak > MOST_MB)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        {"bare": convert_bare, "ours": convert}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
