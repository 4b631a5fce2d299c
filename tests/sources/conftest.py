"""The publishers' files of the core sources, landed and staged once a session, as a refresh does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lmi.contract import literal
from lmi.engine import connect, fetch
from lmi.pipeline.ingest import Ingest
from lmi.pipeline.land import Landed, land
from lmi.pipeline.outcomes import Outcome
from lmi.pipeline.plan import Settings, make_plan
from lmi.registry import load

LOOKUPS = ("geography", "classifications")
#: Every source of statistics of which files are declared: a new one is tried without an entry anywhere.
CORE = tuple(sorted(s.source_id for s in load().sources.values() if s.kind == "statistics" and s.editions))
#: The fourteen districts, written out: the oracle's own list, not the library's.
DISTRICTS = ("E06000008", "E06000009", *(f"E070001{n}" for n in range(17, 29)))


class Staged:
    """Staged figures to ask in SQL: the view `figures` is one source's observations with vintage, part and layout."""

    def __init__(self, folders: Sequence[Path], data: Path) -> None:
        self.landed: list[Landed] = land(folders, data, load(), date(2026, 11, 1))
        plan = make_plan(Settings(data, "", date(2026, 11, 1)))
        sources = plan.registry.sources
        # Of the committed baseline only the look-ups: figures are those of the files given here, and of no others.
        own = tuple(s for s in plan.snapshots if s.origin != "baseline" or sources[s.source_id].kind == "lookup")
        self.ingest = Ingest(replace(plan, snapshots=own, visible=tuple(s for s in plan.visible if s in own)))
        for source_id in self.ingest.lookup_order():
            self.ingest.read_lookups(source_id)
        self.ingest.close_lookups()
        self._outcomes: dict[str, list[Outcome]] = {}

    def outcomes(self, source_id: str) -> list[Outcome]:
        """Return what became of each file of the source, staging them at the first call."""
        if source_id not in self._outcomes:
            self._outcomes[source_id] = self.ingest.stage_source(source_id)
        return self._outcomes[source_id]

    def accounts(self, source_id: str) -> dict[str, dict[str, Any]]:
        """Return the account of each file, by vintage, layout and part."""
        return {
            f"{o.vintage}~{o.layout}" + (f"~{o.part}" if o.part else ""): o.account for o in self.outcomes(source_id)
        }

    def ask(self, source_id: str, sql: str) -> list[dict[str, Any]]:
        """Return the rows of `sql` over `figures`."""
        good = [o for o in self.outcomes(source_id) if o.state == "ok"]
        assert good, [o.error for o in self.outcomes(source_id)]
        parts = [
            f"select *, {literal(o.vintage)} as vintage, {literal(o.part)} as part, {literal(o.layout)} as layout "
            f"from read_parquet({literal(str(self.ingest.plan.folders.staged(o.snapshot_id) / 'corrected.parquet'))})"
            for o in good
        ]
        with connect() as con:
            con.execute("create view figures as " + " union all ".join(parts))
            return fetch(con, sql).to_pylist()

    def one(self, source_id: str, sql: str) -> Any:
        """Return the only value of the only row."""
        rows = self.ask(source_id, sql)
        assert len(rows) == 1, rows
        return next(iter(rows[0].values()))


@pytest.fixture(scope="session")
def staged(shared_data: Path, shared_method: Path, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    folders = [shared_method, *(shared_data / name for name in LOOKUPS), *(shared_data / name for name in CORE)]
    return Staged(folders, tmp_path_factory.mktemp("data"))


def in_districts() -> str:
    """Return the SQL condition that a figure is for one of the fourteen districts."""
    return f"area_code in ({', '.join(map(literal, DISTRICTS))})"
