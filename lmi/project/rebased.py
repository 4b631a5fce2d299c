"""Our scenario: the official paths re-based on the latest actual jobs, with draws.

Owns: the assembly of D1 to D7 for the default scenario and its lineage. Never: reads a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.backtest import Backtest
from lmi.project.change import displace
from lmi.project.demand import BOUNDS, USE_PROJECTED_LEVEL, WEIGHTS, Level, Register, combine_growth, scale_to_total
from lmi.project.inputs import Assumptions, Floats, Grid, Keys, texts, whole
from lmi.project.keys import REBASED, TOTAL, Ledger
from lmi.project.official import Paths, RateSet
from lmi.project.qualification import apply_mix
from lmi.project.side import Part
from lmi.project.uncertainty import (
    METHOD,
    Picks,
    Widths,
    calibrate,
    draw_factors,
    pick_errors,
    read_widths,
    standardise,
)
from lmi.registry.scenarios import Displacement

WIDTHS_FROM = "official_history"  # the outturn whose errors set the widths: it covers every breakdown
UNCERTAINTY = (
    "draws", "interval_share", "error_growth_exponent", "backtest_first_origin", "backtest_trend_years",
    "projection_history_last_year", "size_band_1", "size_band_2", "size_band_3", "size_band_4",
)  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """What the draws of one breakdown are made from, and the series that stands for it."""

    errors: Floats  # (origin, horizon, code)
    sizes: Floats  # (origin, code)
    widths: Widths
    key: int
    share: float  # nominal share of outturns inside the interval


@dataclass(frozen=True)
class Shocks:
    """Everything random on the demand side: past forecasts to repeat, for level and growth, and the rates' factor."""

    level: Picks
    growth: Picks
    rate: Floats  # (draw,)


def measure_spread(
    ledger: Ledger, test: Backtest, history: tuple[Grid, Grid], pooled: pa.Table, declared: Assumptions
) -> Spread:
    """Return the spread of past errors of one breakdown and record the series that it is.

    `pooled` holds the half widths that the errors of all areas gave (backtest_widths). Raises CoverageError when it
    lacks the breakdown.
    """
    edges = np.array([declared[name] for name in UNCERTAINTY if name.startswith("size_band_")])
    errors = test.errors_of(METHOD)
    half, cells = _half_widths(pooled, test.breakdown, len(edges) + 1)
    widths = read_widths(half, edges, errors, test.size)
    key = ledger.add(
        REBASED, "past_error", test.breakdown, TOTAL, TOTAL, "U1",
        f"log errors of the rule {METHOD} from rolling origins, with the half widths of all areas by size and horizon",
        [*(g.all_keys() for g in history), cells, declared.keys(*UNCERTAINTY)],
    )  # fmt: skip
    return Spread(errors, test.size, widths, key, declared["interval_share"])


def _half_widths(pooled: pa.Table, breakdown: str, bands: int) -> tuple[Floats, Keys]:
    """Return half widths (band, horizon) of a breakdown and the records they stand in."""
    same = pc.and_(pc.equal(pooled["breakdown"], breakdown), pc.equal(pooled["outturn"], WIDTHS_FROM))
    rows = pooled.filter(same)
    band, horizon = whole(rows, "band") - 1, whole(rows, "horizon") - 1
    made = np.full((bands, int(horizon.max(initial=0)) + 1), np.nan)
    fits = band < bands
    made[band[fits], horizon[fits]] = np.asarray(rows["half_width"].to_numpy())[fits]
    if np.isnan(made).any() or not fits.all():
        raise CoverageError(
            "the back-test has no half width for every size band and horizon.", source="backtest_widths",
            place=breakdown, do="run lmi accuracy --refit with the histories of all areas landed.",
        )  # fmt: skip
    return made, whole(rows, "obs_key")


def draw_shocks(rng: np.random.Generator, spread: Spread, declared: Assumptions) -> Shocks:
    """Return the random parts, the same past forecasts for industries and occupations."""
    draws = declared.integer("draws")
    reached = np.asarray(~np.isnan(spread.errors[:, : spread.widths.longest]).all(axis=2))
    level, growth = pick_errors(rng, reached, draws), pick_errors(rng, reached, draws)
    rate = np.maximum(1 + declared["replacement_rate_sd"] * rng.standard_normal(draws), 0.0).astype(np.float32)
    return Shocks(level, growth, rate)


def draw_paths(central: Floats, spread: Spread, shocks: Shocks, horizons: NDArray[np.int64], exponent: float) -> Floats:
    """Return paths (code, year, draw) around `central`, whose years lie `horizons` after the last actual."""
    widths, now = spread.widths, central[:, 0]
    factors = draw_factors(
        calibrate(standardise(spread.errors, spread.sizes, widths), spread.share), shocks.level, shocks.growth, widths.level(now),
        widths.growth(now, horizons, exponent),
    )  # fmt: skip
    factors *= central.astype(np.float32)[:, :, None]
    return factors


def project_industries(
    ledger: Ledger, register: Register, level: Level, paths: Paths, comparator: Grid, spread: Spread,
    years: NDArray[np.int64], declared: Assumptions, overrides: pa.Table,
) -> tuple[Floats, tuple[int, ...]]:  # fmt: skip
    """Return central jobs (industry, year) by D1 and D2, and their series; overrides are named, and added later."""
    industries = register.industries
    ours = paths.grids["industry22"].take(industries, years)
    theirs = comparator.take(industries, years)
    jobs = combine_growth(level.jobs, ours.values, theirs.values, [declared[w] for w in WEIGHTS])
    used_years = np.append(level.overlap, level.year)
    official = dict(zip(paths.grids["industry22"].codes, paths.keys["industry22"], strict=True))
    keys = []
    dated, places = whole(overrides, "obs_key"), texts(overrides, "industry")
    for n, code in enumerate(industries):
        mine = dated[places == code]
        if level.from_projection[n]:
            flag = USE_PROJECTED_LEVEL + code
            start = declared.keys(flag) if flag in declared else register.keys_of(n, used_years)
            step = "the projections' own level, as the register leaves this industry out"
        else:
            start = np.concatenate([register.keys_of(n, used_years), declared.keys(*BOUNDS)])
            step = "register jobs in the latest year times k"
        keys.append(
            ledger.add(
                REBASED, "jobs", "industry22", code, TOTAL, "D1, D2",
                f"{step}; then the weighted log growth of the area's and the comparator's official paths"
                + ("; then the jobs of dated overrides" if len(mine) else ""),
                [mine, start, [official[code]], theirs.keys[n], declared.keys(*WEIGHTS), [spread.key]],
            )
        )  # fmt: skip
    return jobs, tuple(keys)


def project_occupations(
    ledger: Ledger, paths: Paths, years: NDArray[np.int64], total: Floats, total_key: int, spread: Spread,
    displacement: Displacement | None = None,
) -> tuple[Floats, tuple[int, ...]]:  # fmt: skip
    """Return central jobs (occupation, year): the official sub-major paths scaled to our total, and their series."""
    official = paths.grids["occupation_submajor"]
    values = official.take(official.codes, years).values
    jobs = scale_to_total(displace(values, displacement) if displacement else values, total)
    own = paths.keys["occupation_submajor"]
    keys = tuple(
        ledger.add(
            REBASED, "jobs", "occupation_submajor", code, TOTAL, "D2",
            "the official path of the occupation, scaled so that all occupations add to our total of industries",
            [own, [total_key, spread.key]],
        )
        for code in official.codes
    )  # fmt: skip
    return jobs, keys


def drawn_rates(rates: RateSet, shocks: Shocks) -> Floats:
    """Return rates (code, draw): one factor for all codes, since what is uncertain is the method, not one job."""
    return rates.rates.astype(np.float32)[:, None] * shocks.rate


def hold_mix(
    ledger: Ledger, occupation: Part, mix: Floats, mix_keys: tuple[int, ...], codes: tuple[str, ...]
) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Return central and drawn jobs by qualification held, with their series (D5)."""
    assert occupation.drawn is not None
    keys = tuple(
        ledger.add(
            REBASED, "jobs", "qualification", code, TOTAL, "D5",
            "jobs of each occupation times the share of its holders with the qualification",
            [occupation.keys["jobs"], mix_keys],
        )
        for code in codes
    )  # fmt: skip
    return apply_mix(occupation.central.jobs, mix), apply_mix(occupation.drawn.jobs, mix), keys
