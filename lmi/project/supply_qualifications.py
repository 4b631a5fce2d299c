"""The stock of residents by age and highest qualification, moved on a year at a time.

Owns: S2, the cohort-component step and the control to survey totals. Never: rates; they come with their source.
Method: METHODOLOGY section 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Floats

#: People may fall short of nothing by this much of one person before a stock counts as negative.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Step:
    """One year: the new stock (age, level), and everyone who came or went by level, in people.

    `stock + left + died = old stock + entered + moved in`, level by level once those who `rose` are counted.
    """

    stock: Floats
    entered: Floats
    left: Floats
    died: Floats
    moved: Floats
    rose: Floats


def advance(stock: Floats, survival: Floats, net_moves: Floats, upgrades: Floats, entrants: Floats) -> Step:
    """Return the stock a year later: `N[a+1, k] = N[a, k] * s[a] + moves[a, k] + risen to k - risen from k`.

    `stock` and `net_moves` (age, level) are people, the first age that of entry and the last the oldest of working age,
    whose people leave; `survival` (age,) are shares; `upgrades` (age, from, to) are people who reach a higher level in the
    year; `entrants` (level,) are people who reach the first age. Levels rise along the axis. Raises CoverageError where
    somebody would fall a level, a share is none, or more people would go or rise than there are.
    """
    levels = stock.shape[1]
    if np.any(survival < 0) or np.any(survival > 1) or np.any(entrants < 0) or np.any(upgrades < 0):
        raise CoverageError("a flow of the qualification stock is negative, or a survival rate no share.")
    if np.any(upgrades[:, *np.tril_indices(levels)] > 0):
        raise CoverageError(
            "an upgrade leads to the same or a lower level.",
            expected="people who reach a level above the one they held",
        )
    surviving = stock * survival[:, None]
    rise = upgrades.sum(axis=1) - upgrades.sum(axis=2)
    if np.any(surviving + np.minimum(net_moves, 0) - upgrades.sum(axis=2) < -_ROUNDING):
        where = np.argwhere(surviving + np.minimum(net_moves, 0) - upgrades.sum(axis=2) < -_ROUNDING)[0]
        raise CoverageError(
            "more people would go or rise than there are.",
            place=f"age number {where[0]}, level number {where[1]}",
            do="check that moves and achievements are of the same area and year as the stock.",
        )
    later = np.maximum(surviving + net_moves + rise, 0)
    made = np.empty_like(later)
    made[1:], made[0] = later[:-1], entrants
    return Step(made, entrants, later[-1], (stock - surviving).sum(axis=0), net_moves.sum(axis=0), rise.sum(axis=0))


def control(stock: Floats, totals: Floats) -> tuple[Floats, Floats]:
    """Return the stock scaled so that each level has its survey total, and the residual by level that was taken out.

    `totals` (level,) are people of the ages of the stock. The residual, total less stock, is published beside the stock:
    it is what the flows did not explain. Raises CoverageError where a level has a total and nobody to scale.
    """
    have = stock.sum(axis=0)
    if np.any((have <= 0) & (totals > 0)):
        raise CoverageError(
            "a level has a survey total and no stock.",
            found=f"level number {int(np.argmax((have <= 0) & (totals > 0)))}",
        )
    factor = np.divide(totals, have, out=np.zeros_like(have), where=have > 0)
    return stock * factor, totals - have
