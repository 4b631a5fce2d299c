"""Districts: their shares of the area's jobs by industry.

Owns: D3, the shrunk shares. Never: a district's own growth path, a
figure made up for a district that has none. Method: METHODOLOGY section 4 (D3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats

YEARS_AVERAGED = 3  # D3: the mean share of the last three years


@dataclass(frozen=True)
class DistrictShares:
    """Shares of each industry's jobs by district, each row adding to one, and where they rest on the prior alone."""

    districts: tuple[str, ...]
    share: Floats  # (industry, district)
    jobs: Floats  # (industry, district), what the share was seen on; 0 where nothing was
    unseen: NDArray[np.bool_]  # (industry, district): suppressed in every year, so the prior stands in


def shrink_shares(districts: Sequence[str], jobs: Floats, prior: Floats, weight: float) -> DistrictShares:
    """Return D3: `a = n/(n+m) * a_obs + m/(n+m) * a_prev`, brought back to a sum of one for each industry.

    `jobs` (industry, district, year), NaN where suppressed; a_obs is the mean share of the last three years in which
    the cell has a figure, n its mean jobs. `prior` (industry, district) is a_prev and adds to one; `weight` is m, jobs.
    A cell that is suppressed in every year takes the prior and is marked `unseen`. Raises CoverageError where a
    district has no figure in any industry, or an industry with jobs has no prior.
    """
    recent = jobs[:, :, -YEARS_AVERAGED:]
    known = ~np.isnan(recent)
    silent = np.asarray(~known.any(axis=(0, 2)))
    lost = [d for d, none in zip(districts, silent.tolist(), strict=True) if none]
    if lost:
        raise CoverageError(
            "a district has no figure in any industry: all are suppressed.", place=", ".join(lost),
            do="land a release that prints it, or take the district out of the area's members.",
        )  # fmt: skip
    if not (np.isfinite(prior).all() and prior.min() >= 0 and np.allclose(prior.sum(axis=1), 1)):
        raise CoverageError("prior shares of districts do not add to one in every industry.", do="mend the prior.")
    total = np.nansum(recent, axis=1, keepdims=True)
    part = np.divide(recent, total, out=np.full(recent.shape, np.nan), where=known & (total > 0))
    seen = ~np.isnan(part)
    count = seen.sum(axis=2)
    observed = np.divide(np.nansum(part, axis=2), count, out=prior.copy(), where=count > 0)
    size = np.divide(np.where(seen, recent, 0.0).sum(axis=2), count, out=np.zeros(prior.shape), where=count > 0)
    mixed = (size * observed + weight * prior) / (size + weight)
    shares = mixed / mixed.sum(axis=1, keepdims=True)
    return DistrictShares(tuple(districts), shares, size, count == 0)


def describe_shift(
    before: Floats, after: Floats, wide_before: Floats, wide_after: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the change of jobs (industry,) as national, industry-mix and local parts: a description, not a forecast."""
    whole = wide_after.sum() / wide_before.sum() - 1
    own = wide_after / wide_before - 1
    return before * whole, before * (own - whole), after - before * (1 + own)
