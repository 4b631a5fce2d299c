"""Which number moves a headline most: one at a time, from its low to its high.

Owns: the list of drivers and the central figures at each end. Never: draws, correlations, or a change of two at once.
Method: METHODOLOGY section 9.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi import tables
from lmi.project.demand import WEIGHTS, combine_growth, scale_to_total
from lmi.project.flows_in import Supply
from lmi.project.gap import add_totals, spread_over_routes, to_people
from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import TOTAL
from lmi.project.mapped import LEVELS, Routes
from lmi.project.replacement import make_flows
from lmi.project.side import Side
from lmi.project.sides import Source
from lmi.project.supply import SPREAD, central_rates, convert

LARGEST = 5  # drivers kept for each headline
GROWTH, REPLACEMENT, CARRIED = "growth_weight_no_change", "replacement_rate_sd", "provision_yearly_change_sd"
LEVEL_ERROR, GROWTH_ERROR = "error_of_level", "error_of_growth"


@dataclass(frozen=True)
class State:
    """The numbers that a driver may move."""

    declared: Assumptions
    level: float = 1.0  # factor on all jobs
    growth: float = 1.0  # factor on jobs of the last year, reached in a straight line
    replacement: float = 1.0
    provision: float = 1.0


@dataclass(frozen=True)
class Driver:
    """A number with its low and high, the states they make, and the key of what it is."""

    name: str
    low: float
    high: float
    states: tuple[State, State]
    key: int


@dataclass(frozen=True)
class Model:
    """What the central figures are worked out from again."""

    source: Source
    routes: Routes
    supply: Supply
    years: NDArray[np.int64]  # of the paths, the first without flows
    accounts: NDArray[np.int64]  # years with a gap


def measure_sensitivity(
    model: Model, side: Side, declared: Assumptions, past_error: int, keys: Mapping[str, Keys]
) -> pa.Table:
    """Return the five largest drivers of each headline (tables.SENSITIVITY).

    Headlines are jobs in the last year, and openings, inflow and gap a year on the mean of the years with a gap: for
    the area, and the gap of each route. `keys` holds the series of each measure by (route, band).
    """
    drivers = list_drivers(model, side, declared, past_error)
    start = State(declared)
    base = _headlines(model, start)
    ends = [tuple(_headlines(model, s) for s in d.states) for d in drivers]
    rows = []
    for place in base:
        swings = [abs(high[place] - low[place]) for low, high in ends]
        order = sorted(range(len(drivers)), key=lambda n: (-swings[n], drivers[n].name))
        for rank, n in enumerate([n for n in order if swings[n] > 0][:LARGEST], 1):
            measure, code = place
            at = (model.routes.codes.index(code), LEVELS.index(TOTAL))
            series = side.parts["total"].keys["jobs"][0] if measure == "jobs" else int(keys[measure][at])
            rows.append({
                "measure": measure, "code": code, "level": TOTAL, "rank": rank, "driver": drivers[n].name,
                "driver_low": drivers[n].low, "driver_high": drivers[n].high, "baseline": base[place],
                "low": ends[n][0][place], "high": ends[n][1][place], "swing": swings[n],
                "first_year": int(model.years[-1] if measure == "jobs" else model.accounts[0]),
                "last_year": int(model.years[-1]), "series_key": series, "driver_key": drivers[n].key,
            })  # fmt: skip
    return tables.SENSITIVITY.conform(pa.Table.from_pylist(rows, schema=tables.SENSITIVITY.arrow_schema()))


def list_drivers(model: Model, side: Side, declared: Assumptions, past_error: int) -> list[Driver]:
    """Return every number that has a declared spread, at the ends of its 80% interval, and past errors of jobs.

    The share of growth kept has no spread: its ends are none and all of it.
    """
    start, far = State(declared), NormalDist().inv_cdf((1 + declared["interval_share"]) / 2)
    made = [
        Driver(GROWTH, 1.0, 0.0, (_growth(start, 1.0), _growth(start, 0.0)), _key(declared, GROWTH)),
        _factor(REPLACEMENT, "replacement", far * declared[REPLACEMENT], start),
    ]  # fmt: skip
    ahead = float(np.mean(np.maximum(model.accounts - model.supply.first_year, 0)))
    reach = far * declared[CARRIED] * ahead ** declared["error_growth_exponent"]
    made.append(_factor(CARRIED, "provision", reach, start))
    for name in declared.names(""):
        mean = name.removesuffix(SPREAD)
        if name == mean or mean not in declared:
            continue
        low, high = (float(np.clip(declared[mean] + s * far * declared[name], 0, 1)) for s in (-1, 1))
        states = tuple(replace(start, declared=declared.changed({mean: v})) for v in (low, high))
        made.append(Driver(mean, low, high, (states[0], states[1]), _key(declared, mean)))
    drawn, central = side.parts["total"].drawn, side.parts["total"].central
    assert drawn is not None
    level = drawn.jobs[0, 0] / central.jobs[0, 0]
    path = drawn.jobs[0, -1] / central.jobs[0, -1] / level
    share = (1 - declared["interval_share"]) / 2
    for name, errors in ((LEVEL_ERROR, level), (GROWTH_ERROR, path)):
        low, high = (float(v) for v in np.quantile(errors.astype(np.float64), [share, 1 - share]))
        ends = [replace(start, level=v) if name == LEVEL_ERROR else replace(start, growth=v) for v in (low, high)]
        made.append(Driver(name, low, high, (ends[0], ends[1]), past_error))
    return made


def _growth(start: State, kept_out: float) -> State:
    area, wider = (start.declared[name] for name in WEIGHTS[:2])
    whole = area + wider
    share = area / whole if whole > 0 else 1.0
    values = dict(zip(WEIGHTS, ((1 - kept_out) * share, (1 - kept_out) * (1 - share), kept_out), strict=True))
    return replace(start, declared=start.declared.changed(values))


def _factor(name: str, field: str, reach: float, start: State) -> Driver:
    low, high = (1 - reach, 1 + reach) if field == "replacement" else (float(np.exp(-reach)), float(np.exp(reach)))
    ends = [
        replace(start, replacement=v) if field == "replacement" else replace(start, provision=v) for v in (low, high)
    ]
    return Driver(name, low, high, (ends[0], ends[1]), _key(start.declared, name))


def _key(declared: Assumptions, name: str) -> int:
    return int(declared.keys(name)[0])


def _headlines(model: Model, state: State) -> dict[tuple[str, str], float]:
    """Return the headlines by (measure, route or total)."""
    source, declared, years = model.source, state.declared, model.years
    industries = source.register.industries
    ours = source.paths.grids["industry22"].take(industries, years).values
    theirs = source.theirs["industry22"].take(industries, years).values
    jobs = combine_growth(source.level.jobs * state.level, ours, theirs, [declared[w] for w in WEIGHTS])
    along = (years - years[0]) / max(years[-1] - years[0], 1)
    total = jobs.sum(axis=0) * (1 + (state.growth - 1) * along)
    official = source.paths.grids["occupation_submajor"]
    held = scale_to_total(official.take(official.codes, years).values, total)
    flows = make_flows(held, source.rates["occupation_submajor"].rates * state.replacement)
    made = convert(
        model.supply.apprenticeships, model.supply.classroom, model.supply.subject_routes,
        central_rates(declared, model.supply.classroom.bands),
    )  # fmt: skip
    inflow = add_totals((made.apprenticeships + made.classroom) * state.provision)[:, -1]
    need = np.mean([_openings(model, flows.openings, year, declared) for year in model.accounts.tolist()], axis=0)
    found = {("jobs", TOTAL): float(total[-1])}
    found |= {(m, TOTAL): float(v[-1]) for m, v in (("openings_people", need), ("inflow", inflow))}
    return found | {("gap", code): float(need[n] - inflow[n]) for n, code in enumerate(model.routes.codes)}


def _openings(model: Model, openings: Floats, year: int, declared: Assumptions) -> Floats:
    """Return one year's openings in people by route and total, over all levels."""
    at = int(np.searchsorted(model.years, year)) - 1
    spread = spread_over_routes(openings[:, at], model.routes.shares.share, model.routes.opened_in(year))
    made: Floats = to_people(add_totals(spread)[:, -1], declared["second_job_share"])
    return made
