"""Runs a what-if on the published build and sets it beside the baseline.

Owns: the two runs and the answer in words. Never: writes to the build, keeps a result.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lmi.engine import connect, fetch
from lmi.pipeline.folders import Folders
from lmi.publish import published_build
from lmi.registry import load
from lmi.registry.scenarios import Scenario, declared_scenarios, load_scenario

_LEAST = 1 / 2  # a difference that rounds to no job and no person is not shown


@dataclass(frozen=True)
class Outcome:
    """A scenario, every compared figure with its difference, and what must be said with them."""

    scenario: Scenario
    differences: pa.Table
    notes: tuple[str, ...]


def find_scenario(name: str) -> Path:
    """Return the file of a scenario: one that comes with the project, by its id, or any file."""
    return declared_scenarios().get(name, Path(name))


def run_scenario(data: Path, path: Path) -> Outcome:
    """Return what the scenario of the file changes in the published build, in paired draws.

    Raises DeclarationError when the file, or something it names, is wrong.
    """
    from lmi.project.change import BASELINE, change_of
    from lmi.project.compare import compare
    from lmi.project.inputs import ProjectionInputs
    from lmi.project.run import project

    scenario, registry = load_scenario(path), load()
    with connect(published_build(Folders(data).curated).database, read_only=True) as con:
        inputs = ProjectionInputs.from_reader(lambda relation: fetch(con, f'select * from "{relation}"'))
        area_id = str(fetch(con, "select area_id from parameters")["area_id"][0].as_py())
    area, seed = registry.area(area_id), registry.house.seed
    change = change_of(scenario)
    baseline = project(inputs, area.code, area.england, seed, change_of(NOTHING))
    other = baseline if change == BASELINE else project(inputs, area.code, area.england, seed, change)
    return Outcome(scenario, compare(baseline, other), _notes(scenario))


def largest(differences: pa.Table, year: int | None, rows: int) -> pa.Table:
    """Return the largest differences of each measure and breakdown in one year (the last, if none is given)."""
    when = year if year is not None else int(pc.max(differences["year"]).as_py())
    here = differences.filter(
        pc.and_(pc.equal(differences["year"], when), pc.greater_equal(pc.abs(differences["difference"]), _LEAST))
    )
    sized = here.append_column("size", pc.abs(here["difference"]))
    order = [("measure", "ascending"), ("breakdown", "ascending"), ("size", "descending"), ("code", "ascending")]
    made = sized.sort_by([*order, ("level", "ascending")]).drop_columns("size")
    seen: dict[tuple[str, str], int] = {}
    keep = []
    for key in zip(made["measure"].to_pylist(), made["breakdown"].to_pylist(), strict=True):
        seen[key] = seen.get(key, 0) + 1
        keep.append(seen[key] <= rows)
    return made.filter(pa.array(keep, pa.bool_()))


NOTHING = Scenario(id="rebased", title="", description="", author="", source="")


def _notes(scenario: Scenario) -> tuple[str, ...]:
    first = f"{scenario.title}. {scenario.description}"
    if scenario.changes_nothing:
        first += " It changes nothing: every difference is zero."
    return (
        "", first, f"Author: {scenario.author}. Source: {scenario.source}.",
        "Jobs, or people a year for openings_people, inflow and gap; difference with its 80% interval, draw against draw.",
        "A scenario is a what-if, not a forecast; the interval says how unsure its effect is, not how likely it is.",
    )  # fmt: skip
