"""Coherent draws of the whole grid: district by occupation by route by level, one year at a time.

Owns: how one draw of the area's jobs is split so that districts add to the area, codes to their parents and levels to
the total in every draw. Never: holds more than one year of the full grid. Method: METHODOLOGY section 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lmi.project.inputs import Floats
from lmi.project.ipf import Fits, fit_many

LEAST = 1e-3  # a cell of the seed that is empty keeps a trace, so that margins of draws can be met


@dataclass(frozen=True)
class Split:
    """What splits the area's draws. Shares of a row add to one."""

    districts: Floats  # (industry, district, draw or 1): D3
    staffing: Floats  # (industry, occupation): D4, jobs of an occupation in each job of an industry
    routes: Floats  # (occupation, route)
    bands: Floats  # (occupation, band, year)
    noise: Floats  # (route, draw): staffing noise, factors about one


@dataclass(frozen=True)
class Held:
    """Jobs by (occupation, district, draw), each year's worked out once."""

    values: Floats

    def column(self, district: int) -> Floats:
        """Return one district's jobs, (occupation, draw)."""
        made: Floats = self.values[:, district]
        return made


@dataclass(frozen=True)
class YearOfGrid:
    """One year's draws by occupation and district, and what turns them into routes and levels."""

    jobs: Held
    openings: Floats  # (occupation, district, draw)
    split: Split
    year: int  # position in the years of the paths

    def routes(self, figures: Floats) -> Floats:
        """Return `figures` (occupation, draw) by (route, band, draw): what went in is what comes out, in every draw."""
        return spread_with_noise(figures, self.split.routes, self.split.bands[:, :, self.year], self.split.noise)


def spread_with_noise(figures: Floats, share: Floats, bands: Floats, noise: Floats) -> Floats:
    """Return figures (occupation, draw) by (route, band, draw), the route shares disturbed by `noise` (route, draw).

    `P'(r | o) = P(r | o) * f[r] / sum over r of P(r | o) * f[r]` in each draw, so that neither an occupation nor a
    level gains or loses by the noise. The sum of factors is divided out first and one product does the rest.
    """
    kind = figures.dtype
    scale = share.T.astype(kind).T @ noise.astype(kind)  # (occupation, draw)
    shared = np.divide(figures, scale, out=np.zeros_like(figures), where=scale > 0)
    weights = (share[:, :, None] * bands[:, None, :]).reshape(len(share), -1).astype(kind)
    made: Floats = (weights.T @ shared).reshape(share.shape[1], bands.shape[1], -1)
    made *= noise.astype(kind)[:, None, :]
    return made


def split_years(industries: Floats, occupations: Floats, rates: Floats, split: Split) -> Iterator[YearOfGrid]:
    """Yield the grid of each year but the first, from draws (code, year, draw) of the area and `rates` (code, draw).

    Industries and occupations add to one total in every draw. Jobs by occupation and district are fitted to the area's
    occupations and to the districts' totals. Openings of the area are shared by the districts' own requirement above
    zero, since flooring district by district would add to more than the area's.
    """
    seed = np.maximum(
        split.staffing.T @ (split.districts.mean(axis=2) * industries[:, 0].mean(axis=-1)[:, None]), LEAST
    )
    before = _fit(seed, industries[:, 0], occupations[:, 0], split)
    for year in range(1, industries.shape[1]):
        now = _fit(seed, industries[:, year], occupations[:, year], split)
        yield YearOfGrid(now, _open(before, now, occupations[:, year - 1], occupations[:, year], rates), split, year)
        before = now


def _fit(seed: Floats, industries: Floats, occupations: Floats, split: Split) -> Held:
    shares = split.districts
    if shares.shape[2] == 1:
        places = shares[:, :, 0].T @ industries
    else:
        places = np.einsum("ids,is->ds", shares, industries, optimize=True)
    places = places.astype(np.float64)
    rows = occupations.astype(np.float64)
    places *= rows.sum(axis=0) / places.sum(axis=0)  # single precision apart, they are equal
    fits: Fits = fit_many(seed, rows, places)
    kind = occupations.dtype  # fitted in double precision, kept in that of the draws
    made = seed.astype(kind)[:, :, None] * fits.down.astype(kind)[:, None, :]
    made *= fits.up.astype(kind)[None]
    return Held(made)


def _open(before: Held, now: Held, was: Floats, here: Floats, rates: Floats) -> Floats:
    """Return openings (occupation, district, draw) that add to those of the area."""
    area = np.maximum(here - was + rates * (here + was) / 2, 0.0)
    half = (rates / 2).astype(area.dtype)
    made = now.values * (1 + half)[:, None]
    made -= before.values * (1 - half)[:, None]
    np.maximum(made, 0.0, out=made)
    total = made.sum(axis=1)
    made *= np.divide(area, total, out=np.zeros_like(area), where=total > 0)[:, None]
    return made
