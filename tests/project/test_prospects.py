"""Prospects of those who are trained, and recent conditions: sums by hand and what the invented area must show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lmi.project.conditions import shrink_ratios
from lmi.project.prospects import indicate
from lmi.project.run import ProjectionResult, project
from tests.project.synthetic import HERE, WIDER, invent, without

INPUTS = invent(7)


@pytest.fixture(scope="module")
def made() -> ProjectionResult:
    return project(INPUTS, HERE, WIDER, 1)


def picked(made: ProjectionResult, measure: str) -> pd.DataFrame:
    rows = made.projections.to_pandas()
    return rows[(rows.measure == measure) & (rows.area_code == HERE) & ~rows.breakdown.isin(["sector_level"])]


def test_the_indicator_by_hand() -> None:
    # 30 trained and 20 unemployed for 100 openings, of which this cell has 40: it has 8 of the unemployed, (30 + 8) / 40
    taught, needed = np.array([[30.0, 30.0], [50.0, 50.0]]), np.array([[40.0, 40.0], [100.0, 100.0]])
    made = indicate(taught, needed, np.asarray(20.0))
    assert made[0, 0] == pytest.approx(38 / 40) and made[1, 1] == pytest.approx(70 / 100)
    assert np.isinf(indicate(taught, np.zeros((2, 2)), np.asarray(20.0))).all()


def test_five_years_are_added_up_and_only_those_of_short_standing_count(made: ProjectionResult) -> None:
    found = picked(made, "prospects").set_index(["code", "level", "year"]).p50
    of = {m: picked(made, m).set_index(["code", "level", "year"]).p50 for m in ("openings_people", "inflow")}
    of = {m: s[~s.index.duplicated()] for m, s in of.items()}
    years = range(2025, 2030)
    totals = {m: sum(s["_T", "_T", y] for y in years) for m, s in of.items()}
    assert found["_T", "_T", 2025] == pytest.approx((totals["inflow"] + 3000 * 0.75) / totals["openings_people"])
    care = {m: sum(s["care", "2", y] for y in years) for m, s in of.items()}
    assert found["care", "2", 2025] == pytest.approx(
        care["inflow"] / care["openings_people"] + 3000 * 0.75 / totals["openings_people"]
    )
    assert set(found.index.get_level_values("year")) == set(range(2025, 2032))  # the last window ends in 2035


def test_prospects_have_the_class_of_the_gap_and_need_the_unemployed(made: ProjectionResult) -> None:
    rows = picked(made, "prospects").set_index(["code", "level", "year"]).quality_class
    gaps = picked(made, "gap")
    gaps = gaps[gaps.breakdown == "route"].set_index(["code", "level", "year"]).quality_class
    assert rows.equals(gaps.reindex(rows.index))
    bare = project(without(INPUTS, "residents_economic_activity_by_activity"), HERE, WIDER, 1)
    assert bare.report["available_absent"] == "no survey estimate of the unemployed"
    assert "prospects" not in bare.projections["measure"].to_pylist()


def test_ratios_of_many_counts_stand_and_of_few_are_moved_to_the_common_one() -> None:
    # 3,000 for 2,000 and 500 for 1,000 differ by far more than chance; 2 for 1 is a small count
    observed, expected = np.array([3000.0, 500.0, 2.0]), np.array([2000.0, 1000.0, 1.0])
    ratio, error = shrink_ratios(observed, expected)
    m = observed.sum() / expected.sum()
    assert ratio[:2] == pytest.approx([1.5, 0.5], abs=0.01)
    assert abs(ratio[2] - m) < abs(2 - m) and error[2] > 10 * error[0]
    # 105 for 100 and 95 for 100 differ by less than chance: both are the common one
    same, _ = shrink_ratios(np.array([105.0, 95.0]), np.array([100.0, 100.0]))
    assert same == pytest.approx([1.0, 1.0])


def test_pay_growth_is_that_of_the_route_s_occupations_less_all(made: ProjectionResult) -> None:
    # pay of occupation 11 grows by a tenth a year, of all others and of all jobs by sqrt(1.1) - 1; no route has 11
    pay = picked(made, "pay_growth_against_all").set_index("code").p50
    assert len(pay) and pay.to_numpy() == pytest.approx(0, abs=1e-12)


def test_claimants_of_all_districts_are_set_against_the_same_month(made: ProjectionResult) -> None:
    # 1,210 for 1,000 two years before in each of two districts: a tenth a year
    change = picked(made, "claimants_change")
    assert change.p50.tolist() == pytest.approx([0.1]) and change.code.tolist() == ["_T"]
    half = project(without(INPUTS, "claimants_total", area_code="X02"), HERE, WIDER, 1)
    assert "claimants_change" not in half.projections["measure"].to_pylist()
    assert half.report["recent_conditions"] == ["adverts_against_country", "pay_growth_against_all"]
