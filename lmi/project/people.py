"""Residents and the labour force of the area's districts: what is read, the central path and its draws.

Owns: S1 from the inputs to arrays. Never: jobs, qualifications, a row. Method: METHODOLOGY section 5, docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lmi.errors import CoverageError
from lmi.project.inputs import (
    NO_KEY,
    Assumptions,
    Floats,
    Keys,
    ProjectionInputs,
    figures,
    members_of,
    positions,
    rows_of,
    texts,
    whole,
    with_anybody,
)
from lmi.project.supply_labour import (
    age_cohorts,
    fit_profile,
    labour_force,
    moved_profile,
    pool_rates,
    rescale_population,
    respondents,
    shrink_rates,
)

SEXES = ("F", "M")
AGES = 91  # single years, the last one open
WORKING = "16-64"  # the ages that the survey's rates are about
#: Band -> first and last age: those of the survey whose rates by age and sex are declared.
AGE_BANDS = {
    "16-17": (16, 17),
    "18-24": (18, 24),
    "25-34": (25, 34),
    "35-49": (35, 49),
    "50-64": (50, 64),
    "65+": (65, 90),
}
BROAD = {"0-15": (0, 15), WORKING: (16, 64), "65+": (65, 90)}
RATE, SHRINK = "activity_rate_", "activity_shrinkage_respondents"
ERRORS = ("population_error_sd", "population_error_district_sd", "activity_rate_yearly_change_sd")
SHIFT = "migration_shift"
YEARS_POOLED = 3
TEN_YEARS = 10


@dataclass(frozen=True)
class People:
    """Residents and active people (district, year, sex, age), factors on both and the cells behind them."""

    districts: tuple[str, ...]
    years: NDArray[np.int64]
    residents: Floats
    active: Floats
    rates_of: NDArray[np.int64]  # years of the survey that were pooled
    by_cohort: bool  # ages move as cohorts do; else as an older projection by single year says
    residents_noise: Floats  # (district, year, draw), factors about one
    active_noise: Floats
    estimate_keys: Keys  # (district, sex, age)
    path_keys: Keys  # (district, band of BROAD, year published)
    shape_keys: Keys
    rate_keys: tuple[Keys, ...]  # per district, the wider area's among them


def absent_people(inputs: ProjectionInputs, area: str) -> str:
    """Return what is missing to project residents and the labour force, or nothing."""
    members = members_of(inputs, area)
    if not members:
        return "the area's members"
    wanted = {
        "residents by age and sex": with_anybody(inputs.population_by_age_and_sex),
        "projected residents by broad age": inputs.projected_population_by_broad_age,
        "active residents": inputs.residents_economic_activity_active,
        "residents of the survey": inputs.residents_economic_activity_total,
    }
    lost = [
        name for name, table in wanted.items()
        if set(texts(rows_of(table, members), "area_code").tolist()) != set(members)
    ]  # fmt: skip
    return ", ".join(lost)


def read_people(
    inputs: ProjectionInputs, area: str, last: int, declared: Assumptions, rng: np.random.Generator
) -> People:
    """Return S1 from the newest estimate to the year `last`. Ask `absent_people` first.

    Ages move within a band as cohorts grow older, or, where it is landed for every district, as the older projection by
    single year of age says. Raises CoverageError where a district lacks an age or the newer projection a year.
    """
    members = list(members_of(inputs, area))
    base, estimate, cells = _estimate(inputs.population_by_age_and_sex, members)
    years = np.arange(base, last + 1)
    path, path_keys = _bands(inputs.projected_population_by_broad_age, members, years)
    shape, shape_keys = _older_shape(inputs.projected_population_2014_based_by_age_and_sex, members, years)
    by_cohort = shape is None
    if shape is None:
        shape = age_cohorts(estimate, len(years))
    member = np.tile(_membership(BROAD), (len(SEXES), 1))
    flat = rescale_population(_flat(shape), 0, _flat(estimate), member, path)
    residents = flat.reshape(len(members), len(years), len(SEXES), AGES)
    ages = slice(BROAD[WORKING][0], BROAD[WORKING][1] + 1)
    residents[..., ages] *= ((1 + declared[SHIFT]) ** np.arange(len(years)))[None, :, None, None]
    rates, spread, pooled, rate_keys = _rates(inputs, members, declared)
    profile = _profile(declared)
    shift = fit_profile(_flat(residents[:, 0, :, ages]), profile[:, ages].ravel(), rates)
    own = np.zeros((len(members), len(SEXES), AGES))
    first = BROAD[WORKING][0]
    own[..., first:] = moved_profile(profile[:, first:].ravel(), shift).reshape(len(members), len(SEXES), -1)
    active = labour_force(residents, own[:, None])
    noise = _draw(rng, declared, len(members), years, spread, int(pooled[-1]))
    return People(
        tuple(members), years, residents, active, pooled, by_cohort, *noise, cells, path_keys, shape_keys, rate_keys
    )


def working(people: Floats) -> Floats:
    """Return people of working age (district, year) from (district, year, sex, age)."""
    first, last = BROAD[WORKING]
    made: Floats = people[..., first : last + 1].sum(axis=(2, 3))
    return made


def _flat(figures_: Floats) -> Floats:
    """Return (..., sex and age in one)."""
    return figures_.reshape(*figures_.shape[:-2], -1)


def _membership(bands: dict[str, tuple[int, int]]) -> Floats:
    ages = np.arange(AGES)[:, None]
    first, last = np.array(list(bands.values())).T
    made: Floats = ((ages >= first) & (ages <= last)).astype(float)
    return made


def _profile(declared: Assumptions) -> Floats:
    """Return the declared activity rates (sex, age), none below the first band."""
    made = np.zeros((len(SEXES), AGES))
    for s, sex in enumerate(SEXES):
        for band, (first, last) in AGE_BANDS.items():
            made[s, first : last + 1] = declared[f"{RATE}{sex}_{band}"]
    return made


def _ages(table: pa.Table) -> Keys:
    return np.array([int(a.rstrip("+")) for a in texts(table, "age").tolist()], dtype=np.int64)


def _estimate(table: pa.Table, members: list[str]) -> tuple[int, Floats, Keys]:
    """Return the newest year, residents (district, sex, age) and their cells."""
    rows = rows_of(table, members)
    newest = int(whole(rows, "year").max())
    rows = rows.filter(pc.equal(rows["year"], newest))
    at = positions(texts(rows, "area_code"), members), positions(texts(rows, "sex"), SEXES), _ages(rows)
    made = np.full((len(members), len(SEXES), AGES), np.nan)
    cells = np.full(made.shape, NO_KEY, dtype=np.int64)
    made[at], cells[at] = figures(rows), whole(rows, "obs_key")
    if np.isnan(made).any():
        lost = np.argwhere(np.isnan(made))[0]
        raise CoverageError(
            "an age is missing in the newest estimate of residents.", place=f"{members[lost[0]]}, {newest}",
            expected="every single year of age of both sexes", found=f"none aged {lost[2]}, sex {SEXES[lost[1]]}",
            do="land the whole table of estimates by single year of age and sex.",
        )  # fmt: skip
    return newest, made, cells


def _bands(table: pa.Table, members: list[str], years: NDArray[np.int64]) -> tuple[Floats, Keys]:
    """Return residents (district, year, band), straight in logs between published years, and the cells."""
    rows = rows_of(table, members)
    printed = np.unique(whole(rows, "year"))
    at = (
        positions(texts(rows, "area_code"), members), positions(texts(rows, "age"), tuple(BROAD)),
        np.searchsorted(printed, whole(rows, "year")),
    )  # fmt: skip
    inside = at[1] >= 0
    made = np.full((len(members), len(BROAD), len(printed)), np.nan)
    cells = np.full(made.shape, NO_KEY, dtype=np.int64)
    where = tuple(a[inside] for a in at)
    made[where], cells[where] = figures(rows)[inside], whole(rows, "obs_key")[inside]
    if np.isnan(made).any() or printed[0] > years[0] or printed[-1] < years[-1]:
        raise CoverageError(
            "projected residents do not reach over the years that are needed.",
            expected=f"all bands of every district from {years[0]} to {years[-1]}",
            found=f"{printed[0]} to {printed[-1]}, {int(np.isnan(made).sum())} missing",
            do="land a newer projection of residents.",
        )  # fmt: skip
    logs = np.log(np.maximum(made, 1.0)).reshape(-1, len(printed))
    full = np.array([np.exp(np.interp(years, printed, row)) for row in logs])
    return np.moveaxis(full.reshape(len(members), len(BROAD), len(years)), 1, 2), cells


def _older_shape(
    table: pa.Table, members: list[str], years: NDArray[np.int64]
) -> tuple[Floats | None, Keys]:  # fmt: skip
    """Return residents (district, year, sex, age) of the older projection, or None where a figure is missing."""
    none: Keys = np.empty(0, np.int64)
    rows = rows_of(table, members)
    inside = pc.and_(pc.greater_equal(rows["year"], int(years[0])), pc.less_equal(rows["year"], int(years[-1])))
    rows = rows.filter(inside)
    if not rows.num_rows:
        return None, none
    made = np.full((len(members), len(years), len(SEXES), AGES), np.nan)
    made[
        positions(texts(rows, "area_code"), members), whole(rows, "year") - years[0],
        positions(texts(rows, "sex"), SEXES), np.minimum(_ages(rows), AGES - 1),
    ] = figures(rows)  # fmt: skip
    return (None, none) if np.isnan(made).any() else (made, whole(rows, "obs_key"))


def _rates(
    inputs: ProjectionInputs, members: list[str], declared: Assumptions
) -> tuple[Floats, Floats, NDArray[np.int64], tuple[Keys, ...]]:
    """Return each district's pooled and shrunk rate, its relative standard error, the years pooled and the cells."""
    active, total = inputs.residents_economic_activity_active, inputs.residents_economic_activity_total
    kinds = inputs.areas.filter(pc.equal(inputs.areas["kind"], pa.scalar("comparator")))
    both = set(texts(active, "area_code").tolist()) & set(texts(total, "area_code").tolist())
    wider = [c for c in sorted(texts(kinds, "area_code").tolist()) if c in both][:1]
    people, cells, years = _pooled(active, total, members)
    own = pool_rates(people[0], people[1])
    yearly = people[0] / np.maximum(people[1], 1.0)
    counted = respondents(yearly, people[2] / np.maximum(people[1], 1.0)).max(axis=1)  # years share people
    around, around_cells = own, [np.empty(0, np.int64)] * len(members)
    if wider:
        broad, broad_cells, _ = _pooled(active, total, wider)
        around = np.repeat(pool_rates(broad[0], broad[1]), len(members))
        around_cells = [broad_cells[0]] * len(members)
    m = declared[SHRINK]
    rates = shrink_rates(own, counted, around, m)
    spread = np.sqrt(rates * (1 - rates) / (counted + m)) / rates
    keys = tuple(np.concatenate([a, b]) for a, b in zip(cells, around_cells, strict=True))
    return rates, spread, years, keys


def _pooled(
    active: pa.Table, total: pa.Table, places: list[str]
) -> tuple[tuple[Floats, Floats, Floats], list[Keys], NDArray[np.int64]]:
    """Return active people, residents and the half width of the active (place, year) over the last years of both."""
    tables = [rows_of(t, places) for t in (active, total)]
    common = np.intersect1d(whole(tables[0], "year"), whole(tables[1], "year"))[-YEARS_POOLED:]
    made, keys = [], []
    for n, table in enumerate(tables):
        rows = table.filter(pc.is_in(table["year"], value_set=pa.array(common, table["year"].type)))
        at = positions(texts(rows, "area_code"), places), np.searchsorted(common, whole(rows, "year"))
        for name in ("value", "ci_half_width")[: 2 - n]:
            grid = np.zeros((len(places), len(common)))
            grid[at] = np.nan_to_num(np.asarray(rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)))
            made.append(grid)
        keys.append((at[0], whole(rows, "obs_key")))
    cells = [np.concatenate([k[place == n] for place, k in keys]) for n in range(len(places))]
    return (made[0], made[2], made[1]), cells, common


def _draw(
    rng: np.random.Generator, declared: Assumptions, districts: int, years: NDArray[np.int64], spread: Floats, seen: int
) -> tuple[Floats, Floats]:
    """Return factors (district, year, draw) on residents and on active people.

    The error of a projection of residents grows in a straight line, most of it shared by all districts; that of a rate is
    the survey's, the same in every year, and a walk since the survey's last year that all districts share.
    """
    draws = declared.integer("draws")
    ahead = ((years - years[0]) / TEN_YEARS).astype(np.float32)
    common, own, walk = (np.float32(declared[n]) for n in ERRORS)
    shared, apart, survey = (
        rng.standard_normal((n, draws), np.float32) for n in (1, districts, districts)
    )  # fmt: skip
    people = np.exp(ahead[None, :, None] * (common * shared + own * apart)[:, None, :])
    since = np.sqrt(np.maximum(years - seen, 0)).astype(np.float32)
    drift = since[:, None] * walk * rng.standard_normal((1, draws), np.float32)
    rate = 1 + spread.astype(np.float32)[:, None, None] * survey[:, None, :] + drift[None]
    return people, people * np.maximum(rate, 0)
