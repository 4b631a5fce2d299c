"""How fast a large CSV is fetched, landed and parsed, and in how little memory, against DuckDB's bare conversion.

Run as `python -m benchmarks.landing [megabytes]`. A server of our own on this machine stands for the publisher's website, so that
the connector does all that it does for a real file: papers, a look at every record for one that stands twice, the copy in
the store. Ends with status 1 when either way in is under half of the bare rate, or anything is over 600 MB. A second file of
the same size has hundreds of columns, for each of which a reader holds a buffer: it is judged by its memory alone, since to
look for records that stand twice in all their columns is most of the work there.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.refresh import measure
from benchmarks.tidy_csv import convert_bare, make, source
from lmi.engine import connect
from lmi.pipeline.land import land
from lmi.pipeline.live import Asked, Live, fetch_source
from lmi.raw.fetch import Key, Waits
from lmi.raw.store import RawStore
from lmi.registry import ServiceEnd, load
from lmi.registry.queries import OnsWebsiteQuery
from lmi.sources.parsers import write_cells

MEGABYTES = 500
BYTES_PER_ROW = 41
WIDE, BYTES_PER_CELL = 300, 9
LEAST_RATIO = 0.5
MOST_MB = 600.0
PAIRS = 3
PAGE, NAME = "/made/up", "big.csv"


def serve(csv: Path) -> ThreadingHTTPServer:
    """Return a running server with a page that lists the file, as the website of the ONS does."""

    class Website(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/file"):
                self.send_response(200)
                self.send_header("Content-Type", "text/csv")
                self.send_header("Content-Length", str(csv.stat().st_size))
                self.end_headers()
                with csv.open("rb") as file:
                    shutil.copyfileobj(file, self.wfile, 2**20)
                return
            body = {"description": {"releaseDate": "2026-01-01T09:30:00Z"}, "datasets": [{"uri": f"{PAGE}/current"}]}
            if self.path.startswith(f"{PAGE}/current"):
                body = {"description": body["description"], "downloads": [{"file": NAME}]}
            sent = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Website)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def take_in(csv: Path, folder: Path) -> None:
    """Land the file as `lmi land` does, and parse it into cells."""
    made = source()
    registry = replace(load(), sources={made.source_id: made})
    (row,) = land([csv], folder, registry, date(2026, 1, 2))
    assert row.outcome == "new", row.message
    parse(folder)


def fetch_it(url: str, folder: Path) -> None:
    """Fetch the file through the connector, which checks and lands it, and parse it into cells."""
    query = OnsWebsiteQuery(layout="main", service="ons_website", page=PAGE, file=NAME)
    made = source().model_copy(update={"queries": {"all": query}})
    ends = {"ons_website": ServiceEnd(url=url, gap_seconds=0)}
    live = Live(ends, {"ons_website": Key()}, datetime(2026, 1, 2, tzinfo=UTC), Waits(time.sleep, time.monotonic))
    asked: list[Asked] = []
    fetch_source(made, load().area(""), folder, live, asked)
    assert asked[0].outcome == "new", asked[0].message
    parse(folder)


def parse(folder: Path) -> None:
    """Write the cells of the only landed file."""
    (snapshot,) = RawStore(folder).landed()
    assert snapshot.payload is not None
    made = source()
    write_cells(snapshot.payload, made, made.layouts["main"], folder / "cells.parquet")


def make_wide(path: Path, megabytes: int) -> Path:
    """Write a file of hundreds of columns that repeat themselves and return its path."""
    columns = ", ".join(f"case when i % {k + 7} = 0 then 'c' else 'text ' || (i * {k}) % 999 end" for k in range(WIDE))
    with connect() as con:
        rows = megabytes * 10**6 // (WIDE * BYTES_PER_CELL)
        sql = (
            f"select i % 400 as area, i // 400 as date, 'all' as industry, i as jobs, {columns} from range({rows}) t(i)"
        )
        con.execute(f"copy ({sql}) to '{path}' (header true)")
    return path


def weigh(csv: Path, folder: Path) -> dict[str, tuple[float, float]]:
    """Return the least seconds and the greatest MB of each way, each run in turn in a process of its own."""
    server = serve(csv)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    runs: dict[str, list[tuple[float, float]]] = {"bare": [], "land": [], "fetch": []}
    for _ in range(PAIRS):
        for name, taken in runs.items():
            into = folder / name
            into.mkdir()
            given = url if name == "fetch" else str(csv)
            taken.append(measure([sys.executable, "-m", "benchmarks.landing", name, given, str(into)]))
            shutil.rmtree(into)
    server.shutdown()
    return {name: (min(s for s, _ in taken), max(mb for _, mb in taken)) for name, taken in runs.items()}


def main(megabytes: int) -> int:
    """Print the rates and the peaks of a long and of a wide file."""
    over = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = {
            "long": make(folder / NAME, megabytes * 10**6 // BYTES_PER_ROW),
            "wide": make_wide(folder / f"wide_{NAME}", megabytes),
        }
        for what, csv in files.items():
            times = weigh(csv, folder)
            size = csv.stat().st_size / 10**6
            print(f"{what} CSV of {size:.0f} MB: bare {times['bare'][0]:.1f} s, {times['bare'][1]:.0f} MB")
            for name, told in (("land", "landed and parsed"), ("fetch", "fetched, checked, landed and parsed")):
                seconds, peak = times[name]
                ratio = times["bare"][0] / seconds
                least = f" (at least {LEAST_RATIO})" if what == "long" else ""
                print(
                    f"  {told} {seconds:.1f} s, ratio of rates {ratio:.2f}{least}, peak {peak:.0f} MB (at most {MOST_MB:.0f})"
                )
                over += bool(least and ratio < LEAST_RATIO) or peak > MOST_MB
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(over > 0)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        kind, given, into = sys.argv[1], sys.argv[2], Path(sys.argv[3])
        if kind == "fetch":
            fetch_it(given, into)
        else:
            {"bare": convert_bare, "land": take_in}[kind](Path(given), into)
    else:
        raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES))
