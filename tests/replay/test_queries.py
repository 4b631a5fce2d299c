"""Every declared query is answered by the replay publisher in the publisher's shape and read to the last cell.

The workbook of the projections has no small copy: its query is tried on the publisher's own file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.raw.store import RawStore, digest_of
from lmi.registry import load
from tests.replay.bench import LiveBench, registry
from tests.replay.ons import GovUk
from tests.replay.publisher import Publisher

PROJECTIONS = ("dfe/skills_imperative_2035", "main_tables")
QUERIES = [(s.source_id, name) for s in load().sources.values() for name in s.queries]


@pytest.mark.parametrize(("source_id", "name"), [q for q in QUERIES if q != PROJECTIONS], ids=lambda v: str(v))
def test_a_declared_query_brings_figures_that_pass_their_checks(bench: LiveBench, source_id: str, name: str) -> None:
    (asked,) = bench.ask(source_id, {name: registry().sources[source_id].queries[name]})
    assert asked.outcome == "new", asked.message
    _, (outcome,) = bench.take_in(source_id)
    assert (outcome.state, outcome.error, outcome.quarantined) == ("ok", "", {})


@pytest.mark.data
def test_the_projections_are_the_known_edition_when_the_publisher_still_has_it(
    bench: LiveBench, publisher: Publisher, shared_data: Path
) -> None:
    source_id, name = PROJECTIONS
    query = registry().sources[source_id].queries[name]
    known = {e.sha256: e for e in registry().sources[source_id].editions if e.part == query.part}
    files = [p for p in (shared_data / source_id).iterdir() if p.suffix == ".xlsm"]
    path = next(p for p in files if digest_of(p) in known and known[digest_of(p)].vintage == "2024-08")
    attachments = [("Lancashire main tables", "LA_LSIP_MainTables.Main.xlsm", path.read_bytes())]
    publisher.services["govuk"] = GovUk(query.page, attachments, "application/vnd.ms-excel.sheet.macroenabled.12")  # type: ignore[union-attr]
    (asked,) = bench.ask(source_id, {name: query})
    assert (asked.outcome, asked.vintage) == ("new", "2024-08"), asked.message
    snapshot = RawStore(bench.data).landed()[0]
    assert (snapshot.part, snapshot.released_basis) == ("la_lsip", "declared edition")
    _, (outcome,) = bench.take_in(source_id)
    assert (outcome.state, outcome.error) == ("ok", "")
