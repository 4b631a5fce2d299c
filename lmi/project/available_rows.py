"""People who are out of work now and what commuting leaves of the inflow, as rows with lineage.

Owns: the series and rows of S4 and of S5 for the area as a whole. Never: puts a stock into a flow, or gives the
unemployed a route. Method: METHODOLOGY section 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from lmi.project.gap_rows import Accounts, missing_streams
from lmi.project.inputs import Assumptions, Floats, Keys, ProjectionInputs, figures, rows_of, whole
from lmi.project.keys import NOT_ASSIGNED, REBASED, TOTAL, Ledger
from lmi.project.mapped import LEVELS, Routes
from lmi.project.people_rows import at_best_b
from lmi.project.quality import Words, by_base
from lmi.project.rows import Block, Rows
from lmi.project.supply_available import months_covered
from lmi.project.supply_commuting import Commuting
from lmi.project.supply_labour import normal_spread
from lmi.project.uncertainty import limits

AVAILABLE, MONTHS, AFTER = "available_people", "months_of_openings_covered", "inflow_after_commuting"
UNEMPLOYED = "unemployed"


@dataclass(frozen=True)
class Available:
    """Residents who are out of work and look for it: the newest survey estimate, its year, draws of it and its cell."""

    people: float
    year: int
    draws: Floats
    keys: Keys


def read_available(
    inputs: ProjectionInputs, area: str, declared: Assumptions, rng: np.random.Generator
) -> Available | None:
    """Return S4 from the newest survey year with a figure for the area, or None. Draws have the published interval."""
    table = rows_of(inputs.residents_economic_activity_by_activity, [area], detail=UNEMPLOYED)
    known = table.filter(pc.is_valid(table["value"]))
    if not known.num_rows:
        return None
    newest = known.filter(pc.equal(known["year"], pc.max(known["year"])))
    people, half = float(figures(newest)[0]), newest["ci_half_width"][0].as_py() or 0.0
    drawn = people + normal_spread(float(half)) * rng.standard_normal(declared.integer("draws"))
    return Available(people, int(whole(newest, "year")[0]), np.maximum(drawn, 0.0), whole(newest, "obs_key"))


def write_available(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, available: Available, accounts: Accounts,
    openings_key: int,
) -> None:  # fmt: skip
    """Add the available people in the first year of the accounts, without a route, and the months of openings they cover.

    A stock can be used up once, so it stands in one year only.
    """
    year, shape = accounts.years[:1], (1, 1)
    said = f"; of a survey of {available.year}, whatever work they look for"
    centre = np.full(shape, available.people)
    low, high = limits(available.draws[None, None, :], centre)
    quality = at_best_b(by_base(centre, declared, words, "people", said), words, said)
    key = ledger.add(REBASED, AVAILABLE, "route", NOT_ASSIGNED, TOTAL, "S4",
                     "residents out of work and looking for it, newest survey estimate", [available.keys])  # fmt: skip
    every = ledger.add(REBASED, AVAILABLE, "route", TOTAL, TOTAL, "S4", "sum of all routes", [[key]])
    for code, one in ((NOT_ASSIGNED, key), (TOTAL, every)):
        rows.add(Block(REBASED, AVAILABLE, "route", [code], [TOTAL], year, centre, centre, quality, [one], low, high))
    a_year = declared["months_a_year"]
    openings = accounts.measures["openings_people"].p50[-1:, -1, :1]
    months = months_covered(centre, openings, a_year)
    low, high = limits(months_covered(available.draws, accounts.need[0][-1, -1], a_year)[None, None], months)
    covers = ledger.add(REBASED, MONTHS, "route", TOTAL, TOTAL, "S4", "available people over openings a month, in people",
                        [[every, openings_key], declared.keys("months_a_year")])  # fmt: skip
    rows.add(Block(REBASED, MONTHS, "route", [TOTAL], [TOTAL], year, months, centre, quality, [covers], low, high))


def write_after_commuting(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, moved: Commuting, accounts: Accounts,
    routes: Routes, keys: Keys, learners: Floats,
) -> None:  # fmt: skip
    """Add the inflow as it is at workplaces in the area: by all who work there over all residents in work (S5).

    Who comes in is taken to be trained as our own residents are. `keys` and `learners` are of the inflow, by (route, level).
    """
    codes = [r for r in routes.codes for _ in LEVELS]
    levels = [b for _ in routes.codes for b in LEVELS]
    numbers = accounts.measures["inflow"]
    low, centre, high = (
        moved.net * f.reshape(len(codes), -1) for f in (numbers.p10, numbers.p50, numbers.p90)
    )  # fmt: skip
    behind = np.broadcast_to(learners.reshape(-1, 1), centre.shape)
    quality = by_base(behind, declared, words, "learners", missing_streams())
    net = ledger.add(
        REBASED,
        "net_commuting",
        "total",
        TOTAL,
        TOTAL,
        "S5",
        "people who work in the area over its residents in work, home workers at home",
        [moved.keys],
    )
    made = [
        ledger.add(REBASED, AFTER, "route", code, level, "S5",
                   "inflow of residents times all who work in the area over its residents in work", [[key], [net]])
        for code, level, key in zip(codes, levels, keys.ravel().tolist(), strict=True)
    ]  # fmt: skip
    rows.add(Block(REBASED, AFTER, "route", codes, levels, accounts.years, centre, behind, quality, made, low, high))
