"""The tornado: headlines agree with the projection's, and drivers move what they must by hand sums."""

from __future__ import annotations

import pandas as pd
import pytest

from lmi import tables
from lmi.project.run import ProjectionResult, project
from lmi.project.sensitivity import LARGEST
from tests.project.synthetic import HERE, WIDER, invent
from tests.project.test_invariants import of_area


@pytest.fixture(scope="module")
def made() -> ProjectionResult:
    return project(invent(7), HERE, WIDER, 1)


@pytest.fixture(scope="module")
def drivers(made: ProjectionResult) -> pd.DataFrame:
    return made.sensitivity.to_pandas().set_index(["measure", "code", "driver"]).sort_index()


def test_every_headline_has_its_largest_drivers_in_order(made: ProjectionResult) -> None:
    assert made.sensitivity.schema.equals(tables.SENSITIVITY.arrow_schema())
    rows = made.sensitivity.to_pandas()
    for _, one in rows.groupby(["measure", "code"]):
        one = one.sort_values("rank")
        assert list(one["rank"]) == list(range(1, len(one) + 1)) and len(one) <= LARGEST
        assert one.swing.is_monotonic_decreasing and (one.swing > 0).all()
        assert ((one.high - one.low).abs() == one.swing).all()


def test_headlines_are_the_projection_s_own(made: ProjectionResult, drivers: pd.DataFrame) -> None:
    figures = of_area(made)
    ours = figures[(figures.scenario == "rebased") & (figures.level == "_T")]
    for (measure, code), rows in drivers.groupby(level=[0, 1]):
        breakdown = "total" if measure == "jobs" else "route"
        found = ours[(ours.measure == measure) & (ours.code == code) & (ours.breakdown == breakdown)]
        wanted = found[found.year == 2035].p50.mean() if measure == "jobs" else found.p50.mean()
        assert rows.baseline.to_numpy() == pytest.approx(wanted)
        assert set(rows.series_key) == set(found.series_key)


def test_without_growth_jobs_stay_at_their_level(made: ProjectionResult, drivers: pd.DataFrame) -> None:
    figures = of_area(made)
    jobs = figures[(figures.scenario == "rebased") & (figures.measure == "jobs") & (figures.breakdown == "total")]
    row = drivers.loc[("jobs", "_T", "growth_weight_no_change")]
    assert row.low == pytest.approx(jobs[jobs.year == 2021].p50.item())
    assert (row.driver_low, row.driver_high) == (1.0, 0.0)


def test_a_driver_of_supply_moves_the_gap_by_as_much_as_the_inflow(drivers: pd.DataFrame) -> None:
    both = [drivers.loc[m, "_T"] for m in ("inflow", "gap")]
    shared = set(both[0].index) & set(both[1].index)
    assert shared
    for name in shared:
        assert both[0].loc[name].swing == pytest.approx(both[1].loc[name].swing)
    assert "growth_weight_no_change" not in both[0].index
