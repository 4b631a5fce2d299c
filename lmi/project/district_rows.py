"""Districts of the area: read their shares, split the area's draws, write the rows.

Owns: where district shares come from and their lineage, and the district part of the projections. Never: a
district's inflow (district_gap.py). Method: METHODOLOGY sections 4 (D3) and 5 (S5), docs/method.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from lmi.errors import CoverageError
from lmi.project.district_gap import BREAKDOWN, GAP, Cells, DistrictGaps, Written
from lmi.project.districts import DistrictShares, shrink_shares
from lmi.project.grid import Split, YearOfGrid, split_years
from lmi.project.inputs import (
    Assumptions,
    Floats,
    Keys,
    ProjectionInputs,
    members_of,
    place,
    rows_of,
    texts,
    whole,
    with_anybody,
)
from lmi.project.keys import TOTAL, Ledger
from lmi.project.mapped import Routes
from lmi.project.quality import Words, by_base
from lmi.project.replacement import weigh
from lmi.project.rows import Block, Rows
from lmi.project.side import Part, Side
from lmi.project.sides import Source
from lmi.project.supply_commuting import move_to_workplace, read_commuting
from lmi.project.uncertainty import limits, probability_above_zero

SHRINK, SAMPLE = "district_shrinkage_jobs", "district_share_sample"
#: Jobs of the occupations of a route: what the class of its openings rests on. No figure of its own is published.
_BASE = "base"
SAID = "; the district's share is that of residents in work in 2021, moved to where they worked"


@dataclass(frozen=True)
class Districts:
    """Shares of each industry by district, with the cells behind them."""

    shares: DistrictShares
    keys: Keys


def absent_districts(inputs: ProjectionInputs, area: str) -> str:
    """Return what is missing to split the area by district, or nothing."""
    members = members_of(inputs, area)
    if not members:
        return "the area's members"
    wanted = {
        "residents in work by industry section": with_anybody(inputs.census_workers_by_section),
        "commuters by workplace": inputs.commuters_by_workplace_by_workplace,
        "commuters by home": inputs.commuters_by_home_by_home,
        "home workers": inputs.home_workers_total,
    }
    lost = [
        name for name, table in wanted.items()
        if set(texts(rows_of(table, members), "area_code").tolist()) != set(members)
    ]  # fmt: skip
    return ", ".join(lost)


def read_districts(source: Source) -> Districts:
    """Return D3 from the census: residents in work by section, moved to their workplace, shrunk to all industries'.

    Home workers are at work where they live. Sections are made industries by the area's register jobs in divisions. Ask
    `absent_districts` first. Raises CoverageError for a district without any figure.
    """
    inputs, members = source.inputs, list(members_of(source.inputs, source.area))
    lived, moved = rows_of(inputs.census_workers_by_section, members), read_commuting(inputs, members)
    sections = sorted(set(texts(lived, "industry").tolist()))
    worked = move_to_workplace(place(lived, members, "industry", sections), moved.flows, moved.inward)
    weight = _section_weights(source, sections)
    of_section = worked / worked.sum(axis=0)
    observed = weight @ of_section.T  # (industry, district)
    jobs = observed * source.level.jobs[:, None]
    prior = np.tile(worked.sum(axis=1) / worked.sum(), (len(jobs), 1))
    shares = shrink_shares(members, jobs[:, :, None], prior, source.declared[SHRINK])
    keys = np.concatenate([whole(lived, "obs_key"), moved.keys])
    return Districts(shares, np.concatenate([keys, source.staffing.keys, source.declared.keys(SHRINK, SAMPLE)]))


def _section_weights(source: Source, sections: list[str]) -> Floats:
    """Return how much of each industry's register jobs lies in each section (industry, section), rows adding to one."""
    register, codes = source.register, source.inputs.codes
    rows = codes.filter(pc.and_(pc.equal(codes["scheme"], "sic2007"), pc.equal(codes["level"], "division")))
    parent = dict(zip(texts(rows, "code").tolist(), rows["parent"].to_pylist(), strict=True))
    onehot = np.array([[float(parent.get(d) == s) for s in sections] for d in register.divisions])
    jobs = np.maximum(np.nan_to_num(register.division_jobs[:, -1]), 1e-3)
    made = register.member.T @ (jobs[:, None] * onehot)
    total = made.sum(axis=1, keepdims=True)
    if total.sum() <= 0:
        raise CoverageError(
            "no division of the register lies in a section of the census.", source="codes", place=source.area,
            expected="sections as parents of divisions (sic2007)", do="land the look-up of industries.",
        )  # fmt: skip
    mean = made.sum(axis=0) / made.sum()  # an industry in no printed section is spread like all together
    return np.divide(made, total, out=np.tile(mean, (len(made), 1)), where=total > 0)


def write_districts(
    rng: np.random.Generator, rows: Rows, words: Words, declared: Assumptions, source: Source, side: Side, routes: Routes,
    noise: Floats, districts: Districts, gaps: DistrictGaps | None = None,
) -> Written:  # fmt: skip
    """Add jobs and openings of every district: by industry (jobs), major occupation, route (openings) and in all.

    Districts add to the area in every draw, and in the central figures. Returns what `gaps` worked out on the way, to be
    written by `district_gap.write_gaps`.
    """
    industry, occupation = side.parts["industry22"], side.parts["occupation_submajor"]
    assert industry.drawn is not None and occupation.drawn is not None
    draws = industry.drawn.jobs.shape[2]
    shares = districts.shares.share
    drawn_shares = _draw_shares(rng, shares, declared[SAMPLE], draws)
    staffing = source.staffing.share
    bands = np.ones((len(routes.shares.share), 1, len(side.years)))
    central = _collect(
        industry.central.jobs[:, :, None], occupation.central.jobs[:, :, None],
        source.rates["occupation_submajor"].rates[:, None],
        Split(shares[:, :, None], staffing, routes.shares.share, bands, np.ones((routes.shares.share.shape[1], 1))), source,
        gaps=gaps,
    )  # fmt: skip
    rates = _drawn_rates(occupation)
    drawn = _collect(
        industry.drawn.jobs, occupation.drawn.jobs, rates,
        Split(drawn_shares, staffing, routes.shares.share, bands, noise), source, central, gaps,
    )  # fmt: skip
    behind_shares = source.ledger.add(
        side.scenario, "district_shares", "industry22", TOTAL, TOTAL, "D3",
        "residents in work by section, moved to their workplace, over the area, shrunk to all industries", [districts.keys],
    )  # fmt: skip
    share_keys: dict[str, int] = {}
    for n, district in enumerate(districts.shares.districts):
        keys, share_keys[district] = _record(source.ledger, side, routes, district, behind_shares)
        for (measure, breakdown), found in central.items():
            if breakdown == BREAKDOWN or measure == _BASE:
                continue
            codes = keys[measure, breakdown][0]
            middle, (low, high) = found[n][..., 0], drawn[measure, breakdown][n]
            base = central[_BASE if breakdown == "route" else "jobs", breakdown][n][..., 0]
            behind = base[:, -middle.shape[1] :]  # the jobs of the cell itself
            rows.add(Block(
                side.scenario, measure, breakdown, codes, [TOTAL] * len(codes), side.years[-middle.shape[1] :], middle,
                behind, by_base(behind, declared, words, "people", SAID), keys[measure, breakdown][1], low, high,
                area=district,
            ))  # fmt: skip
    return Written(central, drawn, share_keys)


def _collect(
    industries: Floats, occupations: Floats, rates: Floats, split: Split, source: Source, central: Cells | None = None,
    gaps: DistrictGaps | None = None,
) -> Cells:  # fmt: skip
    """Return figures by (measure, breakdown) and district: (code, year, draw), or limits about `central` where given."""
    count, years = split.districts.shape[1], industries.shape[1]
    made: Cells = {}
    with ThreadPoolExecutor(1) as beside:  # draws are put in order while the next ones are split

        def put(measure: str, breakdown: str, district: int, year: int, values: Floats) -> None:
            cells = made.setdefault((measure, breakdown), [[] for _ in range(count)])
            if central is None:
                cells[district].append(values)
                return
            offset = years - central[measure, breakdown][district].shape[1]
            middle = central[measure, breakdown][district][:, year - offset, 0]
            cells[district].append(beside.submit(_with_chance if measure == GAP else limits, values, middle))

        for year in range(years):
            whole_year = np.broadcast_to(split.districts, (*split.districts.shape[:2], industries.shape[2]))
            for d in range(count):
                jobs = whole_year[:, d] * industries[:, year]
                put("jobs", "industry22", d, year, jobs)
                put("jobs", "total", d, year, jobs.sum(axis=0, keepdims=True))
        for step in split_years(industries, occupations, rates, split):
            _put_year(put, step, count, source, with_bases=central is None)
            for d in range(count if gaps else 0):
                gaps.put(put, step, d, central is None)  # type: ignore[union-attr]
    if central is None:
        return {k: [np.stack(parts, axis=1) for parts in cells] for k, cells in made.items()}
    return {
        k: [tuple(np.stack(ends, axis=1) for ends in zip(*(p.result() for p in parts), strict=True)) for parts in cells]
        for k, cells in made.items()
    }


def _with_chance(draws: Floats, centre: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the limits and the probability of more than nothing."""
    return (*limits(draws, centre), probability_above_zero(draws))


def _put_year(put, step: YearOfGrid, count: int, source: Source, *, with_bases: bool) -> None:  # type: ignore[no-untyped-def]
    for d in range(count):
        opened = step.openings[:, d]
        if with_bases:
            put(_BASE, "route", d, step.year, step.routes(step.jobs.column(d))[:, 0])
        put("jobs", "occupation_major", d, step.year, weigh(source.to_major, step.jobs.column(d)))
        put("openings", "occupation_major", d, step.year, weigh(source.to_major, opened))
        put("openings", "total", d, step.year, opened.sum(axis=0, keepdims=True))
        put("openings", "route", d, step.year, step.routes(opened)[:, 0])


def _drawn_rates(occupation: Part) -> Floats:
    """Return the drawn rates (code, draw) that the occupation's replacement was made with."""
    assert occupation.drawn is not None
    jobs, lost = occupation.drawn.jobs, occupation.drawn.replacement
    stock = (jobs[:, 0] + jobs[:, 1]) / 2
    made: Floats = np.divide(lost[:, 0], stock, out=np.zeros_like(stock), where=stock > 0)
    return made


def _draw_shares(rng: np.random.Generator, shares: Floats, sample: float, draws: int) -> Floats:
    """Return shares (industry, district, draw) as a count of `sample` jobs in each industry would find them (Dirichlet)."""
    made = rng.gamma(np.maximum(shares * sample, np.finfo(float).tiny)[:, :, None], size=(*shares.shape, draws))
    drawn: Floats = (made / made.sum(axis=1, keepdims=True)).astype(np.float32)
    return drawn


def _record(
    ledger: Ledger, side: Side, routes: Routes, district: str, shares: int
) -> tuple[dict[tuple[str, str], tuple[tuple[str, ...], list[int]]], int]:
    """Record the series of one district and return codes and keys by measure and breakdown, and its shares."""
    share = ledger.add(side.scenario, "district_share", "industry22", TOTAL, TOTAL, "D3", "the district's share of each industry",
                       [[shares]], area=district)  # fmt: skip
    made: dict[tuple[str, str], tuple[tuple[str, ...], list[int]]] = {}
    for measure, breakdown in (
        ("jobs", "industry22"), ("jobs", "total"), ("jobs", "occupation_major"), ("openings", "occupation_major"),
        ("openings", "total"), ("openings", "route"),
    ):  # fmt: skip
        part = side.parts[breakdown]
        formula = "the area's figure, split by the districts' shares of industries so that districts add to it"
        keys = [
            ledger.add(
                side.scenario, measure, breakdown, code, TOTAL, "D3", formula, [[part.keys[measure][n]], [share]], district
            )
            for n, code in enumerate(part.codes)
        ]  # fmt: skip
        made[measure, breakdown] = part.codes, keys
    return made, share
