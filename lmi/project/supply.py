"""The yearly inflow from provision by route and level band.

Owns: S3, the conversion of achievements into people who can fill openings. Never: starts, stocks of people, or
streams that no input covers (16 to 19 study programmes, schools, higher education): these are named as absent.
Method: METHODOLOGY section 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.project.apprenticeships import Apprenticeships
from lmi.project.inputs import Assumptions, Floats
from lmi.project.keys import BANDS
from lmi.project.provision import Classroom
from lmi.project.uncertainty import draw_beta

EMPLOYED = "employed_after_classroom_"
SPREAD = "_sd"
ONE_RATES = ("stay_share", "match_rate_classroom", "match_rate_apprenticeships", "short_course_weight")


@dataclass(frozen=True)
class Rates:
    """Conversion rates; each has the shape () when central or (draw,) when drawn. `employed` is one per band."""

    employed: tuple[Floats, ...]
    stay: Floats
    match_classroom: Floats
    match_apprenticeships: Floats
    short: Floats


@dataclass(frozen=True)
class Inflow:
    """People a year by (route, band, ...): matched to their route; `not_assigned`, the last, holds the others too."""

    apprenticeships: Floats
    classroom: Floats


def central_rates(declared: Assumptions, bands: tuple[str, ...]) -> Rates:
    """Return the declared means."""
    return Rates(
        tuple(np.asarray(declared[EMPLOYED + b]) for b in bands), *(np.asarray(declared[n]) for n in ONE_RATES)
    )


def draw_rates(rng: np.random.Generator, declared: Assumptions, bands: tuple[str, ...], draws: int) -> Rates:
    """Return rates drawn from beta distributions with the declared means and spreads."""

    def one(name: str) -> Floats:
        return draw_beta(rng, declared[name], declared[name + SPREAD], draws)

    return Rates(tuple(one(EMPLOYED + b) for b in bands), *(one(n) for n in ONE_RATES))


def rate_names(declared: Assumptions, band: str) -> tuple[str, ...]:
    """Return the assumptions behind the classroom inflow of one band."""
    names = [EMPLOYED + band, *(n for n in ONE_RATES if n != "match_rate_apprenticeships")]
    return tuple(n + s for n in names for s in ("", SPREAD))


def convert(apprentices: Apprenticeships, classroom: Classroom, subject_routes: Floats, rates: Rates) -> Inflow:
    """Return `IN[r, l] = ACH * f * e * h * P(r|s) * m`, in people.

    Apprentices hold jobs already, so e and h are not applied to them and only m is. Learners are counted, not aims, so
    f is one by construction. `subject_routes` (subject, route) ends with `not_assigned`. People trained for a route
    and not matched to it stay in the inflow under `not_assigned`.
    """
    trail = rates.stay.shape
    kind = rates.stay.dtype
    flow = np.zeros((subject_routes.shape[1], len(BANDS), *trail), dtype=kind)
    by_route = subject_routes.T @ classroom.subject_share  # (route, classroom band)
    for n, band in enumerate(classroom.bands):
        learners = classroom.full[n] + rates.short * classroom.short[n]
        people = learners * rates.employed[n] * rates.stay
        flow[:, BANDS.index(band)] += _outer(by_route[:, n], people)
    trained = apprentices.by_route.reshape(*apprentices.by_route.shape, *(1,) * len(trail)) * np.ones(trail, dtype=kind)
    trained = trained.astype(kind)
    return Inflow(_match(trained, rates.match_apprenticeships), _match(flow, rates.match_classroom))


def _outer(shares: Floats, people: Floats) -> Floats:
    made: Floats = shares.reshape(-1, *(1,) * people.ndim).astype(people.dtype) * people
    return made


def _match(flow: Floats, rate: Floats) -> Floats:
    matched = flow * rate
    left = (flow[:-1] * (1 - rate)).sum(axis=0)
    matched[-1] = flow[-1] + left
    return matched
