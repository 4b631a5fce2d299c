"""Builds the demand side of both scenarios from the inputs.

Owns: the order in which the parts of demand are made. Never: supply, gap, output rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.backtest import Backtest, run_backtest
from lmi.project.change import Change, check_jobs, jobs_by_industry, jobs_of_overrides
from lmi.project.demand import Level, Register, read_register, rebase_level, scale_to_total
from lmi.project.inputs import Assumptions, Floats, Grid, Keys, ProjectionInputs, grid, mapping, rows_of, texts, whole
from lmi.project.keys import OFFICIAL, REBASED, TOTAL, Ledger
from lmi.project.official import (
    Paths,
    RateSet,
    borrow_rates,
    check_edition,
    has_rates,
    read_paths,
    read_rates,
    record_paths,
    span_years,
)  # fmt: skip
from lmi.project.qualification import interpolate_mix
from lmi.project.rebased import (
    Shocks,
    Spread,
    draw_paths,
    draw_shocks,
    drawn_rates,
    hold_mix,
    measure_spread,
    project_industries,
    project_occupations,
)  # fmt: skip
from lmi.project.replacement import make_flows, weigh
from lmi.project.sectors import SectorShares
from lmi.project.side import Part, Side, group_part, record_flows
from lmi.project.staffed import StaffedIndustries, staff_industries

TESTED = ("industry22", "occupation_submajor", "occupation_major", "qualification")


@dataclass(frozen=True)
class Source:
    """What both scenarios are built from."""

    inputs: ProjectionInputs
    area: str
    comparator: str
    declared: Assumptions
    ledger: Ledger
    paths: Paths
    theirs: dict[str, Grid]
    register: Register
    level: Level
    span: tuple[int, int]
    rates: dict[str, RateSet]
    to_sector: Floats
    to_sector_keys: Keys
    to_major: Floats

    @cached_property
    def staffing(self) -> StaffedIndustries:
        """Return the occupations of each industry (D4), fitted once."""
        return staff_industries(
            self.inputs, self.area, self.register, self.level, self.paths.grids["occupation_submajor"], self.to_major
        )


@dataclass(frozen=True)
class HeldMix:
    """Held qualification shares (occupation, qualification, year) over all years needed, with their series."""

    years: NDArray[np.int64]
    codes: tuple[str, ...]
    share: Floats
    keys: tuple[int, ...]

    def over(self, years: NDArray[np.int64]) -> Floats:
        """Return the shares of these years."""
        return self.share[:, :, np.searchsorted(self.years, years)]


def gather(inputs: ProjectionInputs, area: str, comparator: str, declared: Assumptions, ledger: Ledger) -> Source:
    """Return what both scenarios need, with the published paths and rates recorded.

    Raises ContractError where editions of the official projections are mixed.
    """
    check_edition(inputs, (area, comparator))
    ours, theirs = read_paths(inputs, area), read_paths(inputs, comparator)
    sector = mapping(inputs, "industry22_to_sector6")
    paths = record_paths(ledger, ours, sector)
    to_industry = mapping(inputs, "sic_division_to_industry22")
    bres = grid(inputs.bres_employment_by_division, area, "industry")
    register = read_register(bres, ours["industry22"].codes, to_industry, area)
    level = rebase_level(register, ours["industry22"], declared)
    to_sector, sector_keys = sector.matrix(ours["industry22"].codes, ours["sector6"].codes)
    majors, subs = ours["occupation_major"].codes, ours["occupation_submajor"].codes
    to_major = np.array([[float(s.startswith(m)) for m in majors] for s in subs])
    tables = inputs.projected_replacement_demand_by_occupation_submajor
    covered = area if has_rates(tables, "occupation", (area,), subs) else comparator
    span = span_years(tables, covered)
    rates = _read_rates(inputs, area, comparator, ledger, paths, theirs, span)
    return Source(
        inputs, area, comparator, declared, ledger, paths, theirs, register, level, span, rates, to_sector, sector_keys,
        to_major,
    )  # fmt: skip


def _read_rates(
    inputs: ProjectionInputs, area: str, comparator: str, ledger: Ledger, paths: Paths, theirs: dict[str, Grid],
    span: tuple[int, int],
) -> dict[str, RateSet]:  # fmt: skip
    made: dict[str, RateSet] = {}
    for breakdown, column in (
        ("occupation_submajor", "occupation"), ("industry22", "industry"), ("qualification", "qualification"),
    ):  # fmt: skip
        table = getattr(inputs, f"projected_replacement_demand_by_{breakdown}")
        codes = paths.grids[breakdown].codes
        if breakdown != "occupation_submajor" and not has_rates(table, column, (area, comparator), codes):
            stock = paths.grids["occupation_submajor"].take(paths.grids["occupation_submajor"].codes, [span[0]])
            made[breakdown] = borrow_rates(ledger, breakdown, codes, made["occupation_submajor"], stock.values[:, 0])
            continue
        made[breakdown] = read_rates(ledger, table, breakdown, column, area, comparator, paths, theirs)
    return made


def read_mix(source: Source) -> HeldMix:
    """Return the held mix from the earlier of the span's start and the latest actual year to the last year (D5)."""
    table = rows_of(source.inputs.projected_jobs_by_occupation_submajor_and_qualification, [source.area])
    if not table.num_rows:
        raise CoverageError(
            "the official projections have no levels held by occupation.", place=source.area,
            source="projected_jobs_by_occupation_submajor_and_qualification", do="land the area's workbook whole.",
        )  # fmt: skip
    occupations, codes = source.paths.grids["occupation_submajor"].codes, source.paths.grids["qualification"].codes
    years = np.arange(min(source.span[0], source.level.year), source.span[1] + 1)
    benchmarks = np.unique(whole(table, "year"))
    jobs = np.zeros((len(occupations), len(codes), len(benchmarks)))
    row = {c: n for n, c in enumerate(occupations)}
    column = {c: n for n, c in enumerate(codes)}
    o = np.array([row.get(c, -1) for c in texts(table, "occupation").tolist()], dtype=np.int64)
    k = np.array([column.get(c, -1) for c in texts(table, "qualification").tolist()], dtype=np.int64)
    known = (o >= 0) & (k >= 0)
    values = np.asarray(table["value"].to_numpy(), dtype=np.float64)
    np.add.at(jobs, (o[known], k[known], np.searchsorted(benchmarks, whole(table, "year"))[known]), values[known])
    used = benchmarks >= benchmarks[benchmarks <= years[0]].max(initial=benchmarks[0])
    share = interpolate_mix(jobs[:, :, used], benchmarks[used], years)
    cells, when = whole(table, "obs_key"), np.isin(whole(table, "year"), benchmarks[used])
    keys = tuple(
        source.ledger.add(
            OFFICIAL, "held_mix", "occupation_submajor", code, TOTAL, "D5",
            "share of holders by qualification, its log-odds in a straight line between published benchmark years",
            [cells[(o == n) & when & known]],
        )
        for n, code in enumerate(occupations)
    )  # fmt: skip
    return HeldMix(years, codes, share, keys)


def build_official(source: Source) -> Side:
    """Return the official scenario over the span of its replacement demand, with no draws."""
    years = np.arange(source.span[0], source.span[1] + 1)
    paths, ledger = source.paths, source.ledger

    def path(breakdown: str) -> Floats:
        return paths.grids[breakdown].take(paths.grids[breakdown].codes, years).values

    parts: dict[str, Part] = {}
    subs = paths.grids["occupation_submajor"].codes
    flows = record_flows(
        ledger, OFFICIAL, "occupation_submajor", subs, paths.keys["occupation_submajor"],
        source.rates["occupation_submajor"].keys,
    )  # fmt: skip
    made = make_flows(path("occupation_submajor"), source.rates["occupation_submajor"].rates)
    parts["occupation_submajor"] = Part("occupation_submajor", subs, made, None, flows)
    for breakdown, member in (("total", np.ones((len(subs), 1))), ("occupation_major", source.to_major)):
        parts[breakdown] = group_part(
            ledger, OFFICIAL, breakdown, paths.grids[breakdown].codes, member, parts["occupation_submajor"],
            path(breakdown), None, paths.keys[breakdown],
        )  # fmt: skip
    whole_of = parts["total"].central.replacement[0]
    whole_key = parts["total"].keys["replacement"][0]
    for breakdown in ("industry22", "qualification"):
        codes, rates = paths.grids[breakdown].codes, source.rates[breakdown]
        keys = record_flows(ledger, OFFICIAL, breakdown, codes, paths.keys[breakdown], rates.keys, whole_key)
        parts[breakdown] = Part(breakdown, codes, make_flows(path(breakdown), rates.rates, whole_of), None, keys)
    parts["sector6"] = group_part(
        ledger, OFFICIAL, "sector6", paths.grids["sector6"].codes, source.to_sector, parts["industry22"],
        path("sector6"), None, paths.keys["sector6"], _columns(source.to_sector_keys),
    )  # fmt: skip
    return Side(OFFICIAL, years, parts)


def run_backtests(source: Source) -> dict[str, tuple[Backtest, tuple[Grid, Grid]]]:
    """Return the back-test of each breakdown with the histories it used."""
    declared, made = source.declared, {}
    last = declared.integer("projection_history_last_year")
    for breakdown in TESTED:
        ours, theirs = source.paths.grids[breakdown], source.theirs[breakdown]
        years = ours.years[ours.years <= last]
        history = (ours.take(ours.codes, years), theirs.take(ours.codes, years))
        test = run_backtest(
            breakdown, *history, declared.integer("backtest_first_origin"), declared.integer("backtest_trend_years")
        )
        made[breakdown] = (test, history)
    return made


def build_rebased(
    source: Source, mix: HeldMix, tests: dict[str, tuple[Backtest, tuple[Grid, Grid]]], rng: np.random.Generator,
    change: Change, sectors: SectorShares,
) -> tuple[Side, dict[str, Spread], Shocks]:  # fmt: skip
    """Return the default scenario, or what `change` makes of it, from the latest actual year, with draws.

    Jobs that come or go by name are the same in every draw. They take the occupations of their industry with them, and
    leave the others alone.
    """
    declared, ledger, level = source.declared, source.ledger, source.level
    years = np.arange(level.year, source.span[1] + 1)
    last, exponent = declared.integer("projection_history_last_year"), declared["error_growth_exponent"]
    pooled = source.inputs.backtest_widths
    spreads = {b: measure_spread(ledger, *tests[b], pooled, declared) for b in ("industry22", "occupation_submajor")}
    shocks = draw_shocks(rng, spreads["industry22"], declared)
    industries = source.register.industries
    jobs, keys = project_industries(
        ledger, source.register, level, source.paths, source.theirs["industry22"], spreads["industry22"], years,
        declared, source.inputs.overrides,
    )  # fmt: skip
    drawn = draw_paths(jobs, spreads["industry22"], shocks, years - level.year, exponent)
    total, drawn_total = jobs.sum(axis=0), drawn.sum(axis=0)
    total_key = ledger.add(REBASED, "jobs", "total", TOTAL, TOTAL, "D2", "sum of all industries", [keys])
    subs = source.paths.grids["occupation_submajor"].codes
    held, held_keys = project_occupations(
        ledger, source.paths, years, total, total_key, spreads["occupation_submajor"], change.displacement
    )
    drawn_held = draw_paths(held, spreads["occupation_submajor"], shocks, years - last, exponent)
    drawn_held = scale_to_total(drawn_held, drawn_total)
    overridden = jobs_of_overrides(source.inputs.overrides)
    if change.jobs or overridden:
        named = jobs_by_industry(
            (*overridden, *change.jobs), years, industries, sectors.sectors, sectors.share, level.jobs
        )
        check_jobs(jobs + named, industries, years)
        jobs, drawn = jobs + named, np.maximum(drawn + named.astype(np.float32)[:, :, None], 0)
        staffed = source.staffing.share.T @ named
        held, drawn_held = held + staffed, np.maximum(drawn_held + staffed.astype(np.float32)[:, :, None], 0)
        total, drawn_total = jobs.sum(axis=0), drawn.sum(axis=0)
        held, drawn_held = scale_to_total(held, total), scale_to_total(drawn_held, drawn_total)
    rates = source.rates["occupation_submajor"]
    parts: dict[str, Part] = {}
    parts["occupation_submajor"] = Part(
        "occupation_submajor", subs, make_flows(held, rates.rates), make_flows(drawn_held, drawn_rates(rates, shocks)),
        record_flows(ledger, REBASED, "occupation_submajor", subs, held_keys, rates.keys),
    )  # fmt: skip
    parts["total"] = group_part(
        ledger, REBASED, "total", (TOTAL,), np.ones((len(subs), 1)), parts["occupation_submajor"],
        total[None], drawn_total[None], (total_key,),
    )  # fmt: skip
    parts["industry22"] = _industry_part(source, industries, jobs, drawn, keys, parts["total"], shocks)
    parts |= _groups(source, parts)
    parts["qualification"] = _qualification(source, mix, parts, years, shocks)
    return Side(REBASED, years, parts), spreads, shocks


def _industry_part(
    source: Source, codes: tuple[str, ...], jobs: Floats, drawn: Floats, keys: tuple[int, ...], total: Part,
    shocks: Shocks,
) -> Part:  # fmt: skip
    rates = source.rates["industry22"]
    assert total.drawn is not None
    return Part(
        "industry22", codes, make_flows(jobs, rates.rates, total.central.replacement[0]),
        make_flows(drawn, drawn_rates(rates, shocks), total.drawn.replacement[0]),
        record_flows(source.ledger, REBASED, "industry22", codes, keys, rates.keys, total.keys["replacement"][0]),
    )  # fmt: skip


def _groups(source: Source, parts: dict[str, Part]) -> dict[str, Part]:
    made = {}
    for breakdown, below, member, extra in (
        ("occupation_major", "occupation_submajor", source.to_major, None),
        ("sector6", "industry22", source.to_sector, _columns(source.to_sector_keys)),
    ):
        codes, of = source.paths.grids[breakdown].codes, parts[below]
        keys = tuple(
            source.ledger.add(
                REBASED, "jobs", breakdown, code, TOTAL, "D2", "sum of its members",
                [np.array(of.keys["jobs"])[member[:, n] > 0], *([extra[n]] if extra else [])],
            )
            for n, code in enumerate(codes)
        )  # fmt: skip
        jobs = weigh(member, of.central.jobs)
        drawn = weigh(member, of.drawn.jobs) if of.drawn else None
        made[breakdown] = group_part(source.ledger, REBASED, breakdown, codes, member, of, jobs, drawn, keys, extra)
    return made


def _qualification(
    source: Source, mix: HeldMix, parts: dict[str, Part], years: NDArray[np.int64], shocks: Shocks
) -> Part:
    total = parts["total"]
    assert total.drawn is not None
    rates, ledger = source.rates["qualification"], source.ledger
    jobs, drawn, keys = hold_mix(ledger, parts["occupation_submajor"], mix.over(years), mix.keys, mix.codes)
    return Part(
        "qualification", mix.codes, make_flows(jobs, rates.rates, total.central.replacement[0]),
        make_flows(drawn, drawn_rates(rates, shocks), total.drawn.replacement[0]),
        record_flows(ledger, REBASED, "qualification", mix.codes, keys, rates.keys, total.keys["replacement"][0]),
    )  # fmt: skip


def _columns(keys: Keys) -> list[Keys]:
    return [column[column >= 0] for column in keys.T]


def sector_rows(source: Source) -> pa.Table:
    """Return the sector members declared for the area."""
    ids = texts(rows_of(source.inputs.areas, [source.area]), "area_id").tolist()
    members = source.inputs.sector_members
    return members.filter(pc.is_in(members["area_id"], value_set=pa.array(ids, pa.string())))
