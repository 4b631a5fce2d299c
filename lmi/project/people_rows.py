"""Residents, the labour force and what residents are qualified to, as rows with lineage.

Owns: the series and rows of S1 and S2. Never: reads an input. Method: METHODOLOGY section 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lmi.project.held import DRIFT as HELD_DRIFT
from lmi.project.held import FIRST, HELD, LAST, REPORTED, RISE, HeldStock, drawn_levels
from lmi.project.held import SAMPLE as HELD_SAMPLE
from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import REBASED, TOTAL, Ledger
from lmi.project.people import AGE_BANDS, BROAD, ERRORS, RATE, SEXES, SHIFT, SHRINK, WORKING, People, working
from lmi.project.quality import Quality, Words, by_base
from lmi.project.rows import Block, Rows
from lmi.project.uncertainty import limits

#: Reported ages: the bands, those of working age, and everyone from 16.
GROUPS = {**AGE_BANDS, WORKING: BROAD[WORKING], TOTAL: (BROAD[WORKING][0], BROAD["65+"][1])}
BY_SEX = {"F": "age_female", "M": "age_male"}
RESIDENTS, ACTIVE, HELD_BY = "residents", "labour_force", "qualification_held"
SAID = {
    RESIDENTS: "; ages move as cohorts grow older, held to the publisher's projection of three bands",
    ACTIVE: "; rates by age and sex are the country's, moved to the district's rate of all ages",
    HELD_BY: "; of a survey, carried forward by cohorts",
}


def write_people(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, area: str, people: People
) -> dict[str, Keys]:
    """Add residents and the labour force by age of every district and, by age and sex, of the area.

    Districts add to the area in every draw. Returns the area's keys by measure, in the order of GROUPS.
    """
    area_keys: dict[str, Keys] = {}
    for measure, figures, noise in (
        (RESIDENTS, people.residents, people.residents_noise), (ACTIVE, people.active, people.active_noise),
    ):  # fmt: skip
        by_age = _groups(figures.sum(axis=2))  # (district, group, year)
        around = _around(figures, noise)
        keys = _record(ledger, area, people, measure, declared)
        for n, district in enumerate(people.districts):
            _write(rows, words, declared, measure, "age", people.years, by_age[n], noise[n], keys[district], district)
        _write(rows, words, declared, measure, "age", people.years, by_age.sum(axis=0), around, keys[area], area)
        for s, sex in enumerate(SEXES):
            own = _groups(figures[:, :, s]).sum(axis=0)
            _write(rows, words, declared, measure, BY_SEX[sex], people.years, own, around, keys[sex], area)
        area_keys[measure] = np.array(keys[area], dtype=np.int64)
    return area_keys


def _around(figures: Floats, noise: Floats) -> Floats:
    """Return the area's factors (year, draw): those of its districts, weighted by their people of working age."""
    weights = working(figures)
    made: Floats = (weights[:, :, None] * noise).sum(axis=0) / weights.sum(axis=0)[:, None]
    return made


def _groups(figures: Floats) -> Floats:
    """Return (..., group, year) from (..., year, age)."""
    made = np.stack([figures[..., first : last + 1].sum(axis=-1) for first, last in GROUPS.values()], axis=-2)
    return made


def _write(
    rows: Rows, words: Words, declared: Assumptions, measure: str, breakdown: str, years: NDArray[np.int64],
    figures: Floats, noise: Floats, keys: Sequence[int], area: str,
) -> None:  # fmt: skip
    """Add (group, year) figures, with the interval that the factors (year, draw) give each year."""
    low, high = limits(noise, np.ones(noise.shape[0]))
    quality = at_best_b(by_base(figures, declared, words, "people", SAID[measure]), words, SAID[measure])
    rows.add(Block(
        REBASED, measure, breakdown, list(GROUPS), [TOTAL] * len(GROUPS), years, figures, figures, quality, keys,
        figures * low, figures * high, area=area,
    ))  # fmt: skip


def at_best_b(quality: Quality, words: Words, said: str) -> Quality:
    """Return the quality with nothing above B: however many people, the figures rest on declared rates or a survey."""
    text = words.index(f"indicative whatever the size{said}")
    return Quality(np.maximum(quality.level, 1), np.where(quality.level == 0, text, quality.reason))


def _record(ledger: Ledger, area: str, people: People, measure: str, declared: Assumptions) -> dict[str, list[int]]:
    """Record the series of one measure; return keys in the order of GROUPS by district, by area and by sex."""
    made: dict[str, list[int]] = {}
    shape = "ages as in the older projection" if not people.by_cohort else "ages as cohorts that grow older"
    residents = f"newest estimate, {shape}, held to the newer projection by band"
    active = "residents times activity rates by age and sex, moved until the district's pooled rate is met"
    step, formula = "S1", residents if measure == RESIDENTS else active
    moved = declared.keys(SHIFT, *ERRORS[:2])
    rates = declared.keys(SHRINK, ERRORS[2], *declared.names(RATE))
    for n, district in enumerate(people.districts):
        used = [people.path_keys[n], people.shape_keys, moved]
        if measure == ACTIVE:
            used += [people.rate_keys[n], rates]
        made[district] = [
            ledger.add(REBASED, measure, "age", group, TOTAL, step, formula, [people.estimate_keys[n, :, a : z + 1], *used],
                       area=district)
            for group, (a, z) in GROUPS.items()
        ]  # fmt: skip
    made[area] = [
        ledger.add(REBASED, measure, "age", group, TOTAL, step, "sum of the districts",
                   [[made[d][g] for d in people.districts]])
        for g, group in enumerate(GROUPS)
    ]  # fmt: skip
    for s, sex in enumerate(SEXES):
        made[sex] = [
            ledger.add(REBASED, measure, BY_SEX[sex], group, TOTAL, step, f"{formula}, of one sex, all districts",
                       [people.estimate_keys[:, s, a : z + 1], [made[area][g]]])
            for g, (group, (a, z)) in enumerate(GROUPS.items())
        ]  # fmt: skip
    return made


def write_held(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, held: HeldStock, people: People,
    residents: Keys, achieved: Keys,
) -> tuple[Floats, list[int]]:  # fmt: skip
    """Add residents by level held and age, and what the survey's totals took out of the first year (`residual`).

    Returns the draws (level, year, draw) of all ages together and the series of each level.
    """
    around = _around(people.residents, people.residents_noise)
    drawn = drawn_levels(held, around)
    whole = held.stock.sum(axis=1).T  # (level, year)
    factors = limits(drawn, whole)
    said = f"{SAID[HELD_BY]} of {held.survey_year}"
    working = residents[list(GROUPS).index(WORKING)]
    used: list[Keys] = [held.keys, np.array([working]), declared.keys(RISE, HELD_SAMPLE, HELD_DRIFT), achieved]
    formula = "survey shares of the base year by age; from the settled age cohorts keep what they hold, and some rise"
    every: list[int] = []
    for ages, (first, last) in {**REPORTED, TOTAL: (FIRST, LAST)}.items():
        figures = held.stock[:, first - FIRST : last - FIRST + 1].sum(axis=1).T
        ratio = [np.divide(f, whole, out=np.ones_like(whole), where=whole > 0) for f in factors]
        keys = [ledger.add(REBASED, RESIDENTS, HELD_BY, level, ages, "S2", formula, used) for level in HELD]
        quality = at_best_b(by_base(figures, declared, words, "people", said), words, said)
        rows.add(Block(
            REBASED, RESIDENTS, HELD_BY, HELD, [ages] * len(HELD), held.years, figures, figures, quality, keys,
            figures * ratio[0], figures * ratio[1],
        ))  # fmt: skip
        every = keys  # all ages come last
    residual = held.residual[:, None]
    keys = [
        ledger.add(REBASED, "residual", HELD_BY, level, TOTAL, "S2", "survey total of the level less what its ages gave",
                   [held.keys, [working]])
        for level in HELD
    ]  # fmt: skip
    quality = at_best_b(by_base(whole[:, :1], declared, words, "people", said), words, said)
    rows.add(Block(REBASED, "residual", HELD_BY, HELD, [TOTAL] * len(HELD), held.years[:1], residual, whole[:, :1],
                   quality, keys))  # fmt: skip
    return drawn, every
