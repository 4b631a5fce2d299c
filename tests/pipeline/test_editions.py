"""What can only be asked of two editions is asked in a refresh, of the two newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.pipeline import Settings, make_plan
from lmi.pipeline.ingest import Ingest
from lmi.validate import CheckResult
from tests.pipeline import files
from tests.pipeline.bench import Bench
from tests.pipeline.builds import DAY, part_of_baseline

AIMS = "dfe/fe_achievements_by_ssa"
RULE = "total.does_not_fall_between_editions"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ingest]:
    """The look-ups of the baseline, read once, and no figures."""
    folder = tmp_path_factory.mktemp("editions")
    baseline = part_of_baseline(folder / "baseline")
    known = Ingest(make_plan(Settings(folder / "data", "", DAY, baseline=baseline)))
    for source_id in known.lookup_order():
        known.read_lookups(source_id)
    known.close_lookups()
    return baseline, known


@pytest.fixture
def bench(prepared: tuple[Path, Ingest], tmp_path: Path) -> Bench:
    return Bench(tmp_path / "data", *prepared)


def land(bench: Bench, vintage: str, text: str) -> None:
    row = bench.land(f"aims_{vintage}.csv", text, vintage=vintage)
    assert row.outcome == "new", row.message


def answers(ingest: Ingest) -> dict[str, CheckResult]:
    """Return what came of the rule, by vintage."""
    names = {o.snapshot_id: o.vintage for o in ingest.outcomes.values()}
    return {names[key]: c for key, r in ingest.reports().items() for c in r.checks if c.rule == RULE}


def test_a_total_that_falls_between_editions_is_told_with_the_newest_and_changes_no_figure(bench: Bench) -> None:
    land(bench, "2025-11", files.aims())
    assert answers(bench.take_in(AIMS))["2025-11"].status == "not_applicable"
    # Every district falls from 150 to 130 in the next edition: by more than a tenth.
    land(bench, "2026-01", files.aims().replace("Total,150", "Total,130"))
    ingest = bench.take_in(AIMS)
    found = answers(ingest)
    assert (found["2025-11"].status, found["2026-01"].status) == ("not_applicable", "failed")
    assert found["2026-01"].unexpected_count == len(files.DISTRICTS)
    assert "150.0 became 130.0" in found["2026-01"].details[0]
    newest = next(o for o in ingest.outcomes.values() if o.vintage == "2026-01")
    assert newest.state == "ok" and newest.quarantined == {}
    assert newest.checks["failed"] == 1 and newest.checks["failures"][0].startswith(RULE)


def test_only_the_two_newest_editions_are_compared_and_a_later_run_says_the_same(bench: Bench) -> None:
    land(bench, "2025-09", files.aims().replace("Total,150", "Total,170"))
    land(bench, "2025-11", files.aims())
    land(bench, "2026-01", files.aims().replace("Total,150", "Total,160"))
    for _ in range(2):  # the second time nothing is staged or checked anew
        found = answers(bench.take_in(AIMS))
        assert {v: c.status for v, c in found.items()} == {
            "2025-09": "not_applicable", "2025-11": "not_applicable", "2026-01": "passed",
        }  # fmt: skip
