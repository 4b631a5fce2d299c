"""What a scenario or a dated override changes, as arrays.

Owns: the effects on jobs, provision, levels and assumptions. Never: reads a file, decides what is likely.
Method: METHODOLOGY sections 4 (D2, overrides) and 8 (scenarios).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi.errors import DeclarationError
from lmi.project.inputs import Floats
from lmi.project.keys import BANDS
from lmi.registry.scenarios import Displacement, Jobs, Provision, Scenario, Substitution


@dataclass(frozen=True)
class Change:
    """Everything that differs from the baseline. The default changes nothing, and then the bytes are the baseline's."""

    jobs: tuple[Jobs, ...] = ()
    provision: tuple[Provision, ...] = ()
    displacement: Displacement | None = None
    substitution: tuple[Substitution, ...] = ()
    assumptions: dict[str, float] = field(default_factory=dict)
    keep_draws: bool = False  # hand on the draws of what is compared


BASELINE = Change()


def change_of(scenario: Scenario, keep_draws: bool = True) -> Change:
    """Return a scenario's changes."""
    return Change(
        scenario.jobs, scenario.provision, scenario.displacement, scenario.substitution,
        {a.id: a.value for a in scenario.assumption}, keep_draws,
    )  # fmt: skip


def jobs_of_overrides(overrides: pa.Table) -> tuple[Jobs, ...]:
    """Return dated overrides as changes of jobs."""
    return tuple(
        Jobs(industry=row["industry"], jobs=row["jobs"], first_year=row["first_year"], last_year=row["last_year"])
        for row in overrides.to_pylist()
    )


def jobs_by_industry(
    changes: Sequence[Jobs], years: NDArray[np.int64], industries: Sequence[str], sectors: Sequence[str], share: Floats,
    level: Floats,
) -> Floats:  # fmt: skip
    """Return the jobs that come or go by (industry, year).

    Jobs of a sector go to its industries by their present jobs in it: `share` (industry, sector) of `level` (industry,).
    Raises DeclarationError for an industry or sector that is not known, or years that the projection does not reach.
    """
    made = np.zeros((len(industries), len(years)))
    for change in changes:
        where = np.zeros(len(industries))
        if change.industry is not None:
            where[_position("industry", change.industry, industries)] = 1
        else:
            inside = share[:, _position("sector", str(change.sector), sectors)] * level
            where = inside / inside.sum()
        made += where[:, None] * (change.jobs * _ramp(change.first_year, change.last_year, years))[None, :]
    return made


def _ramp(first: int, last: int | None, years: NDArray[np.int64]) -> Floats:
    """Return the share reached in each year: nothing before `first`, all from `last` on, a straight line between."""
    if first > years[-1]:
        raise DeclarationError(
            "a change begins after the projection ends.", expected=f"{years[0]} to {years[-1]}", found=str(first),
            do="give an earlier first_year.",
        )  # fmt: skip
    span = (last if last is not None else first) - first + 1
    made: Floats = np.clip((years - first + 1) / span, 0.0, 1.0)
    return made


def check_jobs(jobs: Floats, industries: Sequence[str], years: NDArray[np.int64]) -> None:
    """Raise DeclarationError where a change leaves an industry with fewer jobs than none."""
    below = jobs < 0
    if below.any():
        i, t = (int(n[0]) for n in np.nonzero(below))
        raise DeclarationError(
            "a change takes more jobs than an industry has.", place=f"{industries[i]}, {years[t]}",
            found=f"{jobs[i, t]:,.0f} jobs left", do="close fewer jobs, or name the industry that loses them.",
        )  # fmt: skip


def displace(paths: Floats, change: Displacement) -> Floats:
    """Return paths (code, year) in which those that end below their start shrink `factor` times as fast."""
    shrinking = (paths[:, -1] < paths[:, 0]) & (paths[:, 0] > 0)
    ratio = np.divide(paths, paths[:, :1], out=np.ones_like(paths), where=paths[:, :1] > 0)
    faster: Floats = np.where(shrinking[:, None], paths[:, :1] * ratio**change.factor, paths)
    return faster


def substitute(bands: Floats, changes: Sequence[Substitution]) -> Floats:
    """Return held shares (occupation, band, year) with a share of one level's openings moved to another."""
    made = bands.copy()
    for change in changes:
        there, here = BANDS.index(change.to_level), BANDS.index(change.from_level)
        moved = made[:, here] * change.share
        made[:, here] -= moved
        made[:, there] += moved
    return made


def years_of(change: Provision, years: NDArray[np.int64], lag: int) -> NDArray[np.bool_]:
    """Return the years in which the change reaches achievements: `lag` years later for starts, at once for rates."""
    late = lag if change.of == "starts" else 0
    last = change.last_year if change.last_year is not None else int(years[-1])
    return (years >= change.first_year + late) & (years <= last + late)


def choose_subjects(change: Provision, subjects: Sequence[str], known: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of `subjects` the change means; a tier 1 code means all its tier 2 codes.

    Raises DeclarationError for a subject that is not among the `known` codes.
    """
    if change.subject is None:
        return np.ones(len(subjects), dtype=bool)
    if change.subject not in known:
        raise DeclarationError(
            f"there is no sector subject area {change.subject!r}.", expected=", ".join(known),
            do="use a code of tier 1, as 4, or of tier 2, as 4.1.",
        )  # fmt: skip
    return np.array([s == change.subject or s.startswith(f"{change.subject}.") for s in subjects], dtype=bool)


def _position(kind: str, code: str, known: Sequence[str]) -> int:
    if code not in known:
        raise DeclarationError(f"there is no {kind} {code!r}.", expected=", ".join(known), do="use one of these codes.")
    return list(known).index(code)
