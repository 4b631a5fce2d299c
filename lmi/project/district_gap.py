"""Openings against inflow by district, route and level.

Owns: how the area's inflow is shared by the districts in which people work, and the gap of districts with its class.
Never: another total than the area's: districts add to it in every draw. Method: METHODOLOGY sections 5 (S5) and 7 (G1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lmi.project.apprenticeships import full_year
from lmi.project.flows_in import Supply, levels_of
from lmi.project.gap import spread_over_routes, to_people
from lmi.project.gap_rows import Accounts
from lmi.project.grid import YearOfGrid, spread_with_noise
from lmi.project.inputs import Assumptions, Floats, Keys, ProjectionInputs, grid, rows_of, texts, with_anybody
from lmi.project.keys import BANDS, REBASED, TOTAL, Ledger
from lmi.project.mapped import LEVELS, Routes
from lmi.project.provision import count_classroom
from lmi.project.quality import ABSENT, Quality, Words, by_base
from lmi.project.rows import Block, Rows
from lmi.project.supply import central_rates, convert
from lmi.project.supply_commuting import move_to_workplace, read_commuting

BREAKDOWN, JOBS, GAP = "district_route", "jobs", "gap"
MEASURES = ("openings_people", "inflow", GAP)
SAMPLE, DRAWS = "district_share_sample", "district_gap_draws"
Put = Callable[[str, str, int, int, Floats], None]
Cells = dict[tuple[str, str], list]


@dataclass(frozen=True)
class Written:
    """Central figures and limits of districts by (measure, breakdown), and each district's series of shares of jobs."""

    central: Cells
    drawn: Cells
    share_keys: dict[str, int]


@dataclass(frozen=True)
class Matched:
    """The area's inflow by the district in which people work: shares (district, route, band) adding to one."""

    districts: tuple[str, ...]
    share: Floats
    keys: Keys


def absent_matched(inputs: ProjectionInputs, members: list[str], supply: Supply) -> str:
    """Return what is missing to share the inflow by district, or nothing."""
    lost, year = [], supply.classroom.year
    if set(supply.apprenticeships.places.codes) != set(members):
        lost.append("apprenticeship achievements by district")
    levels = [full_year(levels_of(inputs, m), [m], year) for m in members]
    every = set().union(*(texts(t, "qualification").tolist() for t in levels))
    if not all(set(texts(t, "qualification").tolist()) == every and not t["value"].null_count for t in levels):
        lost.append("learner achievements by level of every district")
    subjects = [full_year(inputs.fe_aim_achievements_by_subject, [m], year) for m in members]
    if not all(with_anybody(t).num_rows for t in subjects):
        lost.append("aim achievements by subject of every district")
    return ", ".join(lost)


def match_districts(
    inputs: ProjectionInputs, members: list[str], supply: Supply, routes: Routes, accounts: Accounts,
    declared: Assumptions, years: Keys, noise: Floats, rng: np.random.Generator,
) -> tuple[dict[str, object], DistrictGaps | None]:  # fmt: skip
    """Return what works out the gap of districts, or None, and what the report says of it."""
    lost = absent_matched(inputs, members, supply)
    if lost:
        return {"district_gaps_absent": lost}, None
    matched = read_matched(inputs, members, supply, declared)
    return {"district_gaps_absent": ""}, DistrictGaps(matched, routes, accounts, declared, years, noise, rng)


def read_matched(inputs: ProjectionInputs, members: list[str], supply: Supply, declared: Assumptions) -> Matched:
    """Return each district's share of the inflow by route and band. Ask `absent_matched` first.

    Each district's own provision is converted as the area's is, then moved to where residents work. A subject that is too
    small to print counts as none: that bends a district's share, never the area's inflow, which the shares divide. A route
    and band without anyone in any district is shared as all inflow is.
    """
    flows = np.stack([_inflow(inputs, member, supply, declared) for member in members])
    everywhere = flows.sum(axis=(1, 2))
    flat = flows.reshape(len(members), -1)
    nobody = flat.sum(axis=0) <= 0
    flat[:, nobody] = everywhere[:, None]
    moved = read_commuting(inputs, members)
    worked = move_to_workplace(flat, moved.flows, moved.inward)
    share = (worked / worked.sum(axis=0)).reshape(flows.shape)
    of_district = [_cells(inputs, member, supply.classroom.year) for member in members]
    return Matched(tuple(members), share, np.concatenate([moved.keys, *of_district]))


def _inflow(inputs: ProjectionInputs, member: str, supply: Supply, declared: Assumptions) -> Floats:
    """Return the central inflow of residents of one district by (route, band)."""
    year, places = supply.classroom.year, supply.apprenticeships.places
    taught = supply.in_classroom_year.places
    levels = grid(full_year(levels_of(inputs, member), [member], year), member, "qualification")
    subjects = grid(full_year(inputs.fe_aim_achievements_by_subject, [member], year), member, "subject")
    inside = taught.by_level[taught.codes.index(member)]
    classroom = count_classroom(levels, subjects, inside, year, declared)
    routes = places.by_route.shape[1]
    known = dict(zip(supply.classroom.subjects, supply.subject_routes, strict=True))
    none = np.eye(routes)[-1]
    to_route = np.array([known.get(s, none) for s in classroom.subjects])
    apprentices = replace(supply.apprenticeships, by_route=places.by_route[places.codes.index(member)])
    made = convert(apprentices, classroom, to_route, central_rates(declared, classroom.bands))
    return made.apprenticeships + made.classroom


def _cells(inputs: ProjectionInputs, member: str, year: int) -> Keys:
    tables = (levels_of(inputs, member), rows_of(inputs.fe_aim_achievements_by_subject, [member]))
    return np.concatenate([np.asarray(full_year(t, [member], year)["obs_key"], dtype=np.int64) for t in tables])


class DistrictGaps:
    """Works out the gap of each district while the grid of one year is held, in every so many of its draws."""

    def __init__(
        self, matched: Matched, routes: Routes, accounts: Accounts, declared: Assumptions, years: Keys, noise: Floats,
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self.matched, self.routes, self.accounts, self.years = matched, routes, accounts, years
        self.bands = [n for n, band in enumerate(BANDS) if declared.integer(ABSENT + band) <= 1]
        self.second = declared["second_job_share"]
        self.step = max(noise.shape[1] // declared.integer(DRAWS), 1)
        self.noise = noise[:, :: self.step]
        share = matched.share[:, :-1][:, :, self.bands]
        drawn = rng.gamma(np.maximum(share * declared[SAMPLE], np.finfo(float).tiny)[..., None],
                          size=(*share.shape, self.noise.shape[1])).astype(np.float32)  # fmt: skip
        self.share, self.drawn_share = share[..., None], drawn / drawn.sum(axis=0)

    @property
    def codes(self) -> list[str]:
        """Return the route of every cell."""
        return [r for r in self.routes.shares.routes[:-1] for _ in self.bands]

    @property
    def levels(self) -> list[str]:
        """Return the level of every cell."""
        return [BANDS[b] for _ in self.routes.shares.routes[:-1] for b in self.bands]

    def put(self, put: Put, step: YearOfGrid, district: int, central: bool) -> None:
        """Put openings, inflow and gap of one district and year, by (cell, draw), and jobs where figures are central."""
        found = np.flatnonzero(self.accounts.years == self.years[step.year])
        if not found.size:
            return
        at, year = int(found[0]), int(self.years[step.year])
        opened = self.routes.opened_in(year)[:, self.bands]
        share = self.routes.shares.share
        if central:
            need = spread_over_routes(step.openings[:, district], share, opened)[:-1]
            taught = self.accounts.measures["inflow"].p50[:-2, self.bands, at, None] * self.share[district]
            held = self.routes.bands_in(year)[:, self.bands]
            jobs = spread_over_routes(step.jobs.column(district), share, held)[:-1]
            put(JOBS, BREAKDOWN, district, step.year, jobs.reshape(-1, 1))
        else:
            some = np.ascontiguousarray(step.openings[:, district, :: self.step])
            need = spread_with_noise(some, share, opened, self.noise)[:-1]
            taught = self.accounts.taught[at][:-2, self.bands, :: self.step] * self.drawn_share[district]
        need = to_people(need, self.second)
        for measure, figures in zip(MEASURES, (need, taught, need - taught), strict=True):
            put(measure, BREAKDOWN, district, step.year, figures.reshape(-1, figures.shape[-1]))


def write_gaps(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, gaps: DistrictGaps, written: Written,
    judged: Quality, keys: dict[str, Keys], behind: Keys,
) -> None:  # fmt: skip
    """Add openings, inflow and gap of every district by route and level, with the worse of two classes.

    A district's claim rests on its own jobs, and what could undo the area's claim undoes the district's. `keys` are the
    area's series by (route, level), `behind` those that shares of the inflow rest on beside the districts' own provision.
    """
    codes, levels = gaps.codes, gaps.levels
    routes = len(gaps.routes.shares.routes) - 1
    cells = (np.arange(routes)[:, None] * len(LEVELS) + np.array(gaps.bands)[None, :]).ravel()
    area = Quality(judged.level[cells], judged.reason[cells])
    of_area = {m: keys[m][:routes][:, gaps.bands].ravel().tolist() for m in MEASURES[:2]}
    shares = ledger.add(
        REBASED, "inflow_shares", BREAKDOWN, TOTAL, TOTAL, "S5",
        "each district's provision converted as the area's, moved to where residents work, over all districts",
        [gaps.matched.keys, declared.keys(SAMPLE, DRAWS), behind],
    )  # fmt: skip
    for n, district in enumerate(gaps.matched.districts):
        jobs = written.central[JOBS, BREAKDOWN][n][..., 0]
        base = by_base(jobs, declared, words, "people", "; in the district")
        worse = Quality(
            np.maximum(base.level, area.level), np.where(area.level >= base.level, area.reason, base.reason)
        )
        made = {
            "openings_people": _record(ledger, "openings_people", codes, levels, district, "D3",
                                       "the area's openings in people, split by the district's shares of industries",
                                       of_area["openings_people"], written.share_keys[district]),
            "inflow": _record(ledger, "inflow", codes, levels, district, "S5",
                              "the area's inflow, shared by where people work", of_area["inflow"], shares),
        }  # fmt: skip
        made[GAP] = [
            ledger.add(REBASED, GAP, BREAKDOWN, code, level, "G1", "openings in people less inflow", [pair], district)
            for code, level, pair in zip(codes, levels, zip(*made.values(), strict=True), strict=True)
        ]
        for measure in MEASURES:
            low, high, *chance = written.drawn[measure, BREAKDOWN][n]
            rows.add(Block(
                REBASED, measure, BREAKDOWN, codes, levels, gaps.accounts.years, written.central[measure, BREAKDOWN][n][..., 0],
                jobs, worse if measure == GAP else base, made[measure], low, high, chance[0] if chance else None,
                area=district,
            ))  # fmt: skip


def _record(
    ledger: Ledger, measure: str, codes: list[str], levels: list[str], district: str, step: str, formula: str,
    above: list[int], share: int,
) -> list[int]:  # fmt: skip
    return [
        ledger.add(REBASED, measure, BREAKDOWN, code, level, step, formula, [[key, share]], district)
        for code, level, key in zip(codes, levels, above, strict=True)
    ]
