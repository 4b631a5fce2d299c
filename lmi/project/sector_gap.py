"""Openings against inflow as the priority sectors see them, by level.

Owns: a sector's share of the openings of each route and level, its part of the inflow, and the class of its gap. Never:
adds sectors up: they overlap. Method: METHODOLOGY sections 4 (D4, D8) and 7 (G1), docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.project.gap import allow_for_absent, spread_over_routes
from lmi.project.gap_rows import Accounts, Numbers, allowances
from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import BANDS, REBASED, TOTAL, Ledger
from lmi.project.mapped import LEVELS, Routes
from lmi.project.quality import ABSENT, Chances, Words, by_base, of_gap
from lmi.project.rows import Block, Rows
from lmi.project.sectors import SectorShares
from lmi.project.side import Side
from lmi.project.sides import Source
from lmi.project.uncertainty import limits, probability_above_zero

BREAKDOWN = "sector_level"
MEASURES = ("openings_people", "inflow", "gap")
SAMPLE, NEW = "staffing_effective_sample", "inflow_new_to_job_share"


@dataclass(frozen=True)
class SectorGaps:
    """Every measure by (sector and level, year), sectors down and levels within; jobs and the readings of the gap."""

    sectors: tuple[str, ...]
    levels: tuple[str, ...]
    measures: dict[str, Numbers]
    jobs: Floats
    chances: Chances


def occupation_shares(sectors: Floats, jobs: Floats, staffing: Floats) -> Floats:
    """Return the share of each occupation's jobs that lies in each sector (sector, occupation).

    `sectors` (industry, sector) are shares of each industry, `jobs` (industry,) one year's, `staffing` (industry,
    occupation) the occupations of each job of an industry. An occupation without jobs is in no sector.
    """
    held = jobs[:, None] * staffing
    total = held.sum(axis=0)
    made: Floats = np.divide(sectors.T @ held, total, out=np.zeros((sectors.shape[1], len(total))), where=total > 0)
    return made


def share_of_cells(shares: Floats, figures: Floats, routes: Floats, bands: Floats) -> tuple[Floats, Floats]:
    """Return the sectors' figures by (sector, route, band) and their share of everybody's.

    `shares` (sector, occupation), `figures` (occupation,), `routes` (occupation, route), `bands` (occupation, band).
    """
    own = np.stack([spread_over_routes(figures * s, routes, bands) for s in shares])
    everyone = spread_over_routes(figures, routes, bands)
    made: Floats = np.divide(own, everyone, out=np.zeros_like(own), where=everyone > 0)
    return own, made


def measure_sectors(
    rng: np.random.Generator, source: Source, side: Side, routes: Routes, sectors: SectorShares, accounts: Accounts,
    declared: Assumptions,
) -> SectorGaps:  # fmt: skip
    """Return the gap of each sector and level over the years of the accounts.

    A sector has its share of the openings of each route and level, and the same share of the inflow: employers draw on
    those trained for a route as they offer its openings, or hold its jobs where nobody has an opening. Jobs and people
    without a route are left out on both sides.
    """
    bands = [n for n, band in enumerate(BANDS) if declared.integer(ABSENT + band) <= 1]
    industry, occupation = side.parts["industry22"].central, side.parts["occupation_submajor"].central
    noise = _noise(rng, sectors.share, industry.jobs[:, 0], declared)
    allowance, new = allowances(declared), declared[NEW]
    found: dict[str, list[tuple[Floats, ...]]] = {}
    jobs, mapped = [], []
    for n, year in enumerate(accounts.years.tolist()):
        at = int(np.searchsorted(side.years, year))
        shares = occupation_shares(sectors.share, industry.jobs[:, at], source.staffing.share)
        p, opened = routes.shares.share, routes.opened_in(year)
        held, by_jobs = share_of_cells(shares, occupation.jobs[:, at], p, routes.bands_in(year))
        needed, share = share_of_cells(shares, occupation.openings[:, at - 1], p, opened)
        share = np.where(needed.any(axis=0), share, by_jobs)[:, :-1][:, :, bands]
        jobs.append(held[:, :-1][:, :, bands].sum(axis=1))
        cut = slice(None, -2), bands  # routes but `not_assigned` and the sum, levels with a verdict
        need, taught, wide = (
            _weigh(share, draws[n][cut]) * noise[:, None] for draws in (accounts.need, accounts.taught, accounts.wide)
        )
        absent = _weigh(share, allow_for_absent(accounts.taught[n], allowance)[cut]) * noise[:, None]
        middle = {m: _weigh(share, accounts.measures[m].p50[..., n][cut]) for m in
                  ("openings_people", "openings_people_wide", "inflow")}  # fmt: skip
        centre = middle["openings_people"], middle["inflow"]
        mapped.append((centre[0], middle["openings_people_wide"]))
        for name, central, draws in (
            ("openings_people", centre[0], need), ("inflow", centre[1], taught), ("gap", centre[0] - centre[1], need - taught),
            ("strict", centre[0], need - taught - absent), ("wide", centre[0], wide - new * taught),
        ):  # fmt: skip
            chance = probability_above_zero(draws)
            ends = limits(draws, central) if name in MEASURES else (central, central)
            found.setdefault(name, []).append((central, *ends, chance))
    made = {name: Numbers(*(_cells([y[e] for y in years]) for e in range(4))) for name, years in found.items()}
    narrow, wide_open = (_cells([m[e] for m in mapped]) for e in (0, 1))
    cover = np.divide(made["inflow"].p50, narrow, out=np.zeros_like(narrow), where=narrow > 0)
    of_all = np.divide(narrow, wide_open, out=np.zeros_like(narrow), where=wide_open > 0)
    chances = Chances(_chance(made["gap"]), _chance(made["wide"]), _chance(made["strict"]), of_all, cover)
    return SectorGaps(sectors.sectors, tuple(BANDS[b] for b in bands), made, _cells(jobs), chances)


def _chance(numbers: Numbers) -> Floats:
    assert numbers.probability is not None
    return numbers.probability


def _weigh(share: Floats, figures: Floats) -> Floats:
    """Return (sector, band, ...) from shares (sector, route, band) and figures (route, band, ...)."""
    made: Floats = np.einsum("srb,rb...->sb...", share.astype(figures.dtype), figures)
    return made


def _cells(by_year: list[Floats]) -> Floats:
    """Return (sector and level, year) from one (sector, level) a year."""
    made = np.stack(by_year, axis=-1)
    return made.reshape(-1, made.shape[-1])


def _noise(rng: np.random.Generator, share: Floats, jobs: Floats, declared: Assumptions) -> Floats:
    """Return factors (sector, draw): the sector's share of jobs as the declared sample of workers would find it."""
    part = np.maximum(share.T @ jobs / jobs.sum(), np.finfo(float).tiny) * declared[SAMPLE]
    drawn = rng.gamma(part[:, None], size=(len(part), declared.integer("draws"))) / part[:, None]
    made: Floats = drawn.astype(np.float32)
    return made


def write_sector_gaps(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, source: Source, side: Side, gaps: SectorGaps,
    keys: dict[str, Keys], years: Keys, suffix: str,
) -> None:  # fmt: skip
    """Add openings, inflow and gap of every sector and level; `keys` are the area's series by (route, level)."""
    codes = [s for s in gaps.sectors for _ in gaps.levels]
    levels = [b for _ in gaps.sectors for b in gaps.levels]
    base = by_base(gaps.jobs, declared, words, "people", f"{suffix}; sectors overlap and are never added")
    judged = of_gap(base, codes, levels, gaps.chances, declared, words)
    staffed = ledger.add(REBASED, "staffing", "industry22", TOTAL, TOTAL, "D4", "occupations of each industry",
                         [source.staffing.keys])  # fmt: skip
    sector = side.parts["sector"].keys["jobs"]
    made: dict[str, list[int]] = {m: [] for m in MEASURES}
    for code, level in zip(codes, levels, strict=True):
        band = LEVELS.index(level)
        share = [sector[gaps.sectors.index(code)], staffed]
        pair = [
            ledger.add(REBASED, measure, BREAKDOWN, code, level, "G1", formula,
                       [keys[measure][:-2, band], share, declared.keys(SAMPLE)])
            for measure, formula in (
                ("openings_people", "openings of each route times the sector's share of them, summed over routes"),
                ("inflow", "inflow of each route times the sector's share of its openings, summed over routes"),
            )
        ]  # fmt: skip
        gap = ledger.add(REBASED, "gap", BREAKDOWN, code, level, "G1", "openings in people less inflow", [pair])
        for measure, key in zip(MEASURES, (*pair, gap), strict=True):
            made[measure].append(key)
    for measure in MEASURES:
        numbers, is_gap = gaps.measures[measure], measure == "gap"
        rows.add(Block(
            REBASED, measure, BREAKDOWN, codes, levels, years, numbers.p50, gaps.jobs, judged if is_gap else base,
            made[measure], numbers.p10, numbers.p90, numbers.probability if is_gap else None,
        ))  # fmt: skip
