"""What residents hold against what holders of the area's jobs hold, in people, level by level.

Owns: G6, its series and rows. Never: what a job needs; a level held is not a level needed.
Method: METHODOLOGY section 7 (G6), docs/method.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lmi.project.gap import to_people
from lmi.project.held import HELD, HeldStock
from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import REBASED, TOTAL, Ledger
from lmi.project.people_rows import at_best_b
from lmi.project.quality import Words, by_base
from lmi.project.rows import Block, Rows
from lmi.project.side import Side
from lmi.project.supply_commuting import Commuting
from lmi.project.uncertainty import limits, probability_above_zero

BREAKDOWN = "qualification_gap"
AFTER, JOBS, LESS = "residents_after_commuting", "jobs_in_people", "residents_less_jobs"
#: Level -> levels of the survey of residents, and qualification codes of the official projections.
LEVELS_HELD: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "below_2": (("NVQ0", "OTHER", "NVQ1"), ("RQF0", "RQF1")),
    "2": (("NVQ2",), ("RQF2",)),
    "3": (("NVQ3",), ("RQF3",)),
    "4+": (("NVQ4",), ("RQF4", "RQF5", "RQF6", "RQF7", "RQF8")),
    TOTAL: (HELD, tuple(f"RQF{n}" for n in range(9))),
}
SAID = "; residents by a survey, and not all of them look for work"


def write_qualification_gap(
    rows: Rows, words: Words, declared: Assumptions, ledger: Ledger, held: HeldStock, drawn: Floats,
    stock_keys: Sequence[int], side: Side, moved: Commuting,
) -> None:  # fmt: skip
    """Add residents of working age by level held, moved to where they work, jobs by the level of their holders in people,
    and the one less the other, in the years that both have.

    `drawn` (level of HELD, year, draw) are draws of `held`, `stock_keys` its series by level of HELD. Everybody of working
    age is counted, in work or not, so the difference is above zero at most levels: levels are to be held against each other.
    """
    part = side.parts["qualification"]
    assert part.drawn is not None
    years = np.intersect1d(held.years, side.years)
    mine, theirs = np.isin(held.years, years), np.isin(side.years, years)
    second = declared["second_job_share"]
    residents = _summed(moved.net * held.stock.sum(axis=1).T[:, mine], HELD, 0)
    jobs = _summed(to_people(part.central.jobs[:, theirs], second), part.codes, 1)
    residents_drawn = _summed(np.float32(moved.net) * drawn[:, mine], HELD, 0)
    jobs_drawn = _summed(to_people(part.drawn.jobs[:, theirs], second), part.codes, 1)
    base = np.minimum(residents, jobs)
    said = f"{SAID}, of {held.survey_year}"
    quality = at_best_b(by_base(base, declared, words, "people", said), words, said)
    keys = _record(ledger, stock_keys, part.codes, part.keys["jobs"], declared, moved)
    for measure, central, draws in (
        (AFTER, residents, residents_drawn), (JOBS, jobs, jobs_drawn),
        (LESS, residents - jobs, residents_drawn - jobs_drawn),
    ):  # fmt: skip
        low, high = limits(draws, central)
        chance = probability_above_zero(draws) if measure == LESS else None
        rows.add(Block(
            REBASED, measure, BREAKDOWN, tuple(LEVELS_HELD), [TOTAL] * len(LEVELS_HELD), years, central, base, quality,
            keys[measure], low, high, chance,
        ))  # fmt: skip


def _summed(figures: Floats, codes: Sequence[str], side: int) -> Floats:
    """Return (level of LEVELS_HELD, ...) from (code, ...); `side` is 0 for residents and 1 for jobs."""
    made: Floats = np.stack([
        figures[[n for n, code in enumerate(codes) if code in both[side]]].sum(axis=0) for both in LEVELS_HELD.values()
    ])  # fmt: skip
    return made


def _record(
    ledger: Ledger, stock: Sequence[int], codes: Sequence[str], jobs: Sequence[int], declared: Assumptions, moved: Commuting
) -> dict[str, list[int]]:  # fmt: skip
    """Record the series of every level and return their keys by measure."""
    net = ledger.add(REBASED, "net_commuting", BREAKDOWN, TOTAL, TOTAL, "S5",
                     "people who work in the area over its residents in work, home workers at home", [moved.keys])  # fmt: skip
    made: dict[str, list[int]] = {AFTER: [], JOBS: [], LESS: []}
    second: Keys = declared.keys("second_job_share")
    for level, (of_residents, of_jobs) in LEVELS_HELD.items():
        lived = [key for held, key in zip(HELD, stock, strict=True) if held in of_residents]
        worked = [key for code, key in zip(codes, jobs, strict=True) if code in of_jobs]
        after = ledger.add(REBASED, AFTER, BREAKDOWN, level, TOTAL, "S5",
                           "residents of working age at the level times all who work in the area over its residents in work",
                           [lived, [net]])  # fmt: skip
        filled = ledger.add(REBASED, JOBS, BREAKDOWN, level, TOTAL, "5.1",
                            "jobs of holders of the level over one plus the share of second jobs", [worked, second])  # fmt: skip
        less = ledger.add(REBASED, LESS, BREAKDOWN, level, TOTAL, "G6", "residents after commuting less jobs in people",
                          [[after, filled]])  # fmt: skip
        for measure, key in ((AFTER, after), (JOBS, filled), (LESS, less)):
            made[measure].append(key)
    return made
