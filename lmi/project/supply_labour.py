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
#: How far rates may be moved in log-odds, and how often the way is halved: to a thousandth of a thousandth.
_REACH, _HALVINGS = 8.0, 32


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


def age_cohorts(estimate: Floats, years: int) -> Floats:
    """Return people (area, year, sex, age) when everyone of `estimate` (area, sex, age) only grows older, a year at a time.

    The last age is open and keeps its people. Ages below those born by then keep the size of the youngest. Nobody dies or
    moves: it is a shape, to be held to a projection that knows of both (`rescale_population`).
    """
    made = np.empty((len(estimate), years, *estimate.shape[1:]))
    made[:, 0] = estimate
    for year in range(1, years):
        before = made[:, year - 1]
        made[:, year, :, 1:], made[:, year, :, 0] = before[..., :-1], estimate[..., 0]
        made[:, year, :, -1] += before[..., -1]
    return made


def fit_profile(residents: Floats, profile: Floats, rates: Floats) -> Floats:
    """Return how far to move a national `profile` in log-odds (area,) until each area's own rate is met.

    `residents` (area, sex-age) are of the ages that `rates` (area,) is about; `profile` (sex-age,) are shares above nothing
    and below all. One number an area is solved for, by halving. Raises CoverageError where a rate is no share between.
    """
    if np.any((profile <= 0) | (profile >= 1)) or np.any((rates <= 0) | (rates >= 1)):
        raise CoverageError(
            "activity rates cannot be fitted.", expected="shares above nothing and below all",
            found=f"{float(min(profile.min(), rates.min())):g} to {float(max(profile.max(), rates.max())):g}",
        )  # fmt: skip
    logit = np.log(profile / (1 - profile))
    goal = rates * residents.sum(axis=1)
    low, high = np.full(len(rates), -_REACH), np.full(len(rates), _REACH)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        short = (residents * _share(logit + middle[:, None])).sum(axis=1) < goal
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    made: Floats = (low + high) / 2
    return made


def moved_profile(profile: Floats, shift: Floats) -> Floats:
    """Return the profile (sex-age,) moved by `shift` (area,) in log-odds, (area, sex-age)."""
    return _share(np.log(profile / (1 - profile)) + shift[:, None])


def _share(log_odds: Floats) -> Floats:
    made: Floats = 1 / (1 + np.exp(-log_odds))
    return made


def pool_rates(active: Floats, residents: Floats) -> Floats:
    """Return the share of residents who are active, over all periods (axis 1) together. Raises CoverageError without any."""
    return _ratio(active.sum(axis=1), residents.sum(axis=1))


def normal_spread(half_width: float) -> float:
    """Return the standard deviation of a normal error with the published 95% half width."""
    return half_width / NormalDist().inv_cdf((1 + PUBLISHED_INTERVAL) / 2)


def respondents(rates: Floats, half_width: Floats) -> Floats:
    """Return how many people a simple sample with the published 95% `half_width` of a share would have asked.

    A survey that draws whole households needs more for the same width, so this is the number that counts, not the
    number asked. A rate of nobody or of everybody has no width: none are counted.
    """
    z = 1 / normal_spread(1.0)
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
