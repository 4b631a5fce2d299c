"""MinT and iterative fitting against two libraries, and against sums done by hand.

The figures marked as a library's were made once with hierarchicalforecast 1.5.3 (MinTrace, mint_shrink) and ipfn 1.4.4
from the same arrays; neither library is needed to run this.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmi.errors import CoverageError
from lmi.project.ipf import fit_margins
from lmi.project.reconcile import reconcile, reconcile_with_total, shrink_covariance, sum_over

LIBRARY_MINT = [94.30458189634419, 39.897715115567735, 30.544244542179104, 23.86262223859736]
SEED = np.array([[2.8, 2.2, 0.0, 4.1], [4.4, 4.5, 2.0, 0.6], [2.1, 2.7, 0.1, 4.9]])
ROWS, COLUMNS = np.array([12.7, 19.2, 25.2]), np.array([24.6, 11.0, 6.7, 14.8])
LIBRARY_IPF = [
    [6.356769, 2.102655, 0.0, 4.240576],
    [8.825542, 3.799864, 6.026313, 0.54828],
    [9.417688, 5.097481, 0.673687, 10.011144],
]


def past_errors() -> np.ndarray:
    errors = np.random.default_rng(20261125).normal(size=(4, 30)) * np.array([[2], [1], [0.5], [1.5]])
    errors[0] += errors[1]
    return errors - errors.mean(axis=1, keepdims=True)


def test_reconciled_forecasts_are_those_of_the_library() -> None:
    made = reconcile(np.array([100.0, 40, 30, 20]), sum_over(3), shrink_covariance(past_errors()))
    assert made == pytest.approx(LIBRARY_MINT, rel=1e-6)


def test_a_fitted_table_is_that_of_the_library() -> None:
    made = fit_margins(SEED, ROWS, COLUMNS)
    assert made.table == pytest.approx(np.array(LIBRARY_IPF), abs=2e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_reconciled_forecasts_add_up_and_agreeing_ones_stand(seed: int, bottom: int) -> None:
    rng = np.random.default_rng(seed)
    summing, covariance = sum_over(bottom), shrink_covariance(rng.normal(size=(bottom + 1, 12)))
    made = reconcile(rng.uniform(1, 9, (bottom + 1, 3)), summing, covariance)
    assert made[0] == pytest.approx(made[1:].sum(axis=0))
    agreed = summing @ rng.uniform(1, 9, bottom)
    assert reconcile(agreed, summing, covariance) == pytest.approx(agreed)


def test_the_less_certain_part_takes_more_of_the_difference() -> None:
    # the total is nearly certain at 110, the parts say 100; their error variances are 1 and 3
    made = reconcile(np.array([110.0, 50, 50]), sum_over(2), np.diag([1e-9, 1.0, 3.0]))
    assert made == pytest.approx([110, 52.5, 57.5])


def test_parts_stand_where_no_error_is_known_and_a_series_without_error_is_refused() -> None:
    parts = np.array([[40.0, 50.0]])
    assert np.array_equal(reconcile_with_total(parts, np.array([100.0]), np.empty((0, 3))), parts)
    with pytest.raises(CoverageError, match="trusted wholly"):
        shrink_covariance(np.array([[1.0, -1.0], [0.0, 0.0]]))
    with pytest.raises(CoverageError, match="at least two"):
        shrink_covariance(np.ones((3, 1)))
