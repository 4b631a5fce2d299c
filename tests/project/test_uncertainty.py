"""Draws, widths and keys against sums done by hand."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pytest

from lmi.errors import ContractError, CoverageError, TraceError
from lmi.project.backtest import METHODS, run_backtest, wmape
from lmi.project.inputs import Grid, grid
from lmi.project.keys import Ledger, series_key
from lmi.project.uncertainty import (
    Picks,
    Widths,
    calibrate,
    conformal_quantile,
    draw_beta,
    draw_factors,
    limits,
    pick_errors,
    probability_above_zero,
    read_widths,
)
from tests.project.synthetic import HERE, invent
from tests.project.test_demand_steps import grid_of


def test_rules_forecast_as_their_names_say() -> None:
    history = grid_of(("A",), [2010, 2011, 2012, 2013, 2014], [[100, 105, 110, 130, 90]])
    wider = grid_of(("A",), [2010, 2011, 2012, 2013, 2014], [[100, 110, 121, 1, 1]])
    test = run_backtest("industry22", history, wider, 2012, 5)
    assert test.origins.tolist() == [2012, 2013]
    two_ahead = dict(zip(METHODS, test.predicted[:, 0, 1, 0], strict=True))
    assert two_ahead["no_change"] == 110
    assert two_ahead["own_drift"] == pytest.approx(120)
    assert two_ahead["half_own_drift"] == pytest.approx(115)
    assert two_ahead["england_growth"] == pytest.approx(110 * 1.21)
    assert two_ahead["mean_no_change_england"] == pytest.approx((110 + 133.1) / 2)
    assert test.errors_of("no_change")[0, 1, 0] == pytest.approx(np.log(90 / 110))
    assert np.isnan(test.errors_of("no_change")[1, 1, 0])  # the history ends one year after the second origin
    assert wmape(test, "no_change", 2, (2012,)) == pytest.approx(100 * 20 / 90)


def test_the_conformal_quantile_counts_one_more_than_it_has_seen() -> None:
    errors = np.array([1, -2, 3, -4, 5, -6, 7, -8, 9.0, np.nan])
    assert conformal_quantile(errors, 0.8) == 8  # ceil(10 * 0.8) = 8th smallest of nine
    assert conformal_quantile(np.array([1.0, 2.0]), 0.8) == 2  # too few: the largest
    assert np.isnan(conformal_quantile(np.array([np.nan]), 0.8))


def test_widths_grow_with_the_horizon_and_join_at_the_longest_tested() -> None:
    widths = Widths(np.array([100.0]), np.array([0.4, 0.1]), 4, 0.75, 0.8, 10)
    half = widths.half(np.array([50.0, 500.0]), np.array([2, 4, 16]), 0.5)
    assert half[0, 1] == pytest.approx(0.4)
    assert half[1, 0] == pytest.approx(0.1 * np.sqrt(0.25 + 0.75 / 4))
    assert half[1, 2] == pytest.approx(0.1 * np.sqrt(0.25 + 0.75 * 4))  # growth part doubled at four times the horizon


def test_widths_of_all_areas_are_read_by_band_and_their_coverage_is_of_this_area_s_errors() -> None:
    half = np.array([[0.2, 0.4], [0.1, 0.1]])
    errors = np.array([[[0.3, 0.05], [0.3, 0.2]]])  # one origin, two horizons, a small and a large code
    widths = read_widths(half, np.array([100.0]), errors, np.array([[50.0, 500.0]]))
    assert widths.top.tolist() == [0.4, 0.1]
    assert widths.longest == 2
    assert widths.grown == pytest.approx(1 - 0.75**2)  # the median of 0.2 / 0.4 and 0.1 / 0.1
    # half widths at one year: 0.4 * 0.82 = 0.33 and 0.08; at two years 0.4 and 0.1: only 0.2 lies outside
    assert (widths.coverage, widths.checked) == (0.75, 4)


def test_units_are_scaled_so_that_four_fifths_of_them_are_at_most_one() -> None:
    units = calibrate(np.array([0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8, 0.9]), 0.8)
    assert np.sort(np.abs(units))[7] == 1.0  # ceil(10 * 0.8) = the 8th of nine


def test_drawn_paths_have_mean_one_and_keep_the_sign_of_a_whole_vector() -> None:
    rng = np.random.default_rng(0)
    units = np.ones((2, 2, 3)) * np.array([1.0, 1.0, -1.0])
    pick = pick_errors(rng, np.ones((2, 2), bool), 500)
    factors = draw_factors(units, pick, pick, np.full(3, 0.1), np.full((3, 4), 0.1))
    assert factors.mean(axis=2) == pytest.approx(np.ones((3, 4)), abs=1e-5)
    assert np.corrcoef(factors[0, 0], factors[1, 0])[0, 1] == pytest.approx(1)
    assert np.corrcoef(factors[0, 0], factors[2, 0])[0, 1] == pytest.approx(-1, abs=0.01)


def test_only_forecasts_that_were_made_are_repeated() -> None:
    reach = np.array([[True, True], [True, False]])
    pick: Picks = pick_errors(np.random.default_rng(0), reach, 400)
    assert set(zip(pick.origin.tolist(), pick.horizon.tolist(), strict=True)) == {(0, 0), (0, 1), (1, 0)}
    assert set(pick.sign.tolist()) == {-1.0, 1.0}


def test_a_beta_rate_has_the_declared_mean_and_spread() -> None:
    drawn = draw_beta(np.random.default_rng(0), 0.57, 0.06, 20000)
    assert drawn.mean() == pytest.approx(0.57, abs=0.003)
    assert drawn.std() == pytest.approx(0.06, abs=0.002)
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert (draw_beta(np.random.default_rng(0), 0.3, 0.0, 5) == np.float32(0.3)).all()


def test_limits_are_percentiles_that_hold_the_central_figure() -> None:
    draws = np.random.default_rng(0).normal(size=(3, 999))
    low, high = limits(draws, np.zeros(3))
    assert low == pytest.approx(np.quantile(draws, 0.1, axis=1))
    assert high == pytest.approx(np.quantile(draws, 0.9, axis=1))
    low, high = limits(draws, np.array([-9.0, 0.0, 9.0]))
    assert low[0] == -9 and high[2] == 9
    assert probability_above_zero(np.array([[1.0, -1.0, 2.0, 0.0]])).tolist() == [0.5]


@pytest.mark.parametrize("draws", [500, 1998, 2000, 2048])
def test_limits_of_long_rows_are_those_of_whole_rows_put_in_order(draws: int) -> None:
    rng = np.random.default_rng(draws)
    unlike = np.concatenate([np.zeros(draws // 2), np.ones(draws - draws // 2)])  # most of a tail in some of the pieces
    rows = np.stack([
        rng.normal(size=draws), np.arange(draws), np.arange(draws)[::-1], unlike, np.full(draws, 3.0),
        np.where(rng.random(draws) < 0.3, np.inf, rng.normal(size=draws)),
    ]).astype(np.float32)  # fmt: skip
    low, high = limits(rows, np.tile([np.nan], len(rows)))
    assert np.isnan(low).all() and np.isnan(high).all()
    low, high = limits(rows, np.full(len(rows), np.inf))[0], limits(rows, np.full(len(rows), -np.inf))[1]
    ordered, at = np.sort(rows.astype(np.float64), axis=1), (draws - 1) / 10
    below, part = int(at), at - int(at)
    assert low == pytest.approx(ordered[:, below] * (1 - part) + ordered[:, below + 1] * part, rel=1e-12)
    finite = np.array([True] * 5 + [False])
    above = ordered[:, draws - 2 - below] * part + ordered[:, draws - 1 - below] * (1 - part)
    assert high[finite] == pytest.approx(above[finite], rel=1e-12)
    assert not np.isfinite(high[~finite]).any()


def test_a_series_key_is_negative_and_made_of_its_names_only() -> None:
    key = series_key("rebased", "gap", "route", "X", "care", "3")
    names = "\x1f".join(("annual_account_1", "rebased", "gap", "route", "X", "care", "3")).encode()
    assert key == -(int.from_bytes(blake2b(names, digest_size=8).digest(), "big") >> 1) - 1
    assert -(2**63) <= key < 0
    assert key != series_key("rebased", "gap", "route", "X", "care", "2")


def test_a_series_must_be_made_of_something_that_exists() -> None:
    ledger = Ledger("X")
    base = ledger.add("official", "jobs", "total", "_T", "_T", "D0", "published", [np.array([7, 7, -1])])
    assert ledger.derivations()["input_key"].to_pylist() == [7]
    for inputs in ([], [np.array([-1])], [-(2**40)]):
        with pytest.raises(TraceError, match="cannot be recorded"):
            ledger.add("official", "openings", "total", "_T", "_T", "D7", "floored", inputs)
    ledger.add("official", "openings", "total", "_T", "_T", "D7", "floored", [base])
    with pytest.raises(TraceError, match="name taken"):
        ledger.add("official", "jobs", "total", "_T", "_T", "D0", "published", [base])


def test_two_figures_in_one_place_are_refused() -> None:
    table = invent(1).projected_jobs_total
    with pytest.raises(ContractError, match="two figures"):
        grid(pa.concat_tables([table, table]), HERE, None)


def test_a_code_or_year_that_is_absent_is_named() -> None:
    made: Grid = grid_of(("A",), [2020], [[1]])
    with pytest.raises(CoverageError, match="B, 2021"):
        made.take(["B"], [2021])
