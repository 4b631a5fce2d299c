"""Making forecasts of sums and parts agree.

Owns: MinT with a shrunk covariance of past errors. Never: a forecast of its own.
Method: METHODOLOGY section 8; Wickramasinghe, Athanasopoulos and Hyndman (2019) for the estimator.
"""

from __future__ import annotations

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Floats


def shrink_covariance(errors: Floats) -> Floats:
    """Return the covariance of `errors` (series, time) about zero, shrunk towards its diagonal.

    The share of shrinkage is that of Schäfer and Strimmer (2005): the sampling variance of the correlations over the
    sum of their squares, between zero and one. Raises CoverageError for fewer than two columns, or a series without
    error: it would be trusted wholly.
    """
    count = errors.shape[1]
    if count < 2:
        raise CoverageError("a covariance needs at least two past errors a series.", found=f"{count}")
    covariance = errors @ errors.T / count
    spread = np.sqrt(np.diag(covariance))
    if np.any(spread <= 0):
        raise CoverageError("a series has no past error, so it would be trusted wholly.", do="leave it out of the sum.")
    unit = errors / spread[:, None]
    correlation = unit @ unit.T / count
    moved = (unit**2 @ (unit**2).T / count - correlation**2) / (count - 1)
    inside = ~np.eye(len(errors), dtype=bool)
    share = float(np.clip(moved[inside].sum() / (correlation[inside] ** 2).sum(), 0.0, 1.0))
    shrunk: Floats = np.where(inside, (1 - share) * covariance, covariance)
    return shrunk


def reconcile(base: Floats, summing: Floats, covariance: Floats) -> Floats:
    """Return MinT: `y~ = S (S' W^-1 S)^-1 S' W^-1 y^`, forecasts (series, ...) that add up.

    `summing` (series, bottom series) has a one where a bottom series is part of a series; the bottom rows are an
    identity. Nothing is held at zero or more: ask whether the result is negative before it is used.
    """
    weighted = np.linalg.solve(covariance, summing)
    onto = np.linalg.solve(summing.T @ weighted, weighted.T)
    flat = base.reshape(len(base), -1)
    made: Floats = (summing @ (onto @ flat)).reshape(base.shape)
    return made


def sum_over(bottom: int) -> Floats:
    """Return the summing matrix of one total over `bottom` series: the total first, then the parts."""
    return np.vstack([np.ones((1, bottom)), np.eye(bottom)])


def reconcile_with_total(parts: Floats, total: Floats, errors: Floats) -> Floats:
    """Return forecasts of parts (area, code) made to agree with forecasts of the total (area,).

    `errors` (forecast, 1 + code) holds past errors of the total and the parts as shares of the total in the year that
    they were forecast from, of other areas. With fewer than two there is nothing to weigh by and the parts stand.
    """
    if len(errors) < 2:
        return parts
    base = np.concatenate([total[:, None], parts], axis=1).T
    return reconcile(base, sum_over(parts.shape[1]), shrink_covariance(errors.T))[1:].T
