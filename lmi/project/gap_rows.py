"""Sets openings against inflow for every route, level band and year, and writes the rows.

Owns: the loop over years (so that draws of one year only are held), gap series, and the class of every gap.
Never: a verdict: it follows from probability and class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.project.change import Change
from lmi.project.flows_in import Supply, draw_inflow
from lmi.project.gap import add_totals, allow_for_absent, measure_gap, to_people
from lmi.project.grid import spread_with_noise
from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import REBASED, TOTAL, Ledger
from lmi.project.mapped import LEVELS, Banded, Routes
from lmi.project.provision_change import Addition, add_provision
from lmi.project.quality import ALLOWANCE, Chances, Quality, Words, by_base, of_gap
from lmi.project.rows import Block, Rows
from lmi.project.side import Side
from lmi.project.supply import Inflow, Rates, central_rates, convert
from lmi.project.uncertainty import limits, probability_above_zero

APPRENTICES, CLASSROOM = "inflow_apprenticeships", "inflow_classroom"
STAFFING = "staffing_effective_sample"
COMPARED = ("openings_people", "inflow", "gap")  # measures whose draws are kept when scenarios are compared
JUDGED = ("gap", "gap_wide", "gap_strict", "cover")


@dataclass(frozen=True)
class Numbers:
    """Central figure, limits and probability, each (route + 1, band + 1, year)."""

    p50: Floats
    p10: Floats
    p90: Floats
    probability: Floats | None = None


@dataclass(frozen=True)
class Accounts:
    """Every measure of the gap, by name, over `years`."""

    years: NDArray[np.int64]
    measures: dict[str, Numbers]
    jobs: Floats
    need: list[Floats]  # of each year, (route + 1, band + 1, draw): openings in people
    taught: list[Floats]  # of each year, as above: inflow
    wide: list[Floats]  # of each year, as above: openings if jobs without a route followed those of their group
    drawn: dict[str, Floats]  # (route + 1, band + 1, year, draw), only where a change asks to keep draws


def balance(
    rng: np.random.Generator, side: Side, routes: Routes, banded: Banded, supply: Supply, declared: Assumptions,
    factors: Floats, wide_factors: Floats, change: Change,
) -> Accounts:  # fmt: skip
    """Return openings in people, inflow, gap and cover for each year from the first with provision."""
    years = banded.years[banded.years >= supply.first_year]
    drawn_in, rates, on_a, on_c = draw_inflow(rng, supply, declared, years)
    extra = Extra(
        supply, rates, declared,
        add_provision(change.provision, supply.apprenticeships, supply.classroom, supply.subjects, years, declared),
    )  # fmt: skip
    kept: dict[str, list[Floats]] = {}
    needed, supplied, widely = [], [], []
    drawn = side.parts["occupation_submajor"].drawn
    assert drawn is not None
    second, new = declared["second_job_share"], declared["inflow_new_to_job_share"]
    allowance = allowances(declared)
    found: dict[str, list[Numbers]] = {}
    for n, year in enumerate(years.tolist()):
        at = int(np.searchsorted(banded.years, year))
        bands, openings = routes.opened_in(year), drawn.openings[:, at]
        need = to_people(add_totals(spread_with_noise(openings, routes.shares.share, bands, factors)), second)
        wide = to_people(add_totals(spread_with_noise(openings, routes.shares.wide, bands, wide_factors)), second)
        now, some = extra.in_year(n, supply.central, drawn_in)
        central = {APPRENTICES: add_totals(now.apprenticeships), CLASSROOM: add_totals(now.classroom)}
        inflow = central[APPRENTICES] + central[CLASSROOM]
        counted_and_allowed = inflow + allow_for_absent(inflow, allowance)
        taught = add_totals(some.apprenticeships * on_a[n] + some.classroom * on_c[n])
        needed.append(need)
        supplied.append(taught)
        widely.append(wide)
        open_people = to_people(banded.openings[..., at], second)
        open_wide = to_people(banded.wide[..., at], second)
        for name, centre, draws in (
            ("openings_people", open_people, need),
            ("openings_people_wide", open_wide, wide),
            ("inflow", inflow, taught),
            (APPRENTICES, central[APPRENTICES], add_totals(some.apprenticeships * on_a[n])),
            (CLASSROOM, central[CLASSROOM], add_totals(some.classroom * on_c[n])),
            ("gap", measure_gap(open_people, inflow)[0], need - taught),
            ("gap_strict", open_people - counted_and_allowed, need - taught - allow_for_absent(taught, allowance)),
            ("gap_wide", open_wide - new * inflow, wide - new * taught),
            ("cover", measure_gap(open_people, inflow)[1], measure_gap(need, taught)[1]),
        ):
            low, high = limits(draws, centre)
            chance = probability_above_zero(draws) if name.startswith("gap") else None
            found.setdefault(name, []).append(Numbers(centre, low, high, chance))
            if change.keep_draws and name in COMPARED:
                kept.setdefault(name, []).append(draws)
    jobs = banded.jobs[..., np.isin(banded.years, years)]
    drawn_by = {name: np.stack(parts, axis=2) for name, parts in kept.items()}
    return Accounts(
        years, {name: _stack(parts) for name, parts in found.items()}, jobs, needed, supplied, widely, drawn_by
    )  # fmt: skip


def allowances(declared: Assumptions) -> Floats:
    """Return the allowance for absent streams by level, none for all levels together."""
    return np.array([*(declared[ALLOWANCE + band] for band in LEVELS[:-1]), 0.0])


@dataclass(frozen=True)
class Extra:
    """The inflow that a scenario adds, converted at the same rates as the rest."""

    supply: Supply
    rates: Rates
    declared: Assumptions
    additions: tuple[Addition, ...]

    def in_year(self, year: int, central: Inflow, drawn: Inflow) -> tuple[Inflow, Inflow]:
        """Return central and drawn inflow of the year at that position, as they are where nothing is added."""
        for addition in self.additions:
            if addition.when[year]:
                central = _plus(central, self._convert(addition, self._central_rates()))
                drawn = _plus(drawn, self._convert(addition, self.rates))
        return central, drawn

    def _central_rates(self) -> Rates:
        return central_rates(self.declared, self.supply.classroom.bands)

    def _convert(self, addition: Addition, rates: Rates) -> Inflow:
        return convert(addition.apprenticeships, addition.classroom, self.supply.subject_routes, rates)


def _plus(one: Inflow, other: Inflow) -> Inflow:
    return Inflow(one.apprenticeships + other.apprenticeships, one.classroom + other.classroom)


def _stack(parts: list[Numbers]) -> Numbers:
    def over_years(name: str) -> Floats:
        return np.stack([getattr(p, name) for p in parts], axis=2)

    chance = over_years("probability") if parts[0].probability is not None else None
    return Numbers(over_years("p50"), over_years("p10"), over_years("p90"), chance)


def record_gap(
    ledger: Ledger, routes: Routes, banded: Banded, supply: Supply, declared: Assumptions
) -> dict[str, Keys]:
    """Record the series of the gap by (route, band) and return all keys by measure."""
    people, noise = declared.keys("second_job_share"), declared.keys(STAFFING)
    openings, made = banded.keys["openings"], dict(supply.keys)
    for measure in ("openings_people", "openings_people_wide", "gap", "gap_wide", "gap_strict", "cover"):
        made[measure] = np.zeros_like(openings)
    for r, route in enumerate(routes.codes):
        for b, band in enumerate(LEVELS):

            def add(measure: str, step: str, formula: str, *used: Keys | int) -> int:
                return ledger.add(REBASED, measure, "route", route, band, step, formula, used)  # noqa: B023

            need = add("openings_people", "5.1", "openings over one plus the share of second jobs",
                       openings[r, b], people, noise)  # fmt: skip
            wide = add("openings_people_wide", "5.1", "the same if unit groups without a route followed the mapped "
                       "ones of their occupation", openings[-1, b], np.array(routes.keys), people, noise)  # fmt: skip
            flow = supply.keys["inflow"][r, b]
            made["openings_people"][r, b], made["openings_people_wide"][r, b] = need, wide
            made["gap"][r, b] = add("gap", "G1", "openings in people less inflow", need, flow)
            made["gap_wide"][r, b] = add(
                "gap_wide", "G1", "wide openings in people less the part of the inflow that is new to its job", wide,
                flow, declared.keys("inflow_new_to_job_share"),
            )  # fmt: skip
            allowed = [ALLOWANCE + one for one in LEVELS[:-1] if band in (one, TOTAL)]
            made["gap_strict"][r, b] = add(
                "gap_strict", "G1", "openings in people less inflow and an allowance for streams not in the data", need,
                flow, supply.keys["inflow"][-1, b], declared.keys(*allowed),
            )  # fmt: skip
            made["cover"][r, b] = add("cover", "G1", "inflow over openings in people", need, flow)
    return made


def write_gap(
    rows: Rows, words: Words, declared: Assumptions, routes: Routes, accounts: Accounts, keys: dict[str, Keys],
    learners: Floats, suffix: str,
) -> Quality:  # fmt: skip
    """Add every measure of the accounts to the rows; return the class of every gap, (route and level, year)."""
    codes = [r for r in routes.codes for _ in LEVELS]
    levels = [b for _ in routes.codes for b in LEVELS]
    jobs = _flat(accounts.jobs)
    by_jobs = by_base(jobs, declared, words, "people", suffix)
    behind = np.broadcast_to(learners.reshape(-1, 1), jobs.shape)
    by_learners = by_base(behind, declared, words, "learners", missing_streams())
    narrow, wide = (_flat(accounts.measures[m].p50) for m in ("openings_people", "openings_people_wide"))
    mapped = np.divide(narrow, wide, out=np.zeros_like(wide), where=wide > 0)
    cover = _flat(accounts.measures["cover"].p50)
    narrow, wide, strict = (_chance(accounts, name) for name in ("gap", "gap_wide", "gap_strict"))
    chances = Chances(narrow, wide, strict, mapped, cover)
    judged = of_gap(by_jobs, codes, levels, chances, declared, words)
    for name, numbers in accounts.measures.items():
        inflow = name.startswith("inflow")
        quality = by_learners if inflow else judged if name in JUDGED else by_jobs
        base = behind if inflow else jobs
        p50 = _flat(numbers.p50)
        keep = np.asarray(np.isfinite(p50).all(axis=1))
        chance = None if numbers.probability is None else _flat(numbers.probability)[keep]
        rows.add(
            Block(
                REBASED, name, "route", [c for c, k in zip(codes, keep.tolist(), strict=True) if k],
                [b for b, k in zip(levels, keep.tolist(), strict=True) if k], accounts.years, p50[keep], base[keep],
                Quality(quality.level[keep], quality.reason[keep]), keys[name].ravel()[keep].tolist(),
                _flat(numbers.p10)[keep], _flat(numbers.p90)[keep], chance,
            )
        )  # fmt: skip
    return judged


def _chance(accounts: Accounts, name: str) -> Floats:
    found = accounts.measures[name].probability
    assert found is not None
    return _flat(found)


def missing_streams() -> str:
    """Return what the inflow leaves out, in words."""
    return "; adult further education and apprenticeships only: no schools, 16 to 19 study programmes or universities"


def _flat(figures: Floats) -> Floats:
    return figures.reshape(-1, figures.shape[-1])
