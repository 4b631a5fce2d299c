"""Openings against inflow, by route and level band.

Owns: openings by route and level (D8), jobs to people, gap and cover (G1). Never: subtracts people from jobs.
Method: METHODOLOGY sections 4, 5.1 and 7.
"""

from __future__ import annotations

import numpy as np

from lmi.project.inputs import Floats
from lmi.project.replacement import weigh


def band_mix(mix: Floats, member: Floats) -> Floats:
    """Return held shares by band (occupation, band, year), from shares by code and `member` (code, band)."""
    return np.einsum("oky,kb->oby", mix, member, optimize=True)


def spread_over_routes(occupations: Floats, share: Floats, bands: Floats) -> Floats:
    """Return one year's figures by (route, band, ...) from figures by (occupation, ...).

    `X[r, l] = sum over o of X[o] * P(r | o) * q(l | o)`. `share` (occupation, route), `bands` (occupation, band).
    What is summed over routes and bands is what was put in.
    """
    weights = (share[:, :, None] * bands[:, None, :]).reshape(len(share), -1)
    made: Floats = weigh(weights, occupations)
    return made.reshape(share.shape[1], bands.shape[1], *occupations.shape[1:])


def add_totals(figures: Floats) -> Floats:
    """Return (route + 1, band + 1, ...): the last row and column are the totals."""
    wider = np.concatenate([figures, figures.sum(axis=0, keepdims=True)])
    return np.concatenate([wider, wider.sum(axis=1, keepdims=True)], axis=1)


def to_people(jobs: Floats, second_job_share: float) -> Floats:
    """Return people who hold these jobs: `people = jobs / (1 + second_job_share)`."""
    return jobs / (1 + second_job_share)


def measure_gap(openings_people: Floats, inflow_people: Floats) -> tuple[Floats, Floats]:
    """Return gap (openings less inflow, people) and cover (inflow over openings, infinite without openings)."""
    gap = openings_people - inflow_people
    cover = np.divide(inflow_people, openings_people, out=np.full_like(gap, np.inf), where=openings_people > 0)
    return gap, cover


def allow_for_absent(inflow: Floats, allowance: Floats) -> Floats:
    """Return what absent streams may add by (route + 1, band + 1, ...), from inflow with totals.

    `allowance` (band + 1,) is a multiple of the counted inflow. Each route is allowed the multiple of its own inflow
    or of the mean of all routes, whichever is more, since an absent stream need not follow the counted one.
    """
    shape = (1, -1, *(1,) * (inflow.ndim - 2))
    mean = inflow[-1:] / (len(inflow) - 1)
    allowance = allowance.astype(inflow.dtype)
    made = np.maximum(inflow, mean) * allowance.reshape(shape)
    made[-1:] = inflow[-1:] * allowance.reshape(shape)
    return made


def draw_route_factors(rng: np.random.Generator, route_totals: Floats, sample: float, draws: int) -> Floats:
    """Return factors (route, draw) about 1: the route mix as a survey of `sample` people would find it (Dirichlet)."""
    share = route_totals / route_totals.sum()
    drawn = rng.gamma(np.maximum(share * sample, np.finfo(float).tiny)[:, None], size=(len(share), draws))
    drawn = drawn / drawn.sum(axis=0)
    made = np.divide(drawn, share[:, None], out=np.ones_like(drawn), where=share[:, None] > 0)
    return made.astype(np.float32)
