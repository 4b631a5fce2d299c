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

from lmi.errors import ContractError, CoverageError
from lmi.project.inputs import NO_KEY, Floats, Grid, Mapping, ProjectionInputs, grid, mapping, rows_of, whole
from lmi.project.keys import OFFICIAL, TOTAL, Ledger
from lmi.project.replacement import convert_rates

BREAKDOWNS = {
    "industry22": "industry", "occupation_submajor": "occupation", "occupation_major": "occupation",
    "qualification": "qualification", "total": None,
}  # fmt: skip
#: What the names of relations begin with that one edition of the official projections must fill.
OF_EDITION = ("projected_jobs", "projected_replacement_demand")


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


def check_edition(inputs: ProjectionInputs, areas: tuple[str, ...]) -> None:
    """Raise ContractError where the official projections of `areas` are not all of one edition.

    The publisher corrected occupations in 2024 and no industry: paths of one edition beside a mix or rates of another
    would look whole and add to nothing.
    """
    found: dict[str, str] = {}
    for name in ProjectionInputs.required_views():
        if not name.startswith(OF_EDITION):
            continue
        rows = rows_of(getattr(inputs, name), areas)
        if "vintage" in rows.column_names:
            for edition in pc.unique(rows["vintage"]).to_pylist():
                found.setdefault(str(edition), name)
    if len(found) > 1:
        raise ContractError(
            "projection edition mixed: the official projections are of more than one edition.",
            source="Skills Imperative 2035", place=", ".join(areas), expected="one edition in every table",
            found="; ".join(f"{edition} in {name}" for edition, name in sorted(found.items())),
            do="land the workbook of the newer edition for every area that is used, or take the older one's files away.",
        )  # fmt: skip


def read_paths(inputs: ProjectionInputs, area: str) -> dict[str, Grid]:
    """Return the published jobs paths of an area by breakdown. Raises CoverageError when the area has none."""
    made = {}
    for breakdown, column in BREAKDOWNS.items():
        name = "projected_jobs_total" if column is None else f"projected_jobs_by_{breakdown}"
        made[breakdown] = grid(getattr(inputs, name), area, column)
        if (
            not made[breakdown].years.size or not (made[breakdown].values.sum(axis=0) > 0).all()
        ):  # nor where one is missing
            raise CoverageError(
                "the official projections are absent, have holes or a year without jobs.",
                source=name, place=area, expected="jobs of every code in every year",
                do="land the Skills Imperative workbook of the area, or declare its code in the area's same_as.",
            )  # fmt: skip
    made["sector6"] = _sectors(made["industry22"], mapping(inputs, "industry22_to_sector6"))
    return made


def _sectors(industries: Grid, to_sector: Mapping) -> Grid:
    """Return the paths of the broad sectors: the sums of their industries.

    The publisher prints sectors for every year in a table where one row is both a sector and an industry, so that cell
    cannot be both; adding its own industries gives the same figures.
    """
    codes = tuple(sorted(set(to_sector.targets.tolist())))
    weights, _ = to_sector.matrix(industries.codes, codes)
    values = weights.T @ industries.values
    return Grid(codes, industries.years, values, np.full(values.shape, NO_KEY, dtype=np.int64))


def record_paths(ledger: Ledger, grids: dict[str, Grid], to_sector: Mapping) -> Paths:
    """Record one series per published path, made of its own cells; a sector's is made of its industries'."""
    keys = {
        breakdown: tuple(
            ledger.add(OFFICIAL, "jobs", breakdown, code, TOTAL, "D0", "the publisher's path, unchanged", [g.keys[n]])
            for n, code in enumerate(g.codes)
        )
        for breakdown, g in grids.items()
        if breakdown in BREAKDOWNS
    }
    parts = np.array(keys["industry22"], dtype=np.int64)
    weights, cells = to_sector.matrix(grids["industry22"].codes, grids["sector6"].codes)
    keys["sector6"] = tuple(
        ledger.add(
            OFFICIAL, "jobs", "sector6", code, TOTAL, "D0", "the sum of the publisher's paths of its industries",
            [parts[weights[:, n] > 0], cells[:, n]],
        )
        for n, code in enumerate(grids["sector6"].codes)
    )  # fmt: skip
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
    published = [grid(table, place, column) for place in places]
    return any(set(codes) <= set(g.codes) and bool(np.nansum(g.values) > 0) for g in published)


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
