"""Every declared query asked of the replay publisher, as a table: `python -m tests.replay.asked`.

Each is landed, read and checked as a live refresh does it. Ends with status 1 when one brings nothing that passes its checks,
but for the workbook of the projections, of which there is no small copy.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from lmi.raw.store import RawStore
from tests.replay.bench import Clock, LiveBench, live_on, registry
from tests.replay.publisher import Publisher
from tests.replay.table import known_in
from tests.replay.test_queries import PROJECTIONS, QUERIES
from tests.replay.world import world


def main() -> int:
    """Print a line for each query and return 1 when one failed that should not."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    failed, services = [], Counter[str]()
    with tempfile.TemporaryDirectory() as made_in:
        folder = Path(made_in)
        known, server = known_in(folder / "known"), Publisher(world())
        print("| source | query | service | outcome | snapshot | requests | cells | figures |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for n, (source_id, name) in enumerate(QUERIES):
            query = registry().sources[source_id].queries[name]
            bench = LiveBench(folder / str(n), known, live_on(server, Clock()))
            before = len(server.asked)
            (asked,) = bench.ask(source_id, {name: query})
            services[query.service] += 1
            cells = figures = snapshot = ""
            if asked.outcome == "new":
                _, (outcome,) = bench.take_in(source_id)
                account = outcome.account
                cells, figures = str(account.get("found", "")), str(account.get("observed", ""))
                (landed,) = RawStore(bench.data).landed()
                snapshot = landed.folder
                if outcome.state != "ok" or outcome.quarantined:
                    failed.append(f"{source_id} ({name}): {outcome.error or outcome.quarantined}")
            elif (source_id, name) != PROJECTIONS:
                failed.append(f"{source_id} ({name}): {asked.message}")
            row = [
                source_id,
                name,
                query.service,
                asked.outcome,
                snapshot,
                str(len(server.asked) - before),
                cells,
                figures,
            ]
            print("| " + " | ".join(row) + " |", flush=True)
        server.close()
    print(f"\n{len(QUERIES)} queries; by service: {', '.join(f'{s} {n}' for s, n in sorted(services.items()))}")
    print(f"failed: {'; '.join(failed) or 'none'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
