"""Every fault on every connector as a table, and the marts of a build that had all of them: `python -m tests.replay.table`.

A fault whose answer is refused lands nothing, so that there is nothing to build from. The files of the other faults are all
landed in one data folder where the baseline is published, and a refresh is made: every mart must then hold the same bytes,
but those that tell of files and runs. Ends with status 1 when one does not, or when a figure got on that should not.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lmi.engine import connect, write_query
from lmi.marts.run import read_marts
from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest
from lmi.publish import published_build
from lmi.raw.recognise import Recognition
from lmi.raw.store import RawStore
from tests.pipeline.builds import DAY, part_of_baseline, refresh
from tests.replay.bench import NOW, registry
from tests.replay.faults import CONNECTION, CONTENT
from tests.replay.publisher import Publisher
from tests.replay.trials import CASES, PART, WHOLE, Trial, faultless, tried
from tests.replay.world import world

#: Marts that tell which files there are and what became of them: a refused file belongs into them.
OF_FILES = {"data_quality", "dim_snapshot", "freshness", "runs"}


def known_in(folder: Path) -> Ingest:
    """Return the look-ups of the baseline, read once."""
    known = Ingest(make_plan(Settings(folder / "data", "", DAY, baseline=part_of_baseline(folder / "baseline"))))
    for source_id in known.lookup_order():
        known.read_lookups(source_id)
    known.close_lookups()
    return known


def trials(folder: Path, services: Sequence[str]) -> list[Trial]:
    """Try every fault of these services, each in a data folder of its own below `folder`."""
    known, server = known_in(folder / "known"), Publisher(world())
    try:
        whole = faultless(server, known, lambda service: folder / "whole" / service)
        return [
            tried(server, known, whole[service], folder / "trials" / f"{service}-{n}", service, fault)
            for service in services
            for n, fault in enumerate((*CONNECTION, *CONTENT[service]))
        ]
    finally:
        server.close()


def table(made: Sequence[Trial]) -> str:
    """Return fault by connector, with how each ended; a fault that a service's answers cannot have is left empty."""
    services = list(dict.fromkeys(t.service for t in made))
    ended = {(t.fault, t.service): t.ended for t in made}
    faults = list(dict.fromkeys(t.fault for t in made))
    head = ["fault", *services]
    lines = [[fault, *(ended.get((fault, service), "") for service in services)] for fault in faults]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])


def wrong(made: Sequence[Trial]) -> list[str]:
    """Return the trials after which a figure got on that should not."""
    spared = {**WHOLE, **PART}
    return [f"{t.service}, {t.fault}" for t in made if t.got and (t.service, t.fault) not in spared]


def land_all(made: Sequence[Trial], data: Path) -> int:
    """Land the refused files of all trials in one data folder, each under a vintage of its own; return their number."""
    store, count = RawStore(data), 0
    spared = {**WHOLE, **PART}
    for n, trial in enumerate(made):
        for s in RawStore(trial.bench.data).landed() if (trial.service, trial.fault) not in spared else []:
            assert s.payload is not None
            source = registry().sources[s.source_id]
            known = Recognition(
                source, s.layout, f"{s.vintage}.{n}", s.part, s.released, s.released_basis, s.sha256, dict(s.labels)
            )
            _, new = store.add(s.payload, known, NOW.isoformat(), origin="live")
            count += new
    return count


def digests(data: Path) -> dict[str, str]:
    """Return the sha256 of each mart of the published build, written as Parquet in the order of its columns."""
    found = {}
    with (
        connect(published_build(data / "curated").database, read_only=True) as con,
        tempfile.TemporaryDirectory() as out,
    ):
        for mart in read_marts():
            path = Path(out) / f"{mart.name}.parquet"
            write_query(con, [f'select * from "{mart.name}" order by all'], path)
            found[mart.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def main(services: Sequence[str]) -> int:
    """Print the table and what the build says; return 1 when a wrong figure got on or a mart changed."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    with tempfile.TemporaryDirectory() as made_in:
        folder = Path(made_in)
        made = trials(folder, services)
        print(table(made))
        bad = wrong(made)
        data = folder / "published"
        data.mkdir()
        assert refresh(data).published
        before = digests(data)
        landed = land_all(made, data)
        report = refresh(data)
        after = digests(data)
        moved = sorted(name for name in before if before[name] != after[name])
        same = len(before) - len(moved)
        print(
            f"\n{len(made)} trials of {len(services)} connectors; a wrong figure got on after {len(bad)}: {bad or 'none'}"
        )
        print(f"{sum(t.asked.outcome == 'stale' for t in made)} landed nothing: there is nothing new to build from")
        print(f"{landed} files that were refused are landed in one folder; refresh: published {report.published}, "
              f"{len(report.stopped)} stopped")  # fmt: skip
        print(f"marts byte-equal to before: {same} of {len(before)}; changed: {', '.join(moved) or 'none'}")
        return int(bool(bad) or not report.published or not set(moved) <= OF_FILES)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or list(CASES)))
