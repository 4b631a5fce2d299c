"""From occupations to technical routes, through unit groups.

Owns: D8, the shares of routes within each sub-major group. Never: hides what has no route.
Method: METHODOLOGY sections 4 (D8) and 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lmi.project.inputs import NO_KEY, Floats, Keys, Mapping
from lmi.project.keys import NOT_ASSIGNED


@dataclass(frozen=True)
class RouteShares:
    """Shares of each sub-major group's jobs by route; the last route is `not_assigned`; rows sum to one."""

    routes: tuple[str, ...]
    share: Floats  # (occupation, route)
    wide: Floats  # the same if unit groups without a route followed the mapped ones of their sub-major group
    keys: tuple[Keys, ...]  # per occupation: cells of the staffing pattern and of the route look-up
    divisions: tuple[Keys, ...]  # per occupation: positions of the divisions used


def list_routes(*mappings: Mapping) -> tuple[str, ...]:
    """Return every route of these mappings, sorted, then `not_assigned`."""
    named = {str(t) for m in mappings for t in m.targets.tolist()} - {NOT_ASSIGNED}
    return (*sorted(named), NOT_ASSIGNED)


def share_routes(
    occupations: Sequence[str], divisions: Sequence[str], division_jobs: Floats, routes: Sequence[str],
    unit_staffing: Mapping, occupation_staffing: Mapping, unit_to_route: Mapping,
) -> RouteShares:  # fmt: skip
    """Return the share of each route in each sub-major group.

    Unit groups are weighted by our jobs in each division times the national staffing share. The unit file drops small
    cells, so within a division its shares are scaled to the sub-major file's. A unit group without a route, and what
    is left of a unit group with one, is `not_assigned`.
    """
    units = sorted({str(u) for u in unit_staffing.targets.tolist()})
    parent = _parents(units, occupations)
    shares, keys = unit_staffing.matrix(divisions, units)
    group, group_keys = occupation_staffing.matrix(divisions, occupations)
    listed = shares @ parent
    lift = np.divide(group, listed, out=np.zeros_like(group), where=listed > 0)
    jobs = np.einsum("d,du,uo,do->u", division_jobs, shares, parent, lift, optimize=True)
    within = parent * jobs[:, None]
    size = within.sum(axis=0)
    mix = np.divide(within, size, out=np.zeros_like(within), where=size > 0)  # (unit, occupation)
    to_route, route_keys = unit_to_route.matrix(units, routes)
    to_route[:, -1] = 1 - to_route[:, :-1].sum(axis=1)
    share = mix.T @ to_route
    share[size <= 0, -1] = 1.0
    used, divided = [], []
    for o in range(len(occupations)):
        inside = parent[:, o] > 0
        where = np.nonzero(((shares[:, inside] > 0).any(axis=1)) & (division_jobs > 0))[0]
        used.append(
            np.concatenate([keys[np.ix_(where, inside)].ravel(), group_keys[where, o], route_keys[inside].ravel()])
        )
        divided.append(where)
    return RouteShares(
        tuple(routes), share, _spread_unmapped(share), tuple(k[k != NO_KEY] for k in used), tuple(divided)
    )


def _parents(units: Sequence[str], occupations: Sequence[str]) -> Floats:
    made = np.zeros((len(units), len(occupations)))
    for o, occupation in enumerate(occupations):
        made[:, o] = [unit.startswith(occupation) for unit in units]
    return made


def _spread_unmapped(share: Floats) -> Floats:
    mapped = share[:, :-1].sum(axis=1, keepdims=True)
    wide = np.zeros_like(share)
    wide[:, :-1] = np.divide(share[:, :-1], mapped, out=np.zeros_like(share[:, :-1]), where=mapped > 0)
    wide[:, -1] = np.where(mapped[:, 0] > 0, 0.0, 1.0)
    return wide
