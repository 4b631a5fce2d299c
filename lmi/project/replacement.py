"""Jobs to be filled because people leave, and what is required in all.

Owns: D6 (replacement at a converted simple annual rate) and D7 (requirement, openings). Never: the published
compound rate, which is not an annual rate of yearly stocks. Method: METHODOLOGY section 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Floats


@dataclass(frozen=True)
class Flows:
    """Jobs (code, years 0..T, ...) and the flows of years 1..T. Openings are never below the requirement."""

    jobs: Floats
    net_change: Floats
    replacement: Floats
    requirement: Floats
    openings: Floats

    def add_up(self, member: Floats) -> Flows:
        """Return the flows of groups, `member` (code, group): each measure summed after flooring."""
        return Flows(*(weigh(member, part) for part in self.parts()))

    def total(self) -> Flows:
        """Return the sum over codes, with one code left."""
        return self.add_up(np.ones((len(self.jobs), 1)))

    def parts(self) -> tuple[Floats, ...]:
        """Return jobs, net change, replacement, requirement, openings."""
        return (self.jobs, self.net_change, self.replacement, self.requirement, self.openings)


def weigh(member: Floats, figures: Floats) -> Floats:
    """Return `sum over codes of member[code, group] * figures[code, ...]`, in the precision of the figures."""
    flat = figures.reshape(len(figures), -1)
    made: Floats = member.T.astype(figures.dtype) @ flat
    return made.reshape(member.shape[1], *figures.shape[1:])


def convert_rates(span_replacement: Floats, path: Floats) -> Floats:
    """Return simple annual rates, as a share of mean stock a year.

    `span_replacement` (code,) is the publisher's replacement over a span, `path` (code, year) the publisher's jobs
    from the first to the last year of it: `r = RD_span / sum over years of (O[t] + O[t-1]) / 2`. Applied to the same
    path it returns the published sum. Raises CoverageError where a code has replacement but no jobs.
    """
    stock = ((path[:, 1:] + path[:, :-1]) / 2).sum(axis=1)
    if np.any((stock <= 0) & (span_replacement > 0)):
        raise CoverageError("replacement demand is published for a code without jobs in the projections.")
    rates: Floats = np.divide(span_replacement, stock, out=np.zeros_like(span_replacement), where=stock > 0)
    return rates


def make_flows(jobs: Floats, rates: Floats, replacement_total: Floats | None = None) -> Flows:
    """Return D6 and D7 for paths `jobs` (code, year, ...) and `rates` (code,) or (code, draw).

    `RD[t] = r * (O[t] + O[t-1]) / 2`, scaled to `replacement_total` (year, ...) where given;
    `TR[t] = O[t] - O[t-1] + RD[t]`, which may be negative; `OP[t] = max(0, TR[t])` per code and year.
    """
    net = np.diff(jobs, axis=1)
    rate = rates[:, None] if jobs.ndim == 2 else rates[:, None, :]
    replaced = rate * (jobs[:, 1:] + jobs[:, :-1]) / 2
    if replacement_total is not None:
        replaced = replaced * (replacement_total / replaced.sum(axis=0))
    required = net + replaced
    return Flows(jobs, net, replaced, required, np.maximum(required, 0.0))
