"""From industries to occupations.

Owns: D4, the fit of a national staffing pattern to the area's industries and occupations, with its report. Never: a
margin of its own. Method: METHODOLOGY section 4 (D4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats
from lmi.project.ipf import Fit, Margin, fit_groups
from lmi.project.qualification import interpolate_mix

SAMPLED_ZERO = 1 / 2  # jobs given to a cell that a sample left empty inside a block that is not (J)


@dataclass(frozen=True)
class Groups:
    """The group of each division and unit: positions among industries, majors and sub-majors."""

    industry: NDArray[np.int64]  # (division,)
    major: NDArray[np.int64]  # (unit,)
    submajor: NDArray[np.int64]  # (unit,)


@dataclass(frozen=True)
class Staffing:
    """Fitted jobs (division, unit) and how the fit went."""

    fit: Fit
    groups: Groups

    def by_industry(self, industries: int, submajors: int) -> Floats:
        """Return the share of each sub-major group in each industry's jobs, (industry, sub-major), rows adding to one.

        An industry without jobs keeps a row of zeros.
        """
        made = np.zeros((industries, submajors))
        np.add.at(made, (self.groups.industry[:, None], self.groups.submajor[None, :]), self.fit.table)
        total = made.sum(axis=1, keepdims=True)
        return np.divide(made, total, out=np.zeros_like(made), where=total > 0)

    def report(self) -> dict[str, float]:
        """Return passes, the largest relative margin error and the cross-entropy distance from the seed."""
        return {
            "passes": float(self.fit.passes), "margin_error": self.fit.margin_error, "distance": self.fit.distance,
        }  # fmt: skip


def seed_staffing(shares: Floats, jobs: Floats, groups: Groups, blocks: Floats) -> Floats:
    """Return the seed M0 (division, unit): national shares of each division times the area's `jobs` (division,).

    A cell at zero inside a block (industry, major) with jobs is a zero of the sample and gets half a job; in a block
    without jobs it is structural and stays.
    """
    seed = shares * jobs[:, None]
    live = blocks[groups.industry][:, groups.major] > 0
    return np.where(live, np.where((seed > 0) | (jobs[:, None] <= 0), seed, SAMPLED_ZERO), 0.0)


def fit_staffing(shares: Floats, divisions: Floats, blocks: Floats, submajors: Floats, groups: Groups) -> Staffing:
    """Return D4: the national pattern fitted to division totals, industry by major blocks and sub-major totals.

    `shares` (division, unit) national staffing; `divisions` (division,) jobs from D2; `blocks` (industry, major) and
    `submajors` (sub-major,) jobs on any base: blocks are scaled to the industries of `divisions`, then sub-majors to the
    majors of the blocks, so that the three agree. Raises CoverageError when they cannot all be met.
    """
    industries = np.bincount(groups.industry, divisions, len(blocks))
    total = blocks.sum(axis=1)
    lost = (total <= 0) & (industries > 0)
    if lost.any():
        raise CoverageError(
            "an industry with jobs has no occupations published for it.", found=f"industry {int(np.argmax(lost)) + 1}",
            do="land the table of industry by major occupation.",
        )  # fmt: skip
    scaled = blocks * np.divide(industries, total, out=np.zeros_like(total), where=total > 0)[:, None]
    of_major = np.zeros(len(submajors), dtype=np.int64)
    of_major[groups.submajor] = groups.major
    majors, parts = scaled.sum(axis=0), np.bincount(of_major, submajors, scaled.shape[1])
    wanted = submajors * np.divide(majors, parts, out=np.zeros_like(majors), where=parts > 0)[of_major]
    seed = seed_staffing(shares, divisions, groups, scaled)
    one, none = np.arange(len(divisions)), np.zeros(len(divisions), np.int64)
    fit = fit_groups(
        seed,
        [
            Margin(one, np.zeros(seed.shape[1], np.int64), divisions[:, None]),
            Margin(groups.industry, groups.major, scaled),
            Margin(none, groups.submajor, wanted[None, :]),
        ],
    )
    return Staffing(fit, groups)


def interpolate_blocks(benchmarks: Floats, years: Sequence[int], year: int) -> Floats:
    """Return blocks (industry, major) of one year from `benchmarks` (industry, major, benchmark year).

    Shares of majors within an industry move in a straight line of their log-odds between benchmark years; the
    industry's total moves in a straight line. Raises CoverageError for a year outside the benchmarks.
    """
    when = np.asarray(years, dtype=np.int64)
    live = np.asarray((benchmarks.sum(axis=1) > 0).all(axis=1))
    made = np.zeros(benchmarks.shape[:2])
    share = interpolate_mix(benchmarks[live], when, np.array([year]))[:, :, 0]
    size = np.array([np.interp(year, when, row) for row in benchmarks[live].sum(axis=1)])
    made[live] = share * size[:, None]
    return made
