"""A look-up that is fetched anew: the newest good vintage is read, whatever older and worse ones lie beside it."""

from __future__ import annotations

from pathlib import Path

from lmi.pipeline import make_plan
from lmi.pipeline.ingest import Ingest
from tests.pipeline.builds import DAY, part_of_baseline
from tests.replay.bench import LiveBench
from tests.replay.publisher import Publisher
from tests.replay.queries import cases

CASE = cases()["arcgis"]


def read(bench: LiveBench, folder: Path) -> Ingest:
    """Read the look-up from what was fetched and from the baseline."""
    from lmi.pipeline import Settings

    ingest = Ingest(make_plan(Settings(bench.data, "", DAY, baseline=part_of_baseline(folder))))
    ingest.read_lookups(CASE.source_id)
    return ingest


def test_the_fetched_vintage_replaces_the_older_one_whole(bench: LiveBench, tmp_path: Path) -> None:
    bench.ask(CASE.source_id, {"q": CASE.query})
    ingest = read(bench, tmp_path / "baseline")
    by_layout = [(o.layout, o.origin, o.state) for o in ingest.outcomes.values()]
    assert sorted(by_layout) == [("may_2024", "baseline", "ok"), ("may_2025", "live", "ok")]


def test_an_older_vintage_serves_where_the_newest_cannot_be_read(
    bench: LiveBench, publisher: Publisher, tmp_path: Path
) -> None:
    for feature in publisher.services["arcgis"].layers["LAD25_CAUTH25_EN_LU"].records:  # type: ignore[attr-defined]
        feature["CAUTH25CD"] = ""
    (asked,) = bench.ask(CASE.source_id, {"q": CASE.query})
    assert asked.outcome == "new", asked.message
    ingest = read(bench, tmp_path / "baseline")
    by_layout = [(o.layout, o.origin, o.state) for o in ingest.outcomes.values()]
    assert sorted(by_layout) == [
        ("may_2024", "baseline", "ok"),
        ("may_2025", "baseline", "ok"),
        ("may_2025", "live", "stopped"),
    ]
