"""The replay publisher with a whole and faultless answer for every service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest
from tests.pipeline.builds import DAY, part_of_baseline
from tests.replay.bench import Clock, LiveBench, live_on
from tests.replay.publisher import Publisher
from tests.replay.world import world


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here is on this machine, whatever the environment says of others."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher(world())
    yield made
    made.close()


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Ingest:
    """The look-ups of the baseline, read once."""
    folder = tmp_path_factory.mktemp("live")
    baseline = part_of_baseline(folder / "baseline")
    known = Ingest(make_plan(Settings(folder / "data", "", DAY, baseline=baseline)))
    for source_id in known.lookup_order():
        known.read_lookups(source_id)
    known.close_lookups()
    return known


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(publisher: Publisher, clock: Clock, known: Ingest, tmp_path: Path) -> LiveBench:
    return LiveBench(tmp_path / "data", known, live_on(publisher, clock))
