"""Jobs by industry and occupation: the level in the latest actual year and the path from there.

Owns: D1 (re-based level) and D2 (combined growth path), and the scaling of occupations to the industry total.
Never: replacement, qualification, intervals. Method: METHODOLOGY section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.errors import CoverageError, DeclarationError
from lmi.project.inputs import Assumptions, Floats, Grid, Keys, Mapping

BOUNDS = ("k_lower", "k_upper", "pandemic_first_year", "pandemic_last_year")
WEIGHTS = ("growth_weight_area", "growth_weight_comparator", "growth_weight_no_change")
USE_PROJECTED_LEVEL = "level_from_projection_"  # followed by the industry's code


@dataclass(frozen=True)
class Register:
    """Jobs on the business register by industry group and year, with the divisions they were added from."""

    industries: tuple[str, ...]
    years: NDArray[np.int64]
    jobs: Floats  # (industry, year)
    divisions: tuple[str, ...]
    division_jobs: Floats  # (division, year)
    division_keys: Keys
    member: Floats  # (division, industry), 1 where the division belongs
    member_keys: Keys

    def keys_of(self, industry: int, years: Sequence[int] | NDArray[np.int64]) -> Keys:
        """Return the cells behind one industry in these years, and the look-up rows used."""
        inside = self.member[:, industry] > 0
        cells = self.division_keys[np.ix_(inside, np.isin(self.years, years))]
        return np.concatenate([cells.ravel(), self.member_keys[inside, industry]])


def read_register(bres: Grid, industries: Sequence[str], to_industry: Mapping, area: str) -> Register:
    """Return register jobs by industry, in jobs, for every year in which any division is published.

    Raises CoverageError when the area has no figures at all.
    """
    if not bres.codes or not bres.years.size:
        raise CoverageError(
            "no business register employment by SIC division, so there is no latest actual level to start from.",
            source="bres_employment_by_division",
            place=area,
            do="land a BRES extract by 2-digit SIC for the area, or declare the code under which it is published "
            "in the area's same_as.",
        )
    member, member_keys = to_industry.matrix(bres.codes, industries)
    lost = [code for code, row in zip(bres.codes, member.sum(axis=1) == 0, strict=True) if row]
    if lost:
        raise CoverageError("divisions without an industry group.", place=area, found=", ".join(lost))
    jobs = member.T @ np.where(np.isnan(bres.values), 0.0, bres.values)
    return Register(tuple(industries), bres.years, jobs, bres.codes, bres.values, bres.keys, member, member_keys)


@dataclass(frozen=True)
class Level:
    """The level in `year` and what it was lifted by."""

    year: int
    jobs: Floats  # (industry,)
    lift: Floats  # k, (industry,)
    overlap: NDArray[np.int64]  # years that k is averaged over
    from_projection: NDArray[np.bool_]


def rebase_level(register: Register, path: Grid, declared: Assumptions) -> Level:
    """Return D1: `E[i, t0] = BRES[i, t0] * k[i]`, in jobs.

    k is the mean, over the years that both have and that are not pandemic years, of the projections' jobs over the
    register's, held between `k_lower` and `k_upper`. Industries declared as `level_from_projection_<code>`, and
    those with no jobs on the register in any overlapping year, take the projections' level.
    """
    year = int(register.years[-1])
    pandemic = np.arange(declared.integer("pandemic_first_year"), declared.integer("pandemic_last_year") + 1)
    overlap = np.setdiff1d(np.intersect1d(register.years, path.years), pandemic)
    if year not in path.years or not overlap.size:
        raise CoverageError(
            "the business register and the official projections share no usable year.",
            expected="at least one year outside the pandemic, and the register's latest year, in both",
            found=f"register {register.years.tolist()}, projections {path.years.tolist()}",
            do="land a later edition of either.",
        )
    ours = register.jobs[:, np.isin(register.years, overlap)]
    theirs = path.take(register.industries, overlap).values
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((ours > 0) & (theirs > 0), theirs / ours, np.nan)
    known = np.asarray((~np.isnan(ratio)).any(axis=1))
    mean = np.array([np.nanmean(r) if k else 1.0 for r, k in zip(ratio, known.tolist(), strict=True)])
    lift = np.clip(mean, declared["k_lower"], declared["k_upper"])
    named = np.array([USE_PROJECTED_LEVEL + code in declared for code in register.industries])
    borrowed = named | ~known
    jobs = np.where(borrowed, path.take(register.industries, [year]).values[:, 0], register.jobs[:, -1] * lift)
    return Level(year, jobs, lift, overlap, borrowed)


def combine_growth(level: Floats, area_path: Floats, comparator_path: Floats, weights: Sequence[float]) -> Floats:
    """Return D2: `ln E[t] = ln E[t0] + w1 * ln(S_area[t]/S_area[t0]) + w2 * ln(S_comp[t]/S_comp[t0]) + w3 * 0`.

    Paths have shape (industry, year) and begin in t0; so does what comes back. A path that starts at zero stays
    where it is. Raises DeclarationError unless the weights are not negative and sum to one.
    """
    if min(weights) < 0 or abs(sum(weights) - 1) > 1e-9:
        raise DeclarationError(
            "the growth weights are not shares.",
            source="lmi/declared/assumptions.toml",
            expected="three weights, none negative, that sum to one",
            found=str(tuple(weights)),
        )
    growth = weights[0] * _log_growth(area_path) + weights[1] * _log_growth(comparator_path)
    grown: Floats = level[:, None] * np.exp(growth)
    return grown


def _log_growth(path: Floats) -> Floats:
    start = path[:, :1]
    safe = (start > 0) & (path > 0)
    ratio = np.divide(path, start, out=np.ones_like(path), where=safe)
    logs: Floats = np.log(ratio)
    return logs


def scale_to_total(paths: Floats, total: Floats) -> Floats:
    """Return `paths` (code, year, ...) scaled so that each year adds to `total` (year, ...)."""
    if paths.ndim < total.ndim + 1:
        paths = paths[..., None]
    return paths * (total / paths.sum(axis=0))[None]
