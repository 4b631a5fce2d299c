"""The official projections as published, with our annual flows beside them.

Owns: the official paths, the conversion of published replacement into annual rates. Never: an interval: the
publisher says that none can be assigned. Method: METHODOLOGY section 4 (D6), docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Floats, Grid, ProjectionInputs, grid, rows_of, whole
from lmi.project.keys import OFFICIAL, TOTAL, Ledger
from lmi.project.replacement import convert_rates

BREAKDOWNS = {
    "industry22": "industry", "sector6": "industry", "occupation_submajor": "occupation",
    "occupation_major": "occupation", "qualification": "qualification", "total": None,
}  # fmt: skip


@dataclass(frozen=True)
class Paths:
    """The official paths of one area by breakdown, all over the same years."""

    years: NDArray[np.int64]
    grids: dict[str, Grid]
    keys: dict[str, tuple[int, ...]]  # series of the published paths


@dataclass(frozen=True)
class RateSet:
    """Simple annual replacement rates of one breakdown, their series, and the area they were measured in."""

    rates: Floats
    keys: tuple[int, ...]
    measured_in: str


def read_paths(inputs: ProjectionInputs, area: str) -> dict[str, Grid]:
    """Return the published jobs paths of an area by breakdown. Raises CoverageError when the area has none."""
    made = {}
    for breakdown, column in BREAKDOWNS.items():
        name = "projected_jobs_total" if column is None else f"projected_jobs_by_{breakdown}"
        made[breakdown] = grid(getattr(inputs, name), area, column)
        if not made[breakdown].years.size or np.isnan(made[breakdown].values).any():
            raise CoverageError(
                "the official projections are absent or have holes.",
                source=name, place=area, expected="jobs of every code in every year",
                do="land the Skills Imperative workbook of the area, or declare its code in the area's same_as.",
            )  # fmt: skip
    return made


def record_paths(ledger: Ledger, grids: dict[str, Grid]) -> Paths:
    """Record one series per published path, made of its own cells."""
    keys = {
        breakdown: tuple(
            ledger.add(OFFICIAL, "jobs", breakdown, code, TOTAL, "D0", "the publisher's path, unchanged", [g.keys[n]])
            for n, code in enumerate(g.codes)
        )
        for breakdown, g in grids.items()
    }
    return Paths(grids["total"].years, grids, keys)


def read_rates(
    ledger: Ledger, table: pa.Table, breakdown: str, column: str, area: str, comparator: str, ours: Paths,
    theirs: dict[str, Grid],
) -> RateSet:  # fmt: skip
    """Return replacement rates of a breakdown, from the area's own tables or, where it has none, the comparator's.

    Raises CoverageError when neither publishes replacement for every code.
    """
    if not has_rates(table, column, (area, comparator), ours.grids[breakdown].codes):
        raise CoverageError(
            f"replacement demand by {breakdown} is published neither for the area nor for the comparator.",
            place=f"{area}, {comparator}", do="land the Skills Imperative workbook of the area or of England.",
        )  # fmt: skip
    codes = ours.grids[breakdown].codes
    for place, path in ((area, ours.grids[breakdown]), (comparator, theirs[breakdown])):
        spans = grid(table, place, column)
        if not set(codes) <= set(spans.codes):
            continue
        first, last = span_years(table, place)
        published = spans.take(codes, [last])
        over = path.take(codes, np.arange(first, last + 1))
        rates = convert_rates(published.values[:, 0], over.values)
        series = tuple(
            ledger.add(
                OFFICIAL, "replacement_rate", breakdown, code, TOTAL, "D6",
                "published replacement over the span, divided by the sum of yearly mean jobs of the same path",
                [published.keys[n], over.keys[n]],
            )
            for n, code in enumerate(codes)
        )  # fmt: skip
        return RateSet(rates, series, place)
    raise AssertionError("has_rates found a place")


def has_rates(table: pa.Table, column: str, places: tuple[str, ...], codes: tuple[str, ...]) -> bool:
    """Return whether any of the places publishes replacement for every code."""
    return any(set(codes) <= set(grid(table, place, column).codes) for place in places)


def borrow_rates(ledger: Ledger, breakdown: str, codes: tuple[str, ...], of: RateSet, jobs: Floats) -> RateSet:
    """Return one rate for all `codes`: the mean of the rates `of` another breakdown, weighted by its `jobs`."""
    rate = float(of.rates @ jobs / jobs.sum())
    series = tuple(
        ledger.add(
            OFFICIAL, "replacement_rate", breakdown, code, TOTAL, "D6",
            "no rate is published for this breakdown: the mean rate of all occupations", [of.keys],
        )
        for code in codes
    )  # fmt: skip
    return RateSet(np.full(len(codes), rate), series, of.measured_in)


def span_years(table: pa.Table, area: str) -> tuple[int, int]:
    """Return the first and last year of the span that the area's flows cover. Raises CoverageError for several."""
    rows = rows_of(table, [area])
    first = set(np.asarray(pc.year(rows["period_start"])).tolist())
    last = set(whole(rows, "year").tolist())
    if len(first) != 1 or len(last) != 1:
        raise CoverageError("flows over several spans stand in one view.", place=area, found=f"{first}, {last}")
    return int(first.pop()), int(last.pop())
