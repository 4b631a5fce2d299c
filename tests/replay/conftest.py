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


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher(world())
    yield made
    made.close()


@pytest.fixture(scope="session")
def lookups(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ingest]:
    """The look-ups of the baseline, read once."""
    folder = tmp_path_factory.mktemp("live")
    baseline = part_of_baseline(folder / "baseline")
    known = Ingest(make_plan(Settings(folder / "data", "", DAY, baseline=baseline)))
    for source_id in known.lookup_order():
        known.read_lookups(source_id)
    known.close_lookups()
    return baseline, known


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(publisher: Publisher, clock: Clock, lookups: tuple[Path, Ingest], tmp_path: Path) -> LiveBench:
    return LiveBench(tmp_path / "data", *lookups, live_on(publisher, clock))
