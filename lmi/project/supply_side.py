"""The supply of people beside the inflow: residents, the labour force, what they hold, who is available.

Owns: the order of S1, S2, S4 and S5 and what the report says of them. Never: demand, a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lmi.project.available_rows import read_available, write_after_commuting, write_available
from lmi.project.flows_in import Supply
from lmi.project.gap_rows import Accounts
from lmi.project.held import FIRST, HELD, LAST, read_held
from lmi.project.inputs import Assumptions, Floats, Keys, ProjectionInputs, members_of
from lmi.project.keys import Ledger
from lmi.project.mapped import LEVELS, Routes
from lmi.project.people import People, absent_people, read_people
from lmi.project.people_rows import write_held, write_people
from lmi.project.prospects import write_prospects
from lmi.project.qualification_gap import write_qualification_gap
from lmi.project.quality import Quality, Words
from lmi.project.rows import Rows
from lmi.project.side import Side
from lmi.project.supply_commuting import read_commuting, self_containment

ACHIEVED = ("2", "3", "4-5")  # bands at which adults may rise; the last holds whatever is above


@dataclass(frozen=True)
class Desk:
    """Where a projection is written: rows, reasons and the record of what each figure was made from."""

    area: str
    rows: Rows
    words: Words
    ledger: Ledger
    declared: Assumptions


def add_people(
    desk: Desk, inputs: ProjectionInputs, side: Side, rng: np.random.Generator, supply: Supply | None, journeys: bool
) -> tuple[dict[str, object], People | None]:
    """Add residents, the labour force and levels held, to the last year of `side`, to the rows.

    Where the `journeys` to work are at hand, levels held are set against jobs too. Returns the report and the people.
    """
    lost = absent_people(inputs, desk.area)
    if lost:
        return {"people_absent": lost}, None
    people = read_people(inputs, desk.area, int(side.years[-1]), desk.declared, rng)
    keys = write_people(desk.rows, desk.words, desk.declared, desk.ledger, desk.area, people)
    report: dict[str, object] = {
        "people_absent": "",
        "residents_age_shape": "cohorts" if people.by_cohort else "older projection",
        "activity_rates_pooled_over": people.rates_of.tolist(),
    }
    everyone = people.residents.sum(axis=(0, 2))[:, FIRST : LAST + 1]
    achieved, cells = _achieved(supply)
    held = read_held(inputs, desk.area, people.years, everyone, achieved, desk.declared, rng)
    if held is None:
        return report | {"qualifications_held": "absent: no survey year by age and level"}, people
    drawn, series = write_held(
        desk.rows, desk.words, desk.declared, desk.ledger, held, people, keys["residents"], cells
    )  # fmt: skip
    if journeys:
        moved = read_commuting(inputs, list(members_of(inputs, desk.area)))
        write_qualification_gap(
            desk.rows, desk.words, desk.declared, desk.ledger, held, drawn, series, side, moved
        )  # fmt: skip
    said = {"survey_year": held.survey_year, "residual": dict(zip(HELD, held.residual.round(1).tolist(), strict=True))}
    return report | {"qualifications_held": said}, people


def _achieved(supply: Supply | None) -> tuple[Floats, Keys]:
    """Return learners a year who reach a full level, by ACHIEVED, and the series they are counted in."""
    if supply is None:
        return np.zeros(len(ACHIEVED)), np.empty(0, np.int64)
    of = [supply.classroom.bands.index(b) for b in ACHIEVED]
    made: Floats = supply.classroom.full[of] + supply.apprenticeships.by_level
    keys = [
        supply.keys[m][-1, [LEVELS.index(b) for b in ACHIEVED]] for m in ("inflow_apprenticeships", "inflow_classroom")
    ]
    return made, np.concatenate(keys)


def add_available(
    desk: Desk, inputs: ProjectionInputs, rng: np.random.Generator, accounts: Accounts, routes: Routes,
    keys: dict[str, Keys], judged: Quality, learners: Floats, journeys: bool,
) -> dict[str, object]:  # fmt: skip
    """Add available people and prospects and, where the journeys to work are at hand, the inflow after commuting."""
    report: dict[str, object] = {"net_commuting": None, "available_absent": ""}
    if journeys:
        members = members_of(inputs, desk.area)
        moved = read_commuting(inputs, list(members))
        kept = self_containment(moved.flows, moved.inward).of_residents
        write_after_commuting(
            desk.rows, desk.words, desk.declared, desk.ledger, moved, accounts, routes, keys["inflow"], learners
        )
        report["net_commuting"] = moved.net
        report["work_in_their_own_district"] = dict(zip(members, kept.round(3).tolist(), strict=True))
    available = read_available(inputs, desk.area, desk.declared, rng)
    if available is None:
        return report | {"available_absent": "no survey estimate of the unemployed"}
    opened = int(keys["openings_people"][-1, -1])
    key = write_available(desk.rows, desk.words, desk.declared, desk.ledger, available, accounts, opened)
    write_prospects(desk.rows, desk.declared, desk.ledger, routes, accounts, available, keys, judged, key)
    return report | {"available_year": available.year}
