"""Priority sectors as shares of industry groups.

Owns: how much of each industry group is in a sector in the latest register year. Never: adds sectors up: they overlap.
Method: METHODOLOGY section 4 (D8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi.project.demand import Register
from lmi.project.inputs import NO_KEY, Floats, Grid, Keys, texts, whole


@dataclass(frozen=True)
class SectorShares:
    """Shares of each industry group's jobs by sector, each between 0 and 1, with the cells behind each sector."""

    sectors: tuple[str, ...]
    share: Floats  # (industry, sector)
    keys: tuple[Keys, ...]
    unresolved: tuple[str, ...]  # "sector: code" where no figure is fine enough


def share_sectors(members: pa.Table, register: Register, subclasses: Grid) -> SectorShares:
    """Return the share of each industry group in each sector, from register jobs in the latest year.

    A member code is a division, group, class or subclass. Finer codes are found among subclasses by prefix; a
    subclass that two member codes of one sector cover counts once, with the larger weight. Because rounded subclasses
    do not add to rounded divisions, the share within a division is taken from subclasses and the size from divisions.
    """
    sector, code = texts(members, "sector_id"), texts(members, "industry")
    weight = np.asarray(members["weight"].cast(pa.float64()).to_numpy(zero_copy_only=False))
    key = whole(members, "obs_key")
    year = register.years[-1]
    last = int(np.searchsorted(subclasses.years, year)) if year in subclasses.years else len(subclasses.years) - 1
    fine = np.nan_to_num(subclasses.values[:, last]) if subclasses.codes else np.empty(0)
    fine_keys = subclasses.keys[:, last] if subclasses.codes else np.empty(0, np.int64)
    within = np.array([[s.startswith(d) for d in register.divisions] for s in subclasses.codes], dtype=float)
    within = within.reshape(len(fine), len(register.divisions))
    size = np.nan_to_num(register.division_jobs[:, -1])
    names = tuple(sorted(set(sector.tolist())))
    shares, cells, lost = [], [], []
    for name in names:
        mine = sector == name
        direct, inside, missing = _cover(code[mine], weight[mine], register.divisions, subclasses.codes)
        part = within.T @ (fine * inside)
        whole_of = within.T @ fine
        found = np.divide(part, whole_of, out=np.zeros_like(part), where=whole_of > 0)
        of_division = np.maximum(direct, found)
        jobs = register.member.T @ (size * of_division)
        base = register.member.T @ size
        shares.append(np.minimum(np.divide(jobs, base, out=np.zeros_like(jobs), where=base > 0), 1.0))
        touched = (of_division > 0).astype(float)
        finer = (touched > 0) & (direct == 0)
        of_groups = (register.member @ ((register.member.T @ touched) > 0)) > 0  # divisions in the shares' denominator
        used = np.concatenate([key[mine], fine_keys[(within @ finer) > 0], register.division_keys[of_groups][:, -1]])
        cells.append(used[used != NO_KEY])
        lost += [f"{name}: {c}" for c in missing]
    return SectorShares(
        names, np.array(shares).reshape(len(names), register.member.shape[1]).T, tuple(cells), tuple(lost)
    )


def _cover(
    codes: NDArray[np.str_], weights: Floats, divisions: Sequence[str], fine: Sequence[str]
) -> tuple[Floats, Floats, list[str]]:
    direct, inside, lost = np.zeros(len(divisions)), np.zeros(len(fine)), []
    for code, weight in zip(codes.tolist(), weights.tolist(), strict=True):
        if code in divisions:
            at = list(divisions).index(code)
            direct[at] = max(direct[at], weight)
            continue
        hit = np.array([f.startswith(code) for f in fine], dtype=bool)
        if not hit.any():
            lost.append(code)
            continue
        inside[hit] = np.maximum(inside[hit], weight)
    return direct, inside, lost
