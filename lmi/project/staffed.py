"""The occupations that the area's industries employ, from what is at hand.

Owns: the inputs of D4 and what stands in where they are absent. Never: the fit itself (staffing.py).
Method: METHODOLOGY section 4 (D4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.project.demand import Level, Register
from lmi.project.inputs import Floats, Grid, Keys, ProjectionInputs, mapping, rows_of, texts, whole
from lmi.project.staffing import Groups, fit_staffing, interpolate_blocks


@dataclass(frozen=True)
class StaffedIndustries:
    """The share of each sub-major group in each industry's jobs (industry, occupation), rows adding to one."""

    share: Floats
    keys: Keys  # cells of the national pattern and of the area's blocks
    fitted: bool  # to the area's own occupations; else the national pattern stands
    report: dict[str, float]


def staff_industries(
    inputs: ProjectionInputs, area: str, register: Register, level: Level, occupations: Grid, to_major: Floats
) -> StaffedIndustries:
    """Return D4 in the latest actual year: the national pattern of divisions fitted to the area's published blocks.

    An area without a table of industry by major occupation keeps the national pattern, weighted by its own divisions.
    """
    pattern = mapping(inputs, "sic_division_to_soc2020_submajor")
    shares, cells = pattern.matrix(register.divisions, occupations.codes)
    divisions = _division_jobs(register, level)
    bare = shares.sum(axis=1) <= 0
    mean = divisions @ shares / max(float((divisions @ shares).sum()), 1.0)
    shares = np.where(bare[:, None], mean, shares)  # a division without a pattern is staffed like all together
    national = _by_industry(register, divisions, shares)
    blocks, block_keys = _blocks(inputs, area, register.industries, len(to_major.T), level.year)
    keys = np.concatenate([cells[cells >= 0], block_keys])
    if blocks is None:
        return StaffedIndustries(national, keys, False, {})
    groups = Groups(
        np.argmax(register.member, axis=1), np.argmax(to_major, axis=1), np.arange(len(occupations.codes))
    )  # fmt: skip
    held = occupations.take(occupations.codes, [level.year]).values[:, 0]
    made = fit_staffing(shares, divisions, blocks, held, groups)
    share = made.by_industry(len(register.industries), len(occupations.codes))
    share = np.where(share.sum(axis=1, keepdims=True) > 0, share, national)
    return StaffedIndustries(share, keys, True, made.report())


def _division_jobs(register: Register, level: Level) -> Floats:
    """Return jobs by division that add to the level of each industry; one without register jobs is split evenly."""
    jobs = np.nan_to_num(register.division_jobs[:, -1])
    total = register.member.T @ jobs
    jobs = jobs + register.member @ (total <= 0)
    lift = np.divide(level.jobs, register.member.T @ jobs, out=np.zeros_like(level.jobs), where=level.jobs > 0)
    made: Floats = jobs * (register.member @ lift)
    return made


def _by_industry(register: Register, divisions: Floats, shares: Floats) -> Floats:
    made = register.member.T @ (divisions[:, None] * shares)
    return np.divide(
        made, made.sum(axis=1, keepdims=True), out=np.zeros_like(made), where=made.sum(axis=1, keepdims=True) > 0
    )


def _blocks(
    inputs: ProjectionInputs, area: str, industries: tuple[str, ...], majors: int, year: int
) -> tuple[Floats | None, Keys]:
    """Return jobs by (industry, major) of one year, or None where the area has no such table around that year."""
    rows = rows_of(inputs.projected_jobs_by_industry22_and_occupation_major, [area])
    years = np.unique(whole(rows, "year"))
    none: Keys = np.empty(0, np.int64)
    if len(years) < 2 or not years[0] <= year <= years[-1]:
        return None, none
    codes = sorted(set(texts(rows, "occupation").tolist()))
    if len(codes) != majors or not set(industries) <= set(texts(rows, "industry").tolist()):
        return None, none
    made = np.zeros((len(industries), majors, len(years)))
    place = {c: n for n, c in enumerate(industries)}
    at = np.array([place.get(c, -1) for c in texts(rows, "industry").tolist()])
    inside = at >= 0
    across = np.searchsorted(codes, texts(rows, "occupation"))
    values = np.asarray(rows["value"].to_numpy(), dtype=np.float64)
    when = np.searchsorted(years, whole(rows, "year"))
    made[at[inside], across[inside], when[inside]] = values[inside]
    after = int(np.clip(np.searchsorted(years, year), 1, len(years) - 1))
    used = np.isin(when, (after - 1, after)) & inside
    return interpolate_blocks(made[:, :, [after - 1, after]], years[[after - 1, after]].tolist(), year), whole(
        rows, "obs_key"
    )[used]
