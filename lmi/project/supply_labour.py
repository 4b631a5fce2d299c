"""Residents by age, and how many of them are in the labour force.

Owns: S1, projected residents held to the newest estimate, and activity rates that are pooled and shrunk. Never: jobs, or
what people are qualified to. Method: METHODOLOGY section 5.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Floats

#: Share of the publisher's own interval around a survey figure.
PUBLISHED_INTERVAL = 0.95


def rescale_population(shape: Floats, base: int, estimate: Floats, member: Floats, bands: Floats) -> Floats:
    """Return residents (area, year, age) in people, unrounded: the newest estimate moved as two projections say.

    `shape` (area, year, age) is an older projection by single year of age, `bands` (area, year, band) a newer one by
    band, `estimate` (area, age) the newest estimate, of year number `base` in both; `member` (age, band) is 1 where an
    age is in a band. The older one gives how ages move within a band, the newer one how the band moves:
    `P[a,t] = E[a] * s[a,t] / s[a,base]`, then each band is scaled to `E[band] * b[band,t] / b[band,base]`.
    Raises CoverageError when an age is in no band or in two, or when people would have to be made from none.
    """
    if shape.shape[:2] != bands.shape[:2] or not np.array_equal(member.sum(axis=1), np.ones(len(member))):
        raise CoverageError(
            "the two projections of residents do not fit together.",
            expected="the same areas and years, and every age in one band",
            found=f"{shape.shape[:2]} and {bands.shape[:2]}",
        )
    own = shape * _ratio(estimate, shape[:, base])[:, None, :]
    target = bands * _ratio(estimate @ member, bands[:, base])[:, None, :]
    made: Floats = own * (_ratio(target, own @ member) @ member.T)
    return made


def pool_rates(active: Floats, residents: Floats) -> Floats:
    """Return the share of residents who are active, over all periods (axis 1) together. Raises CoverageError without any."""
    return _ratio(active.sum(axis=1), residents.sum(axis=1))


def respondents(rates: Floats, half_width: Floats) -> Floats:
    """Return how many people a simple sample with the published 95% `half_width` of a share would have asked.

    A survey that draws whole households needs more for the same width, so this is the number that counts, not the
    number asked. A rate of nobody or of everybody has no width: none are counted.
    """
    z = NormalDist().inv_cdf((1 + PUBLISHED_INTERVAL) / 2)
    counted: Floats = np.divide(
        z**2 * rates * (1 - rates), half_width**2, out=np.zeros_like(rates), where=half_width > 0
    )
    return counted


def shrink_rates(rates: Floats, counted: Floats, wider: Floats, m: float) -> Floats:
    """Return `n / (n + m) * rate + m / (n + m) * wider`: few respondents move a rate to that of the wider area."""
    own = counted / (counted + m)
    made: Floats = own * rates + (1 - own) * wider
    return made


def labour_force(residents: Floats, rates: Floats) -> Floats:
    """Return the people in the labour force, residents times activity rate, in the residents' own shape.

    Raises CoverageError for a rate that is no share: more people cannot be active than live there.
    """
    if np.any((rates < 0) | (rates > 1)):
        raise CoverageError(
            "an activity rate is no share of the residents.",
            expected="0 to 1",
            found=f"{float(rates.min()):g} to {float(rates.max()):g}",
        )
    made: Floats = residents * rates
    return made


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """Return `top / bottom`, where nothing over nothing is one: there is nothing to scale."""
    if np.any((bottom <= 0) & (top > 0)):
        raise CoverageError(
            "people would have to be made from none.",
            expected="a projection with residents wherever the estimate or the newer projection has some",
            found=f"{int(np.sum((bottom <= 0) & (top > 0)))} ages or bands without",
        )
    made: Floats = np.divide(top, bottom, out=np.ones_like(np.asarray(top, dtype=float)), where=bottom > 0)
    return made
