"""Who works where: from the district of home to that of the workplace.

Owns: S5, the flows read, commuting shares, people at their workplace, self-containment. Never: how many people there are.
Method: METHODOLOGY section 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Floats, Keys, ProjectionInputs, figures, place, rows_of, whole


@dataclass(frozen=True)
class Commuting:
    """Journeys of the area's districts: `flows` (home, workplace), the last column every workplace outside, home workers
    at home; `inward` (workplace,) people who come from outside. In people."""

    flows: Floats
    inward: Floats
    keys: Keys

    @property
    def net(self) -> float:
        """Return people who work in the area over its residents in work: what commuting leaves of what lives there."""
        of_residents, of_workers = whole_area(self.flows, self.inward)
        return of_residents / of_workers


def read_commuting(inputs: ProjectionInputs, members: list[str]) -> Commuting:
    """Return the census's journeys of `members`, one of which never lacks a figure (ask `absent_districts` first)."""
    out = rows_of(inputs.commuters_by_workplace_by_workplace, members)
    into = rows_of(inputs.commuters_by_home_by_home, members)
    homes = rows_of(inputs.home_workers_total, members)
    inside = place(out, members, "detail", members)
    at_home = np.array([figures(rows_of(homes, [m]))[0] for m in members])
    leaving = np.array([np.nansum(figures(rows_of(out, [m]))) for m in members]) - inside.sum(axis=1)
    from_inside = place(into, members, "detail", members).sum(axis=1)
    inward = np.array([np.nansum(figures(rows_of(into, [m]))) for m in members]) - from_inside
    both = np.concatenate([inside + np.diag(at_home), leaving[:, None]], axis=1)
    return Commuting(both, inward, np.concatenate([whole(t, "obs_key") for t in (homes, out, into)]))


@dataclass(frozen=True)
class Containment:
    """Shares by district: of its working residents who work in it, and of its workers who live in it."""

    of_residents: Floats
    of_workers: Floats


def commuting_shares(flows: Floats) -> Floats:
    """Return the share of each home's working residents by workplace, rows adding to one.

    `flows` (home, workplace) counts people; whoever works at home is at home. The last column is every workplace outside
    the districts, abroad among them. Raises CoverageError for a home that nobody leaves or stays in.
    """
    people = flows.sum(axis=1, keepdims=True)
    if np.any(flows < 0) or np.any(people <= 0):
        raise CoverageError(
            "a district has no working residents to share out.",
            expected="counts of people from every home",
            found=f"homes without: {np.flatnonzero(people[:, 0] <= 0).tolist()}",
        )
    made: Floats = flows / people
    return made


def at_workplace(residents: Floats, shares: Floats) -> Floats:
    """Return people by workplace: `W[d, ...] = sum over homes h of R[h, ...] * c[h, d]`, nobody lost.

    `residents` (home, ...) are people in work; the last workplace is outside the districts. People who come in from
    outside are not among the residents, so the result is what the districts themselves supply.
    """
    made: Floats = np.tensordot(shares.T, residents, axes=1)
    return made


def move_to_workplace(residents: Floats, flows: Floats, inward: Floats) -> Floats:
    """Return people by (district of work, kind): those of `at_workplace`, and those who come from outside.

    `residents` (home, kind) in work; `flows` and `inward` as in `Commuting`. Flows are used as shares of each home, since
    the census that counted them was taken in a lockdown. Who comes in is taken to be of the mix of all residents.
    Raises CoverageError for a home without any flow.
    """
    moved = at_workplace(residents, commuting_shares(flows))[:-1]
    mix = residents.sum(axis=0) / residents.sum()
    per_person = residents.sum() / flows.sum()  # residents counted for each person in the flows
    made: Floats = moved + inward[:, None] * per_person * mix[None, :]
    return made


def self_containment(flows: Floats, coming_in: Floats) -> Containment:
    """Return how far homes and workplaces keep to themselves.

    `flows` as in `commuting_shares`; `coming_in` (workplace,) are people who live outside the districts and work in them.
    """
    districts = len(flows)
    stay = np.diagonal(flows[:, :districts])
    workers = flows[:, :districts].sum(axis=0) + coming_in
    return Containment(
        np.divide(stay, flows.sum(axis=1), out=np.zeros(districts), where=flows.sum(axis=1) > 0),
        np.divide(stay, workers, out=np.zeros(districts), where=workers > 0),
    )


def whole_area(flows: Floats, coming_in: Floats) -> tuple[float, float]:
    """Return the two shares of `self_containment` for all districts as one area."""
    districts = len(flows)
    inside = float(flows[:, :districts].sum())
    return inside / float(flows.sum()), inside / (inside + float(coming_in.sum()))
