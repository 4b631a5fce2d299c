"""Demand mapped to priority sectors and technical routes, for either scenario.

Owns: sector and route parts, and route by level band. Never: adds sectors up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.project.change import Change, jobs_by_industry, jobs_of_overrides, substitute
from lmi.project.gap import add_totals, band_mix, draw_route_factors, spread_over_routes
from lmi.project.grid import spread_with_noise
from lmi.project.inputs import Assumptions, Floats, mapping, texts, whole
from lmi.project.keys import BAND_OF, BANDS, TOTAL, Ledger
from lmi.project.quality import Words, by_base
from lmi.project.replacement import Flows
from lmi.project.routes import RouteShares, share_routes
from lmi.project.rows import Block, Rows
from lmi.project.sectors import SectorShares
from lmi.project.side import Part, Side, sum_part
from lmi.project.sides import HeldMix, Source
from lmi.project.uncertainty import limits

LEVELS = (*BANDS, TOTAL)


@dataclass(frozen=True)
class Routes:
    """Route shares with their series, and the held mix by band."""

    shares: RouteShares
    keys: tuple[int, ...]  # per occupation
    bands: Floats  # (occupation, band, year)
    mix: HeldMix
    openings: Floats  # (occupation, band, year): the levels that openings are filled at, the held mix unless changed

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the routes, then the total."""
        return (*self.shares.routes, TOTAL)

    def opened_in(self, year: int) -> Floats:
        """Return the levels of openings (occupation, band) in a year."""
        return self.openings[:, :, int(np.searchsorted(self.mix.years, year))]

    def bands_in(self, year: int) -> Floats:
        """Return held shares (occupation, band) in a year."""
        return self.bands[:, :, int(np.searchsorted(self.mix.years, year))]


def record_sectors(ledger: Ledger, scenario: str, shares: SectorShares, industry: Part) -> Part:
    """Return the sector part of a scenario: shares of industry groups."""
    keys = [
        ledger.add(
            scenario, "sector_share", "sector", sector, TOTAL, "D8",
            "register jobs in the sector over register jobs in each industry group, latest year", [shares.keys[n]],
        )
        for n, sector in enumerate(shares.sectors)
    ]  # fmt: skip
    return sum_part(
        ledger, scenario, "sector", shares.sectors, shares.share, industry, "D8",
        "share of each industry group in the sector, times the group's figure, summed",
        [np.array([k]) for k in keys],
    )  # fmt: skip


def map_routes(source: Source, mix: HeldMix, routes: tuple[str, ...], change: Change) -> Routes:
    """Return route shares within each occupation, from our division jobs in the latest actual year."""
    register, level = source.register, source.level
    of_industry = np.divide(
        level.jobs, register.jobs[:, -1], out=np.zeros_like(level.jobs), where=register.jobs[:, -1] > 0
    )
    jobs = np.nan_to_num(register.division_jobs[:, -1]) * (register.member @ of_industry)
    occupations = source.paths.grids["occupation_submajor"].codes
    inputs = source.inputs
    shares = share_routes(
        occupations, register.divisions, jobs, routes, mapping(inputs, "sic_division_to_soc2020_unit"),
        mapping(inputs, "sic_division_to_soc2020_submajor"), mapping(inputs, "soc2020_unit_to_route"),
    )  # fmt: skip
    register_cells = register.division_keys[:, -1]
    keys = tuple(
        source.ledger.add(
            "rebased", "route_share", "occupation_submajor", code, TOTAL, "D8",
            "unit groups of the occupation, weighted by our division jobs times national staffing, times route shares",
            [shares.keys[n], register_cells[shares.divisions[n]]],
        )
        for n, code in enumerate(occupations)
    )  # fmt: skip
    member = np.array([[float(BAND_OF[c] == b) for b in BANDS] for c in mix.codes])
    held = band_mix(mix.share, member)
    return Routes(shares, keys, held, mix, substitute(held, change.substitution) if change.substitution else held)


def route_part(ledger: Ledger, side: Side, routes: Routes, noise: Floats | None) -> Part:
    """Return the route part of a scenario over all levels, `not_assigned` included; draws have the `noise` of routes."""
    occupation, share = side.parts["occupation_submajor"], routes.shares.share
    part = sum_part(
        ledger, side.scenario, "route", routes.shares.routes, share, occupation, "D8",
        "share of each occupation in the route, times the occupation's figure, summed",
        [np.array(routes.keys)[share[:, r] > 0] for r in range(share.shape[1])],
    )  # fmt: skip
    if occupation.drawn is None or noise is None:
        return part
    whole = np.ones((len(share), 1))
    drawn = Flows(*(
        np.stack([spread_with_noise(figures[:, t], share, whole, noise)[:, 0] for t in range(figures.shape[1])], axis=1)
        for figures in occupation.drawn.parts()
    ))  # fmt: skip
    return replace(part, drawn=drawn)


def write_overrides(rows: Rows, words: Words, source: Source, side: Side, declared: Assumptions) -> None:
    """Report the jobs of dated overrides apart, by industry: the measure `override_jobs`, inside `jobs` already."""
    table, industry = source.inputs.overrides, side.parts["industry22"]
    for code in sorted(set(texts(table, "industry").tolist())):
        mine = table.filter(pc.equal(table["industry"], code))
        at = [industry.codes.index(code)]
        added = jobs_by_industry(jobs_of_overrides(mine), side.years, industry.codes, (), np.empty((0, 0)), np.empty(0))
        key = source.ledger.add(
            side.scenario, "override_jobs", "industry22", code, TOTAL, "D2", "jobs that dated overrides add or take away",
            [whole(mine, "obs_key")],
        )  # fmt: skip
        quality = by_base(industry.central.jobs[at], declared, words, "people", "; a dated override")
        rows.add(Block(side.scenario, "override_jobs", "industry22", [code], [TOTAL], side.years, added[at],
                       industry.central.jobs[at], quality, [key]))  # fmt: skip


@dataclass(frozen=True)
class Banded:
    """Jobs and openings by (route or total, band or total, year), and series keys by (route, band)."""

    years: NDArray[np.int64]
    jobs: Floats
    openings: Floats
    wide: Floats
    keys: dict[str, NDArray[np.int64]]


def spread_levels(ledger: Ledger, side: Side, routes: Routes) -> Banded:
    """Return central jobs and openings by route and band for the years with flows, and record their series."""
    flows, shares = side.parts["occupation_submajor"].central, routes.shares
    years = side.years[1:]
    made: dict[str, list[Floats]] = {"jobs": [], "openings": [], "wide": []}
    for n, year in enumerate(years.tolist()):
        bands, opened = routes.bands_in(year), routes.opened_in(year)
        made["jobs"].append(add_totals(spread_over_routes(flows.jobs[:, n + 1], shares.share, bands)))
        made["openings"].append(add_totals(spread_over_routes(flows.openings[:, n], shares.share, opened)))
        made["wide"].append(add_totals(spread_over_routes(flows.openings[:, n], shares.wide, opened)))
    stacked = {m: np.stack(v, axis=2) for m, v in made.items()}
    part = side.parts["route"]
    keys = {
        measure: _record_levels(ledger, side, routes, measure, part.keys[measure]) for measure in ("jobs", "openings")
    }
    return Banded(years, stacked["jobs"], stacked["openings"], stacked["wide"], keys)


def _record_levels(
    ledger: Ledger, side: Side, routes: Routes, measure: str, totals: tuple[int, ...]
) -> NDArray[np.int64]:
    """Return keys (route + 1, band + 1); the column of all levels exists already, the row of all routes sums."""
    occupation, share = side.parts["occupation_submajor"], routes.shares.share
    own = np.array(occupation.keys[measure])
    mixes, paths = np.array(routes.mix.keys), np.array(routes.keys)
    made = np.zeros((len(routes.codes), len(LEVELS)), dtype=np.int64)
    made[:-1, -1] = totals
    made[-1, -1] = side.parts["total"].keys[measure][0]
    for r, route in enumerate(routes.shares.routes):
        inside = share[:, r] > 0
        for b, band in enumerate(BANDS):
            made[r, b] = ledger.add(
                side.scenario, measure, "route", route, band, "D8",
                "each occupation's figure times its share in the route times the share of holders at the level, summed",
                [own[inside], paths[inside], mixes[inside]] if inside.any() else [own, paths, mixes],
            )  # fmt: skip
    for b, band in enumerate(BANDS):
        made[-1, b] = ledger.add(
            side.scenario, measure, "route", TOTAL, band, "D8", "sum of all routes and not_assigned", [made[:-1, b]]
        )
    return made


def write_levels(
    rows: Rows, words: Words, declared: Assumptions, side: Side, routes: Routes, banded: Banded, suffix: str,
    factors: Floats | None,
) -> None:  # fmt: skip
    """Add jobs and openings by route and band, and the sum over routes by band, to the rows."""
    levels = [b for _ in routes.codes for b in BANDS]
    codes = [r for r in routes.codes for _ in BANDS]
    quality = by_base(_flat(banded.jobs), declared, words, "people", suffix)
    for measure, figures in (("jobs", banded.jobs), ("openings", banded.openings)):
        low, high = _level_limits(side, routes, measure, figures, factors)
        rows.add(
            Block(
                side.scenario, measure, "route", codes, levels, banded.years, _flat(figures), _flat(banded.jobs),
                quality, banded.keys[measure][:, :-1].ravel().tolist(), low, high,
            )
        )  # fmt: skip


def _flat(figures: Floats) -> Floats:
    """Return (cell, year) without the column of all levels, which the part by route holds."""
    return figures[:, :-1].reshape(-1, figures.shape[2])


def _level_limits(
    side: Side, routes: Routes, measure: str, figures: Floats, factors: Floats | None
) -> tuple[Floats | None, Floats | None]:
    drawn = side.parts["occupation_submajor"].drawn
    if drawn is None or factors is None:
        return None, None
    low, high = np.empty_like(figures), np.empty_like(figures)
    for n, year in enumerate(side.years[1:].tolist()):
        source = drawn.jobs[:, n + 1] if measure == "jobs" else drawn.openings[:, n]
        bands = routes.bands_in(year) if measure == "jobs" else routes.opened_in(year)
        draws = spread_with_noise(source, routes.shares.share, bands, factors)
        low[..., n], high[..., n] = limits(add_totals(draws), figures[..., n])
    return _flat(low), _flat(high)


def route_factors(
    rng: np.random.Generator, side: Side, routes: Routes, declared: Assumptions, wide: bool = False
) -> Floats:
    """Return factors (route, draw) for the noise of the staffing pattern (Dirichlet)."""
    jobs = side.parts["occupation_submajor"].central.jobs[:, 0]
    share = routes.shares.wide if wide else routes.shares.share
    return draw_route_factors(rng, share.T @ jobs, declared["staffing_effective_sample"], declared.integer("draws"))
