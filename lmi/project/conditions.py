"""How tight the labour market of each route has been of late.

Owns: adverts against the country, pay growth against all jobs and the change in claimants, route by route, as rows with
lineage. Never: the verdict; the mart reads it off these figures. Method: METHODOLOGY section 7 (G3, G4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lmi.project.inputs import Assumptions, Floats, Grid, Keys, grid, members_of, rows_of, texts, whole
from lmi.project.inputs import figures as values_of
from lmi.project.keys import REBASED, TOTAL, Ledger
from lmi.project.mapped import Routes
from lmi.project.quality import Words, by_base
from lmi.project.rows import Block, Rows
from lmi.project.sides import Source

BREAKDOWN = "route_conditions"
ADVERTS, PAY, CLAIMANTS = "adverts_against_country", "pay_growth_against_all", "claimants_change"
MEDIAN = "median"
OUTER = NormalDist().inv_cdf(9 / 10)


@dataclass(frozen=True)
class Signal:
    """One figure for each route (or one for all), its ends where it has any, its year and its cells."""

    measure: str
    codes: tuple[str, ...]
    values: Floats
    year: int
    keys: Keys
    formula: str
    ends: tuple[Floats, Floats] | None = None


def shrink_ratios(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Return ratios of counts to what was expected, moved to their common ratio, and their standard errors.

    `(observed + a) / (expected + a / m)` with `m` the common ratio and `a` from how much more the ratios differ than counts
    by chance would (empirical Bayes of a Poisson count, moments as Clayton and Kaldor 1987). Where they differ no more
    than by chance all take the common ratio. A route without expected adverts takes it too.
    """
    m = observed.sum() / expected.sum()
    raw = np.divide(observed, expected, out=np.full_like(expected, m), where=expected > 0)
    between = float((expected * (raw - m) ** 2).sum() / expected.sum() - m * len(expected) / expected.sum())
    if between <= 0:
        return np.full_like(raw, m), np.full_like(raw, np.sqrt(m / expected.sum()))
    a = m**2 / between
    below = expected + a / m
    return (observed + a) / below, np.sqrt(observed + a) / below


def read_conditions(source: Source, routes: Routes, comparator: str) -> list[Signal]:
    """Return what is at hand of the three signals; a source that is absent gives none."""
    found = (_adverts(source, routes, comparator), _pay(source, routes), _claimants(source))
    return [s for s in found if s is not None]


def _adverts(source: Source, routes: Routes, comparator: str) -> Signal | None:
    """Return adverts a job over the country's, by route, in the newest month that both have."""
    table = source.inputs.online_job_adverts_by_occupation_submajor
    subs = source.paths.grids["occupation_submajor"].codes
    share = routes.shares.share[:, :-1]
    ours, theirs = _newest_month(table, source.area), _newest_month(table, comparator)
    if not ours.num_rows or not theirs.num_rows:
        return None
    year = int(whole(ours, "year")[0])
    counted, keys = [], []
    for rows, place, paths in ((ours, source.area, source.paths.grids), (theirs, comparator, source.theirs)):
        of: Grid = grid(rows, place, "occupation")
        path = paths["occupation_submajor"]
        if set(subs) - set(of.codes) or year not in path.years or year not in of.years:
            return None
        adverts, jobs = of.take(subs, [year]), path.take(subs, [year])
        counted.append((share.T @ np.nan_to_num(adverts.values[:, 0]), share.T @ jobs.values[:, 0]))
        keys += [adverts.all_keys(), jobs.all_keys()]
    (own, jobs_here), (all_adverts, jobs_there) = counted
    a_job = np.divide(all_adverts, jobs_there, out=np.zeros_like(all_adverts), where=jobs_there > 0)
    ratio, error = shrink_ratios(own, jobs_here * a_job)
    return Signal(
        ADVERTS, routes.shares.routes[:-1], ratio, year, np.concatenate(keys),
        "adverts a job over the country's, of the route's occupations in one month, moved to all routes' ratio",
        (ratio - OUTER * error, ratio + OUTER * error),
    )  # fmt: skip


def _newest_month(table: pa.Table, area: str) -> pa.Table:
    rows = rows_of(table, [area])
    return rows.filter(pc.equal(rows["period_start"], pc.max(rows["period_start"]))) if rows.num_rows else rows


def _pay(source: Source, routes: Routes) -> Signal | None:
    """Return growth a year of median hourly pay in the route's occupations less that of all jobs, nation-wide."""
    table = source.inputs.occupation_hourly_pay_by_occupation_submajor_and_statistic
    every = source.inputs.occupation_hourly_pay_by_statistic
    table, every = (t.filter(pc.equal(t["detail"], pa.scalar(MEDIAN))) for t in (table, every))
    places = sorted(set(texts(table, "area_code").tolist()) & set(texts(every, "area_code").tolist()))
    if not places:
        return None
    of, total = grid(table, places[0], "occupation"), grid(every, places[0], None)
    subs = source.paths.grids["occupation_submajor"].codes
    years = np.intersect1d(of.years, total.years)
    if len(years) < 2 or set(subs) - set(of.codes):
        return None
    ends = [int(years[0]), int(years[-1])]
    own, all_jobs = of.take(subs, ends), total.take([TOTAL], ends)
    growth = _a_year(own.values, ends) - _a_year(all_jobs.values, ends)
    known = ~np.isnan(growth)
    weight = (
        routes.shares.share[:, :-1] * source.paths.grids["occupation_submajor"].take(subs, [source.level.year]).values
    )
    weight = weight * known[:, None]
    values = (weight * np.nan_to_num(growth)[:, None]).sum(axis=0) / np.maximum(
        weight.sum(axis=0), np.finfo(float).tiny
    )
    return Signal(
        PAY, routes.shares.routes[:-1], values, ends[1], np.concatenate([own.all_keys(), all_jobs.all_keys()]),
        "growth a year of national median hourly pay, occupations weighted by the route's jobs, less that of all jobs",
    )  # fmt: skip


def _a_year(values: Floats, ends: list[int]) -> Floats:
    made: Floats = (values[:, 1] / values[:, 0]) ** (1 / (ends[1] - ends[0])) - 1
    return made


def _claimants(source: Source) -> Signal | None:
    """Return the change a year in claimants of all districts between the newest month and the same month before it."""
    members = members_of(source.inputs, source.area)
    rows = rows_of(source.inputs.claimants_total, list(members))
    months: dict[date, list[tuple[float, int]]] = {}
    for day, value, key in zip(
        rows["period_start"].to_pylist(), values_of(rows).tolist(), whole(rows, "obs_key").tolist(), strict=True
    ):
        months.setdefault(day, []).append((value, key))
    full = {d: v for d, v in months.items() if len(v) == len(members) and not any(np.isnan(x) for x, _ in v)}
    for newest in sorted(full, reverse=True):
        before = [d for d in full if d.month == newest.month and d.year < newest.year]
        then = sum(v for v, _ in full[max(before)]) if before else 0.0
        if then > 0:
            last = max(before)
            change = (sum(v for v, _ in full[newest]) / then) ** (1 / (newest.year - last.year)) - 1
            keys = np.array([k for d in (newest, last) for _, k in full[d]], dtype=np.int64)
            return Signal(CLAIMANTS, (TOTAL,), np.array([change]), newest.year, keys,
                          "change a year in claimants of all districts, the newest month on the same month before")  # fmt: skip
    return None


def write_conditions(
    rows: Rows,
    words: Words,
    declared: Assumptions,
    ledger: Ledger,
    source: Source,
    routes: Routes,
    signals: list[Signal],
) -> None:
    """Add every signal by route; a figure rests on the route's jobs in the latest register year."""
    held = source.paths.grids["occupation_submajor"]
    jobs = routes.shares.share[:, :-1].T @ held.take(held.codes, [source.level.year]).values[:, 0]
    for signal in signals:
        base = jobs if signal.codes != (TOTAL,) else np.array([jobs.sum()])
        key = ledger.add(REBASED, signal.measure, BREAKDOWN, "cells", TOTAL, "G3", signal.formula, [signal.keys])
        used: list[Keys] = [np.array([key]), *([np.array(routes.keys)] if signal.codes != (TOTAL,) else [])]
        made = [
            ledger.add(REBASED, signal.measure, BREAKDOWN, code, TOTAL, "G3", signal.formula, used)
            for code in signal.codes
        ]
        quality = by_base(base[:, None], declared, words, "people", "; jobs behind a signal of recent conditions")
        ends = (None, None) if signal.ends is None else tuple(e[:, None] for e in signal.ends)
        rows.add(Block(
            REBASED, signal.measure, BREAKDOWN, signal.codes, [TOTAL] * len(signal.codes), np.array([signal.year]),
            signal.values[:, None], base[:, None], quality, made, *ends,
        ))  # fmt: skip
