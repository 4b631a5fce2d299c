"""The baseline of three sources, taken in once, and a data folder for each test to land files in."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest
from tests.pipeline.bench import Bench
from tests.pipeline.builds import DAY, part_of_baseline
from tests.pipeline.faulty import AIMS, CLAIMANTS, JOBS


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ingest]:
    """The baseline of three sources and the look-ups, read once."""
    folder = tmp_path_factory.mktemp("bench")
    baseline = part_of_baseline(folder / "baseline", CLAIMANTS, AIMS, JOBS)
    known = Ingest(make_plan(Settings(folder / "data", "", DAY, baseline=baseline)))
    for source_id in known.lookup_order():
        known.read_lookups(source_id)
    known.close_lookups()
    return baseline, known


@pytest.fixture
def bench(prepared: tuple[Path, Ingest], tmp_path: Path) -> Bench:
    return Bench(tmp_path / "data", *prepared)
