"""What-ifs on the published build of the baseline."""

from __future__ import annotations

import pytest

from lmi.errors import DeclarationError
from lmi.pipeline.scenarios import find_scenario, largest, run_scenario
from tests.pipeline.builds import Built


def test_three_hundred_starts_move_engineering_at_level_three_by_what_a_hand_sum_gives(baseline_build: Built) -> None:
    outcome = run_scenario(baseline_build.data, find_scenario("engineering_starts"))
    rows = outcome.differences.to_pandas()
    moved = rows[rows.difference.abs() > 1e-6]
    assert set(moved.measure) == {"inflow", "gap"} and set(moved.level) == {"3", "_T"}
    assert moved.year.min() == 2028
    all_routes = moved[(moved.measure == "inflow") & (moved.code == "_T") & (moved.level == "3")]
    assert all_routes.difference.to_numpy() == pytest.approx(300 * 0.59)  # who achieves, matched to a route or not
    named = moved[(moved.measure == "inflow") & (moved.level == "3") & ~moved.code.isin(["_T", "not_assigned"])]
    by_year = named.groupby("year").difference.sum()
    assert (by_year <= 300 * 0.59 * 0.85 + 1e-6).all()  # the match rate, and standards without a route
    shown = largest(outcome.differences, None, 3).to_pylist()
    assert {r["year"] for r in shown} == {2035} and len([r for r in shown if r["measure"] == "gap"]) == 3
    assert any("not a forecast" in line for line in outcome.notes)


def test_the_baseline_as_a_scenario_differs_in_nothing(baseline_build: Built) -> None:
    outcome = run_scenario(baseline_build.data, find_scenario("rebased"))
    assert outcome.scenario.changes_nothing
    for name in ("difference", "difference_p10", "difference_p90"):
        assert set(outcome.differences[name].to_pylist()) == {0.0}
    assert largest(outcome.differences, 2030, 5).num_rows == 0


def test_a_scenario_that_is_no_file_is_told(baseline_build: Built) -> None:
    with pytest.raises(DeclarationError, match=r"nowhere.*cannot be read.*lmi/declared/scenarios"):
        run_scenario(baseline_build.data, find_scenario("nowhere"))
