"""What residents are qualified to: the stock of the newest survey year, carried forward by cohorts.

Owns: S2 from the inputs to arrays: the base year, who enters, who rises. Never: openings, a row.
Method: METHODOLOGY section 5, docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import Assumptions, Floats, Keys, ProjectionInputs, figures, positions, rows_of, texts, whole
from lmi.project.ipf import fit_margins
from lmi.project.supply_qualifications import advance, control

#: Levels of the survey since 2022, lowest first. `other` stands low: nobody is told to rise from it.
HELD = ("NVQ0", "OTHER", "NVQ1", "NVQ2", "NVQ3", "NVQ4")
TRADE = "TRADE"  # printed to 2021 only: a year with it is on the older classification
SURVEY_AGES = {
    "16-19": (16, 19),
    "20-24": (20, 24),
    "25-29": (25, 29),
    "30-39": (30, 39),
    "40-49": (40, 49),
    "50-64": (50, 64),
}
REPORTED = {"16-24": (16, 24), "25-49": (25, 49), "50-64": (50, 64)}
FIRST, LAST = 16, 64
SETTLED = 25  # the age at which cohorts begin: younger people are as qualified as people of their age are now
#: Reached level -> the levels that people rise from, as places in HELD.
RISES = {3: (0, 2), 4: (3,), 5: (4,)}
RISE, SAMPLE, DRIFT = "adult_rise_share", "qualification_effective_sample", "qualification_yearly_change_sd"


@dataclass(frozen=True)
class HeldStock:
    """Residents of working age (year, age, level) in people, what the survey's totals took out, and the cells."""

    years: NDArray[np.int64]
    stock: Floats
    residual: Floats  # (level,): survey total, at the estimate's number of people, less what the ages gave
    survey_year: int
    rising: Floats  # (level,): people a year who reach a level as adults
    noise: Floats  # (level, year, draw), factors about one before levels are brought back to all residents
    keys: Keys


def read_held(
    inputs: ProjectionInputs, area: str, years: NDArray[np.int64], residents: Floats, achieved: Floats,
    declared: Assumptions, rng: np.random.Generator,
) -> HeldStock | None:  # fmt: skip
    """Return S2 for `residents` (year, age from 16 to 64), or None where the survey has no year by age and level.

    `achieved` (level from 2 upwards,) are learners a year who reached a full level: a declared share of them are adults
    who did not hold it before. From the age at which cohorts begin people keep what they hold but for these; who comes,
    goes or dies is taken to hold what people of the age hold.
    """
    by_age = inputs.dfe_hub_residents_by_qualification_by_qualification_and_age
    whole_area = inputs.dfe_hub_residents_by_qualification_by_qualification
    tables = [rows_of(t, [area]) for t in (by_age, whole_area)]
    year = _newest(tables)
    if year is None:
        return None
    share, age_keys = _shares(tables[0], year)
    totals, total_keys = _levels(tables[1], year)
    ages = np.arange(FIRST, LAST + 1)
    first = residents[0][:, None] * share
    held, residual = control(first, totals / totals.sum() * residents[0].sum())
    start = fit_margins(np.maximum(held, 1e-9), residents[0], held.sum(axis=0)).table
    profile = start / start.sum(axis=1, keepdims=True)
    rising = np.zeros(len(HELD))
    rising[list(RISES)] = achieved * declared[RISE]
    stock = np.stack(list(_carry(start, residents, profile, rising, ages >= SETTLED)))
    noise = _draw(rng, declared, totals / totals.sum(), len(years))
    return HeldStock(years, stock, residual, year, rising, noise, np.concatenate([age_keys, total_keys]))


def _newest(tables: list[pa.Table]) -> int | None:
    """Return the newest year in both tables and on today's classification."""
    found = []
    for table in tables:
        old = {int(y) for y in whole(table.filter(pc.equal(table["qualification"], TRADE)), "year").tolist()}
        found.append(set(whole(table, "year").tolist()) - old)
    return max(found[0] & found[1], default=None)


def _levels(table: pa.Table, year: int) -> tuple[Floats, Keys]:
    rows = table.filter(pc.equal(table["year"], year))
    at = positions(texts(rows, "qualification"), HELD)
    made = np.zeros(len(HELD))
    made[at[at >= 0]] = np.nan_to_num(figures(rows))[at >= 0]
    if made.sum() <= 0:
        raise CoverageError("the survey prints no residents by level.", place=str(year), do="land the year's table.")
    return made, whole(rows, "obs_key")[at >= 0]


def _shares(table: pa.Table, year: int) -> tuple[Floats, Keys]:
    """Return shares by (single age, level) of the survey's age bands; a withheld cell is too small to print: none."""
    rows = table.filter(pc.equal(table["year"], year))
    at = positions(texts(rows, "age"), tuple(SURVEY_AGES)), positions(texts(rows, "qualification"), HELD)
    inside = (at[0] >= 0) & (at[1] >= 0)
    people = np.zeros((len(SURVEY_AGES), len(HELD)))
    people[at[0][inside], at[1][inside]] = np.nan_to_num(figures(rows))[inside]
    if np.any(people.sum(axis=1) <= 0):
        raise CoverageError("an age band of the survey has no figure at any level.", place=str(year))
    share = people / people.sum(axis=1, keepdims=True)
    lengths = [last - first + 1 for first, last in SURVEY_AGES.values()]
    return np.repeat(share, lengths, axis=0), whole(rows, "obs_key")[inside]


def _carry(start: Floats, residents: Floats, profile: Floats, rising: Floats, adult: NDArray[np.bool_]):  # type: ignore[no-untyped-def]
    """Yield the stock (age, level) of every year: cohorts from the settled age on, the first profile below it."""
    young, now = residents[:, ~adult], start[adult]
    yield start
    for year in range(1, len(residents)):
        people = residents[year][adult]
        mix = now / np.maximum(now.sum(axis=1, keepdims=True), 1e-9)
        moves = np.zeros_like(now)
        moves[:-1] = (people[1:] - now.sum(axis=1)[:-1])[:, None] * mix[:-1]
        entrants = people[0] * profile[adult][0]
        now = advance(now, np.ones(len(now)), moves, _upgrades(now, rising), entrants).stock
        yield np.concatenate([young[year][:, None] * profile[~adult], now])


def _upgrades(stock: Floats, rising: Floats) -> Floats:
    """Return people by (age, from, to): those who rise, spread over ages and levels as the people below are."""
    made = np.zeros((len(stock), len(HELD), len(HELD)))
    for to, below in RISES.items():
        pool = stock[:-1, list(below)]  # the oldest leave the ages counted
        count = min(float(rising[to]), float(pool.sum()))
        made[:-1, list(below), to] = pool / max(float(pool.sum()), 1e-9) * count
    return made


def _draw(rng: np.random.Generator, declared: Assumptions, share: Floats, years: int) -> Floats:
    """Return factors (level, year, draw): the survey's sampling of levels, and a walk of each level since."""
    draws = declared.integer("draws")
    sampled = rng.gamma(np.maximum(share * declared[SAMPLE], np.finfo(float).tiny)[:, None], size=(len(share), draws))
    at_start = np.divide(
        sampled, declared[SAMPLE] * share[:, None], out=np.ones_like(sampled), where=share[:, None] > 0
    )
    walk = declared[DRIFT] * np.sqrt(np.arange(years))[None, :, None]
    later = np.exp(walk * rng.standard_normal((len(share), 1, draws)))
    made: Floats = (at_start[:, None, :] * later).astype(np.float32)
    return made


def drawn_levels(held: HeldStock, people_noise: Floats) -> Floats:
    """Return draws of residents by (level, year, draw), which add to all residents' in every draw.

    `people_noise` (year, draw) are the factors on all residents of working age.
    """
    central = held.stock.sum(axis=1).T  # (level, year)
    raw = central[:, :, None].astype(np.float32) * held.noise
    everyone = central.sum(axis=0)[:, None] * people_noise
    made: Floats = raw * (everyone / raw.sum(axis=0))[None]
    return made
