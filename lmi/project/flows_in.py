"""Reads provision and turns it into the yearly inflow, with lineage.

Owns: the provision years, the streams and their series. Never: a part of a year as a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lmi.errors import CoverageError
from lmi.project.apprenticeships import Apprenticeships, count_achievements, full_year, has_full_year, latest_full_year
from lmi.project.inputs import (
    Assumptions,
    Floats,
    Keys,
    ProjectionInputs,
    grid,
    mapping,
    members_of,
    rows_of,
    with_anybody,
)
from lmi.project.keys import BANDS, REBASED, TOTAL, Ledger
from lmi.project.provision import Classroom, count_classroom
from lmi.project.supply import Inflow, Rates, central_rates, convert, draw_rates, rate_names

CARRIED = ("provision_yearly_change_sd", "error_growth_exponent", "draws")
APPRENTICE_RATES = ("match_rate_apprenticeships", "match_rate_apprenticeships_sd")


@dataclass(frozen=True)
class Supply:
    """Provision of the latest whole academic years, converted, with the keys of its series by (route, band)."""

    apprenticeships: Apprenticeships
    classroom: Classroom
    subject_routes: Floats
    central: Inflow
    in_classroom_year: Apprenticeships  # apprentices of the classroom's year, who are inside its published levels
    subjects: tuple[str, ...]  # every sector subject area that leads to a route
    keys: dict[str, Keys]  # measure -> (route + 1, band + 1)

    @property
    def first_year(self) -> int:
        """Return the first year in which both streams are known."""
        return max(self.apprenticeships.year, self.classroom.year)


def read_supply(
    inputs: ProjectionInputs, area: str, routes: tuple[str, ...], declared: Assumptions, ledger: Ledger
) -> Supply:
    """Return S3 from the latest whole academic year of each stream. Ask `absent_provision` first."""
    places = _places(inputs, area)
    year = latest_full_year(rows_of(inputs.apprenticeship_achievements_by_provider, places))
    latest = _apprenticeships(inputs, places, year, routes)
    levels, subjects = levels_of(inputs, area), rows_of(inputs.fe_aim_achievements_by_subject, [area])
    taught = min(latest_full_year(levels), latest_full_year(subjects))
    same = latest if taught == year else _apprenticeships(inputs, places, taught, routes)
    classroom = count_classroom(
        grid(full_year(levels, [area], taught), area, "qualification"),
        grid(full_year(subjects, [area], taught), area, "subject"), same.by_level, taught, declared,
    )  # fmt: skip
    to_route, subject_keys = mapping(inputs, "ssa1_to_route").matrix(classroom.subjects, routes)
    to_route[:, -1] = 1 - to_route[:, :-1].sum(axis=1)
    central = convert(latest, classroom, to_route, central_rates(declared, classroom.bands))
    keys = _record(ledger, latest, same, classroom, to_route, subject_keys, routes, declared)
    listed = {str(s) for name in ("ssa1_to_route", "ssa2_to_route") for s in mapping(inputs, name).sources.tolist()}
    return Supply(latest, classroom, to_route, central, same, tuple(sorted(listed)), keys)


def absent_provision(inputs: ProjectionInputs, area: str) -> str:
    """Return what provision is not published for the area over any whole academic year, or nothing.

    Learners may not be added up over districts, so further education must be printed for the area as a whole. Nobody at
    home is a figure; a mix of standards or subjects without anybody is none.
    """
    at_home = rows_of(inputs.apprenticeship_achievements_by_provider, _places(inputs, area))
    found = {
        "apprenticeship achievements of residents": at_home,
        "apprenticeship achievements by standard": (
            with_anybody(inputs.apprenticeship_standard_achievements_by_provider_and_standard)
        ),
        "learner achievements by level": levels_of(inputs, area),
        "aim achievements by subject": with_anybody(rows_of(inputs.fe_aim_achievements_by_subject, [area])),
    }
    return ", ".join(name for name, table in found.items() if not has_full_year(table))


def levels_of(inputs: ProjectionInputs, area: str) -> pa.Table:
    """Return learners who achieved by level and by full level, of one area."""
    both = (inputs.fe_learner_achievements_by_level, inputs.fe_learner_achievements_by_full_level)
    return pa.concat_tables([rows_of(table, [area]) for table in both])


def _places(inputs: ProjectionInputs, area: str) -> list[str]:
    """Return the area, if apprenticeships are published for it, else its districts."""
    if rows_of(inputs.apprenticeship_achievements_by_provider, [area]).num_rows:
        return [area]
    return list(members_of(inputs, area))


def _apprenticeships(
    inputs: ProjectionInputs, places: list[str], year: int, routes: tuple[str, ...]
) -> Apprenticeships:
    standards = inputs.apprenticeship_standard_achievements_by_provider_and_standard
    home = full_year(inputs.apprenticeship_achievements_by_provider, places, year)
    everywhere = standards["area_code"].unique().to_pylist()
    mix = full_year(standards, everywhere, year)
    if not home.num_rows or not mix.num_rows:
        raise CoverageError(
            "apprenticeship achievements are absent for an academic year that classroom provision has.",
            place=str(year), do="land the apprenticeship release that covers it.",
        )  # fmt: skip
    return count_achievements(
        home, mix, year, routes, mapping(inputs, "standard_to_route"), mapping(inputs, "standard_to_level"),
        mapping(inputs, "ssa2_to_route"),
    )  # fmt: skip


def draw_inflow(
    rng: np.random.Generator, supply: Supply, declared: Assumptions, years: Keys
) -> tuple[Inflow, Rates, Floats, Floats]:
    """Return drawn inflow of the provision years (route, band, draw), its rates, and factors (year, draw) to carry it on."""
    draws = declared.integer("draws")
    rates = draw_rates(rng, declared, supply.classroom.bands, draws)
    inflow = convert(supply.apprenticeships, supply.classroom, supply.subject_routes, rates)
    spread, exponent = declared["provision_yearly_change_sd"], declared["error_growth_exponent"]
    factors = [
        np.exp(np.outer(np.maximum(years - year, 0.0) ** exponent * spread, rng.standard_normal(draws, np.float32)))
        for year in (supply.apprenticeships.year, supply.classroom.year)
    ]
    return inflow, rates, factors[0].astype(np.float32), factors[1].astype(np.float32)


def _record(
    ledger: Ledger, latest: Apprenticeships, same: Apprenticeships, classroom: Classroom, to_route: Floats,
    subject_keys: Keys, routes: tuple[str, ...], declared: Assumptions,
) -> dict[str, Keys]:  # fmt: skip
    shape = (len(routes) + 1, len(BANDS) + 1)
    made = {m: np.zeros(shape, dtype=np.int64) for m in ("inflow_apprenticeships", "inflow_classroom", "inflow")}
    providers = _record_providers(ledger, latest)
    removed = providers if same is latest else _record_providers(ledger, same)
    rates = declared.keys(*APPRENTICE_RATES, *CARRIED)
    subject_series = _record_subjects(ledger, classroom, removed, declared)
    for b, band in enumerate(BANDS):
        for r, route in enumerate(routes):
            last = r == len(routes) - 1
            feeding = providers[latest.feeds[:, :, b].any(axis=1) if last else latest.feeds[:, r, b]]
            made["inflow_apprenticeships"][r, b] = ledger.add(
                REBASED, "inflow_apprenticeships", "route", route, band, "S3",
                "achievements of residents by provider times the provider's mix of standards, times the match rate",
                [feeding, rates],
            )  # fmt: skip
            used: list[Keys] = [declared.keys(*CARRIED)]
            if band in classroom.bands:
                used += [declared.keys(*rate_names(declared, band)), subject_series[band]]
                used.append(subject_keys[:, :-1] if last else subject_keys[to_route[:, r] > 0, r])
            made["inflow_classroom"][r, b] = ledger.add(
                REBASED, "inflow_classroom", "route", route, band, "S3",
                "learners newly at the level outside apprenticeships, times employed, staying and matched shares",
                used,
            )  # fmt: skip
            parts = [made[m][r, b] for m in ("inflow_apprenticeships", "inflow_classroom")]
            made["inflow"][r, b] = ledger.add(
                REBASED, "inflow", "route", route, band, "S3", "apprenticeships plus classroom provision", parts
            )
    for keys, measure in ((made[m], m) for m in made):
        _record_totals(ledger, keys, measure, routes)
    return made


def _record_totals(ledger: Ledger, keys: Keys, measure: str, routes: tuple[str, ...]) -> None:
    for r, route in enumerate(routes):
        keys[r, -1] = ledger.add(REBASED, measure, "route", route, TOTAL, "S3", "sum of all levels", [keys[r, :-1]])
    for b, band in enumerate((*BANDS, TOTAL)):
        keys[-1, b] = ledger.add(REBASED, measure, "route", TOTAL, band, "S3", "sum of all routes", [keys[:-1, b]])


def _record_providers(ledger: Ledger, of: Apprenticeships) -> Keys:
    return np.array([
        ledger.add(
            REBASED, f"apprenticeship_achievements_{of.year}", "provider", name, TOTAL, "S3",
            "achievements of residents at the provider, split by the provider's own standards, with their routes",
            [of.provider_keys[n]],
        )
        for n, name in enumerate(of.providers)
    ], dtype=np.int64)  # fmt: skip


def _record_subjects(ledger: Ledger, classroom: Classroom, providers: Keys, declared: Assumptions) -> dict[str, Keys]:
    seed = declared.keys("life_and_work_seed_at_level_3_and_above")
    return {
        band: np.array([
            ledger.add(
                REBASED, "classroom_learners", "level", band, band, "S3",
                "learners at the level less apprentices, by subject as fitted from the margins of subject and level",
                [classroom.keys[n], providers, seed],
            )
        ])
        for n, band in enumerate(classroom.bands)
    }  # fmt: skip
