"""The projection of one area, from inputs to tables.

Owns: the order of the steps and the report. Never: opens a file or a database, reads the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi import tables
from lmi.project.backtest import Backtest, summarise_wmape, tabulate
from lmi.project.change import BASELINE, Change
from lmi.project.conditions import read_conditions, write_conditions
from lmi.project.district_gap import match_districts, write_gaps
from lmi.project.district_rows import absent_districts, read_districts, write_districts
from lmi.project.flows_in import Supply, absent_provision, read_supply
from lmi.project.gap import add_totals
from lmi.project.gap_rows import Accounts, balance, record_gap, write_gap
from lmi.project.guard import check_figures
from lmi.project.inputs import Assumptions, Floats, Grid, Keys, ProjectionInputs, grid, mapping, texts
from lmi.project.keys import OFFICIAL, TOTAL, Ledger
from lmi.project.mapped import (
    LEVELS,
    Banded,
    Routes,
    map_routes,
    record_sectors,
    route_factors,
    route_part,
    spread_levels,
    write_levels,
    write_overrides,
)  # fmt: skip
from lmi.project.people import WORKING, People, working
from lmi.project.quality import Quality, Words, by_base, verdict_rule
from lmi.project.rebased import Spread
from lmi.project.routes import list_routes
from lmi.project.rows import Block, Rows
from lmi.project.sector_gap import measure_sectors, write_sector_gaps
from lmi.project.sectors import SectorShares, share_sectors
from lmi.project.sensitivity import Model, measure_sensitivity
from lmi.project.side import Side, write_part
from lmi.project.sides import Source, build_official, build_rebased, gather, read_mix, run_backtests, sector_rows
from lmi.project.supply import Rates, convert
from lmi.project.supply_side import Desk, add_available, add_people
from lmi.project.uncertainty import METHOD

DISTRICTS, PEOPLE, AVAILABLE, MATCHED, SECTORS = 1, 2, 3, 4, 5  # parts with a generator of their own
ROUTE_MAPPINGS = ("soc2020_unit_to_route", "standard_to_route", "ssa1_to_route", "ssa2_to_route")


@dataclass(frozen=True)
class Drawn:
    """Draws of one measure and breakdown: `central` (cell, year) and `draws` (cell, year, draw)."""

    codes: tuple[str, ...]
    levels: tuple[str, ...]
    years: NDArray[np.int64]
    central: Floats
    draws: Floats


@dataclass(frozen=True)
class ProjectionResult:
    """What a projection hands on; all tables but the back-test keep their contracts in lmi/tables.py."""

    projections: pa.Table
    series: pa.Table
    derivations: pa.Table
    backtest: pa.Table
    sensitivity: pa.Table
    report: dict[str, object]
    drawn: Mapping[tuple[str, str], Drawn] = field(default_factory=dict)  # by measure and breakdown, when asked for


def project(
    inputs: ProjectionInputs, area: str, comparator: str, seed: int, change: Change = BASELINE
) -> ProjectionResult:
    """Return the projection of skills demand and supply for `area`, the same bytes for the same arguments.

    `comparator` is the code of the wider area whose official path is combined with the area's own, and whose
    replacement rates are used where the area has none. `change` is what a scenario does to the scenario `rebased`; its
    draws are paired with the baseline's of the same seed. Without provision over a whole academic year there is demand
    but no inflow and no gap, and the report says what is absent. Raises CoverageError where demand cannot be made and
    ContractError for a figure that cannot be, such as one below zero.
    """
    declared = Assumptions(inputs.assumptions)
    declared = declared.changed(change.assumptions) if change.assumptions else declared
    ledger, words = Ledger(area), Words()
    rng = np.random.default_rng(seed)
    check_figures(inputs)
    source = gather(inputs, area, comparator, declared, ledger)
    rows = Rows(area, source.level.year, words)
    desk = Desk(area, rows, words, ledger, declared)
    mix, tests = read_mix(source), run_backtests(source)
    sectors = share_sectors(
        sector_rows(source), source.register, grid(inputs.bres_employment_by_subclass, area, "industry")
    )
    rebased, spreads, _ = build_rebased(source, mix, tests, rng, change, sectors)
    official = build_official(source)
    routes = map_routes(source, mix, list_routes(*(mapping(inputs, name) for name in ROUTE_MAPPINGS)), change)
    factors = route_factors(rng, rebased, routes, declared)
    suffix = _starting_point(source, declared)
    banded = _write_demand(desk, source, official, rebased, routes, sectors, factors, suffix)
    demand = Demand(source, sectors, rebased, routes, banded, factors, suffix)
    report = _report(source, declared, tests, spreads, sectors, routes, rebased)
    drawn = _kept(rebased) if change.keep_draws else {}
    moved = tables.SENSITIVITY.arrow_schema().empty_table()
    absent, split_by = absent_provision(inputs, area), absent_districts(inputs, area)
    made = None
    if not absent:
        made = _balance(desk, demand, rng, change)
        drawn |= _kept_accounts(made.accounts, routes)
        report |= _report_supply(made.supply) | _beside_gap(desk, demand, made, comparator, seed, not split_by)
        model = Model(source, routes, made.supply, rebased.years, made.accounts.years)
        moved = measure_sensitivity(model, rebased, declared, spreads["industry22"].key, made.keys)
    if not split_by:
        report |= _districts(desk, demand, made, seed)
    told, people = add_people(
        desk, inputs, rebased, rng_of(seed, PEOPLE), made.supply if made else None, not split_by
    )  # fmt: skip
    report |= told
    drawn |= _kept_people(people) if people and change.keep_draws else {}
    report["provision_absent"], report["districts_absent"] = absent, split_by
    return ProjectionResult(
        rows.table(),
        ledger.series(),
        ledger.derivations(),
        tabulate(tuple(t for t, _ in tests.values())),
        moved,
        report,
        drawn,
    )


@dataclass(frozen=True)
class Demand:
    """The default scenario's demand and what maps it to sectors, routes and levels."""

    source: Source
    sectors: SectorShares
    rebased: Side
    routes: Routes
    banded: Banded
    factors: Floats  # noise of the staffing pattern (route, draw)
    suffix: str  # what every reason says of the starting point


def _write_demand(
    desk: Desk, source: Source, official: Side, rebased: Side, routes: Routes, sectors: SectorShares, factors: Floats,
    suffix: str,
) -> Banded:  # fmt: skip
    """Write both scenarios' demand, overrides and the history before them; return the default's by route and level."""
    rows, words, declared, ledger = desk.rows, desk.words, desk.declared, desk.ledger
    for side, noise in ((official, None), (rebased, factors)):
        said = "; the publisher says that no interval can be assigned" if side is official else suffix
        side.parts["sector"] = record_sectors(ledger, side.scenario, sectors, side.parts["industry22"])
        side.parts["route"] = route_part(ledger, side, routes, noise)
        banded = spread_levels(ledger, side, routes)
        for part in side.parts.values():
            write_part(rows, words, declared, side, part, said)
        write_levels(rows, words, declared, side, routes, banded, said, noise)
    write_overrides(rows, words, source, rebased, declared)
    _write_history(rows, words, declared, source, official)
    return banded


@dataclass(frozen=True)
class Balanced:
    """Supply, the accounts of the area, their series by measure and the class of every gap."""

    supply: Supply
    accounts: Accounts
    keys: dict[str, Keys]
    judged: Quality


def _balance(desk: Desk, of: Demand, rng: np.random.Generator, change: Change) -> Balanced:
    """Set openings against the inflow, write the gap and return what it was made from."""
    declared, ledger = desk.declared, desk.ledger
    supply = read_supply(of.source.inputs, desk.area, of.routes.shares.routes, declared, ledger)
    wide_factors = route_factors(rng, of.rebased, of.routes, declared, wide=True)
    accounts = balance(rng, of.rebased, of.routes, of.banded, supply, declared, of.factors, wide_factors, change)
    keys = record_gap(ledger, of.routes, of.banded, supply, declared)
    judged = write_gap(desk.rows, desk.words, declared, of.routes, accounts, keys, _learners(supply), of.suffix)
    return Balanced(supply, accounts, keys, judged)


def _beside_gap(
    desk: Desk, of: Demand, made: Balanced, comparator: str, seed: int, journeys: bool
) -> dict[str, object]:
    """Write who is available, prospects, the gap of sectors and recent conditions; return what the report says."""
    told = add_available(
        desk, of.source.inputs, rng_of(seed, AVAILABLE), made.accounts, of.routes, made.keys, made.judged,
        _learners(made.supply), journeys,
    )  # fmt: skip
    if of.sectors.sectors:
        rng = rng_of(seed, SECTORS)
        seen = measure_sectors(rng, of.source, of.rebased, of.routes, of.sectors, made.accounts, desk.declared)
        write_sector_gaps(
            desk.rows, desk.words, desk.declared, desk.ledger, of.source, of.rebased, seen, made.keys,
            made.accounts.years, of.suffix,
        )  # fmt: skip
    signals = read_conditions(of.source, of.routes, comparator)
    write_conditions(desk.rows, desk.words, desk.declared, desk.ledger, of.source, of.routes, signals)
    return told | {"recent_conditions": [s.measure for s in signals]}


def _districts(desk: Desk, of: Demand, made: Balanced | None, seed: int) -> dict[str, object]:
    """Write the districts' demand and, where the inflow can be shared, their gaps; return what the report says."""
    shares, gaps = read_districts(of.source), None
    told: dict[str, object] = {"district_gaps_absent": "the inflow of the area"}
    if made is not None:
        told, gaps = match_districts(
            of.source.inputs, list(shares.shares.districts), made.supply, of.routes, made.accounts, desk.declared,
            of.rebased.years, of.factors, rng_of(seed, MATCHED),
        )  # fmt: skip
    written = write_districts(
        rng_of(seed, DISTRICTS), desk.rows, desk.words, desk.declared, of.source, of.rebased, of.routes, of.factors,
        shares, gaps,
    )  # fmt: skip
    if made is not None and gaps is not None:
        behind = made.supply.keys["inflow"][-1, -1:]
        write_gaps(desk.rows, desk.words, desk.declared, desk.ledger, gaps, written, made.judged, made.keys, behind)
    return told


def _kept(side: Side) -> dict[tuple[str, str], Drawn]:
    """Return the draws of jobs and openings by industry and occupation."""
    made = {}
    for breakdown in ("total", "industry22", "occupation_submajor"):
        part = side.parts[breakdown]
        assert part.drawn is not None
        for measure, first, central, draws in (
            ("jobs", 0, part.central.jobs, part.drawn.jobs),
            ("openings", 1, part.central.openings, part.drawn.openings),
        ):
            levels = (TOTAL,) * len(part.codes)
            made[measure, breakdown] = Drawn(part.codes, levels, side.years[first:], central, draws)
    return made


def _kept_accounts(accounts: Accounts, routes: Routes) -> dict[tuple[str, str], Drawn]:
    codes = tuple(r for r in routes.codes for _ in LEVELS)
    levels = tuple(b for _ in routes.codes for b in LEVELS)
    made = {}
    for measure, draws in accounts.drawn.items():
        central = accounts.measures[measure].p50
        shape = (len(codes), len(accounts.years))
        made[measure, "route"] = Drawn(
            codes, levels, accounts.years, central.reshape(shape), draws.reshape(*shape, draws.shape[-1])
        )
    return made


def _kept_people(people: People) -> dict[tuple[str, str], Drawn]:
    """Return the draws of the area's labour force of working age."""
    central = working(people.active)
    draws = (central[:, :, None] * people.active_noise).sum(axis=0, keepdims=True)
    return {("labour_force", "age"): Drawn((WORKING,), (TOTAL,), people.years, central.sum(axis=0)[None], draws)}


def rng_of(seed: int, part: int) -> np.random.Generator:
    """Return a generator of its own for a part, so that the area's other draws do not hang on whether there is one."""
    return np.random.default_rng([seed, part])


def _starting_point(source: Source, declared: Assumptions) -> str:
    first, last = declared.integer("pandemic_first_year"), declared.integer("pandemic_last_year")
    if first <= source.level.year <= last:
        return f"; the latest register year, {source.level.year}, is a pandemic year"
    return ""


def _learners(supply: Supply) -> Floats:
    """Return learners and apprentices who achieved, before any conversion, by (route + 1, band + 1)."""
    one = np.asarray(1.0)
    everyone = Rates((one,) * len(supply.classroom.bands), one, one, one, one)
    counted = convert(supply.apprenticeships, supply.classroom, supply.subject_routes, everyone)
    return add_totals(counted.apprenticeships + counted.classroom)


def _write_history(rows: Rows, words: Words, declared: Assumptions, source: Source, official: Side) -> None:
    """Add the official paths before the span, and the changes up to its first year."""
    for breakdown, path in source.paths.grids.items():
        before = path.years <= source.span[0]
        if before.sum() < 2:
            continue
        values, years = path.values[:, before], path.years[before]
        keys = source.paths.keys[breakdown]
        for measure, figures, when, series in (
            ("jobs", values[:, :-1], years[:-1], keys),
            ("net_change", np.diff(values, axis=1), years[1:], official.parts[breakdown].keys["net_change"]),
        ):
            base = values[:, :-1] if measure == "jobs" else values[:, 1:]
            quality = by_base(base, declared, words, "people", "; modelled back by the publisher")
            rows.add(Block(OFFICIAL, measure, breakdown, path.codes, [TOTAL] * len(path.codes), when, figures, base,
                           quality, series))  # fmt: skip


def _without_figures(source: Source) -> list[str]:
    """Return divisions that have no figure in the latest register year; they count as no jobs."""
    latest = source.register.division_jobs[:, -1]
    return [code for code, jobs in zip(source.register.divisions, latest.tolist(), strict=True) if np.isnan(jobs)]


def _report_supply(supply: Supply) -> dict[str, object]:
    return {
        "provision_years": {"classroom": supply.classroom.year, "apprenticeships": supply.apprenticeships.year},
        "learners_per_aim": supply.classroom.learners_per_aim,
        "subject_by_level_margin_error": supply.classroom.margin_error,
        "apprenticeships_without_a_known_standard": supply.apprenticeships.standards_unmatched,
        "apprenticeships_at_providers_without_a_mix": supply.apprenticeships.without_mix,
        "apprenticeship_cells_missing": supply.apprenticeships.missing_cells,
    }


def _report(
    source: Source, declared: Assumptions, tests: dict[str, tuple[Backtest, tuple[Grid, Grid]]],
    spreads: dict[str, Spread], sectors: SectorShares, routes: Routes, rebased: Side,
) -> dict[str, object]:  # fmt: skip
    level, total = source.level, rebased.parts["total"].central
    official = source.paths.grids["total"].take([TOTAL], [level.year]).values[0, 0]
    unmapped = float(rebased.parts["route"].central.openings[-1].sum() / total.openings.sum())
    return {
        "origin": level.year,
        "staffing_fitted_to_the_area": source.staffing.fitted,
        "staffing_fit": source.staffing.report,
        "overrides": texts(source.inputs.overrides, "override_id").tolist(),
        "rule_behind_intervals": METHOD,
        "lift_by_industry": {c: float(k) for c, k in zip(source.register.industries, level.lift, strict=True)},
        "level_over_official": float(total.jobs[0, 0] / official),
        "replacement_rates_measured_in": {b: r.measured_in for b, r in source.rates.items()},
        "coverage": {
            b: {"nominal": declared["interval_share"], "achieved": s.widths.coverage, "forecasts": s.widths.checked}
            for b, s in spreads.items()
        },
        "half_widths_at_longest_horizon": {b: s.widths.top.tolist() for b, s in spreads.items()},
        "longest_horizon": {b: s.widths.longest for b, s in spreads.items()},
        "share_of_error_variance_that_grows": {b: s.widths.grown for b, s in spreads.items()},
        "wmape": {b: summarise_wmape(t) for b, (t, _) in tests.items()},
        "register_divisions_without_a_figure": _without_figures(source),
        "sector_codes_without_figures": list(sectors.unresolved),
        "openings_not_assigned_to_a_route": unmapped,
        "routes": list(routes.shares.routes),
        "verdict": verdict_rule(declared),
        "openings_by_breakdown": (
            "each breakdown floors its own cells, so openings by industry or qualification do not add to the total, "
            "which is the occupations' sum; openings by route and level do"
        ),
    }
