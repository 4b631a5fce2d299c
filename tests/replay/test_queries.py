"""Every declared query is answered by the replay publisher in the publisher's shape and read to the last cell."""

from __future__ import annotations

import pytest

from lmi.registry import load
from tests.replay.bench import LiveBench

QUERIES = [(s.source_id, name) for s in load().sources.values() for name in s.queries]


@pytest.mark.parametrize(("source_id", "name"), QUERIES, ids=lambda v: str(v))
def test_a_declared_query_brings_figures_that_pass_their_checks(bench: LiveBench, source_id: str, name: str) -> None:
    query = load().sources[source_id].queries[name]
    (asked,) = bench.ask(source_id, {name: query})
    assert asked.outcome == "new", asked.message
    _, (outcome,) = bench.take_in(source_id)
    assert (outcome.state, outcome.error, outcome.quarantined) == ("ok", "", {})
