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
    noise = _noise(rng, sectors.share, side.parts["industry22"].central.jobs[:, 0], declared)
    seen = [
        _read_year(source, side, routes, sectors, accounts, n, bands, noise, declared) for n in range(len(accounts.years))
    ]  # fmt: skip
    made = {m: Numbers(*(_cells([y.found[m][e] for y in seen]) for e in range(4))) for m in seen[0].found}
    narrow, wide = _cells([y.found["openings_people"][0] for y in seen]), _cells([y.wide for y in seen])
    cover = np.divide(made["inflow"].p50, narrow, out=np.zeros_like(narrow), where=narrow > 0)
    mapped = np.divide(narrow, wide, out=np.zeros_like(narrow), where=wide > 0)
    chances = Chances(_chance(made["gap"]), _chance(made["wide"]), _chance(made["strict"]), mapped, cover)
    levels = tuple(BANDS[b] for b in bands)
    return SectorGaps(sectors.sectors, levels, made, _cells([y.jobs for y in seen]), chances)


@dataclass(frozen=True)
class _Year:
    """One year by (sector, level): of each measure central, ends and probability; jobs; central wide openings."""

    found: dict[str, tuple[Floats, Floats, Floats, Floats]]
    jobs: Floats
    wide: Floats


def _read_year(
    source: Source, side: Side, routes: Routes, sectors: SectorShares, accounts: Accounts, n: int, bands: list[int],
    noise: Floats, declared: Assumptions,
) -> _Year:  # fmt: skip
    share, jobs = _shares_in(source, side, routes, sectors, int(accounts.years[n]), bands)
    cut = slice(None, -2), bands  # routes but `not_assigned` and the sum, levels with a verdict
    need, taught, wide = (
        _weigh(share, draws[n][cut]) * noise[:, None] for draws in (accounts.need, accounts.taught, accounts.wide)
    )
    absent = _weigh(share, allow_for_absent(accounts.taught[n], allowances(declared))[cut]) * noise[:, None]
    open_, inflow, open_wide = (
        _weigh(share, accounts.measures[m].p50[..., n][cut])
        for m in ("openings_people", "inflow", "openings_people_wide")
    )
    found = {}
    for name, central, draws in (
        ("openings_people", open_, need), ("inflow", inflow, taught), ("gap", open_ - inflow, need - taught),
        ("strict", open_, need - taught - absent), ("wide", open_, wide - declared[NEW] * taught),
    ):  # fmt: skip
        ends = limits(draws, central) if name in MEASURES else (central, central)
        found[name] = (central, *ends, probability_above_zero(draws))
    return _Year(found, jobs, open_wide)


def _shares_in(
    source: Source, side: Side, routes: Routes, sectors: SectorShares, year: int, bands: list[int]
) -> tuple[Floats, Floats]:
    """Return the sectors' shares of openings (sector, route, level) and their jobs (sector, level) with a route."""
    industry, occupation = side.parts["industry22"].central, side.parts["occupation_submajor"].central
    at, p = int(np.searchsorted(side.years, year)), routes.shares.share
    shares = occupation_shares(sectors.share, industry.jobs[:, at], source.staffing.share)
    held, by_jobs = share_of_cells(shares, occupation.jobs[:, at], p, routes.bands_in(year))
    needed, share = share_of_cells(shares, occupation.openings[:, at - 1], p, routes.opened_in(year))
    share = np.where(needed.any(axis=0), share, by_jobs)
    return share[:, :-1][:, :, bands], held[:, :-1][:, :, bands].sum(axis=1)


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
