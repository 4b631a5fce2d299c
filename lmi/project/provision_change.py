"""Provision that a scenario adds or takes away, before any conversion.

Owns: which part of the counted provision a change means, and how much of it comes or goes. Never: converts people, or
spreads a change over what it does not name. Method: METHODOLOGY section 5 (S3) and 8 (scenarios).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lmi.errors import CoverageError, DeclarationError
from lmi.project.apprenticeships import Apprenticeships
from lmi.project.change import choose_subjects, years_of
from lmi.project.inputs import Assumptions, Floats
from lmi.project.keys import BANDS
from lmi.project.provision import Classroom
from lmi.registry.scenarios import Provision

ACHIEVED = "_achievement_rate"  # after the stream's name: achievements for each start
DELAY = "_years"  # after the stream's name: years from start to achievement


@dataclass(frozen=True)
class Addition:
    """One change: provision of either stream to add (less than zero: to take away) in the years where `when` holds."""

    when: NDArray[np.bool_]
    apprenticeships: Apprenticeships
    classroom: Classroom


def add_provision(
    changes: Sequence[Provision], apprenticeships: Apprenticeships, classroom: Classroom, subjects: Sequence[str],
    years: NDArray[np.int64], declared: Assumptions,
) -> tuple[Addition, ...]:  # fmt: skip
    """Return what each change adds to the provision of one year.

    `subjects` are all sector subject areas that are known. A factor scales the part that is named; added starts are
    multiplied by the stream's achievement rate, come the stream's delay later, and go to routes as that part does now.
    Raises DeclarationError where a change names a subject, provider or level that has no provision to change.
    """
    nobody = replace(apprenticeships, by_route=np.zeros_like(apprenticeships.by_route))
    nothing = replace(classroom, full=np.zeros_like(classroom.full), short=np.zeros_like(classroom.short))
    made = []
    for change in changes:
        lag = declared.integer(change.stream + DELAY)
        when = years_of(change, years, lag)
        rate = declared[change.stream + ACHIEVED]
        if change.stream == "apprenticeships":
            made.append(Addition(when, _apprentices(change, apprenticeships, subjects, rate), nothing))
        else:
            made.append(Addition(when, nobody, _learners(change, classroom, subjects, rate)))
    return tuple(made)


def _apprentices(change: Provision, of: Apprenticeships, subjects: Sequence[str], rate: float) -> Apprenticeships:
    detail = of.detail
    kinds = choose_subjects(change, detail.subjects, subjects)
    if change.level is not None:
        kinds &= detail.band == BANDS.index(change.level)
    achieved = detail.achieved[_providers(change, detail.providers)][:, kinds].sum(axis=0)
    onehot = np.zeros((len(achieved), len(BANDS)))
    onehot[np.arange(len(achieved)), detail.band[kinds]] = achieved
    base = detail.route[kinds].T @ onehot
    return replace(of, by_route=_scaled(change, base, rate))


def _learners(change: Provision, of: Classroom, subjects: Sequence[str], rate: float) -> Classroom:
    chosen = choose_subjects(change, of.subjects, subjects)
    bands = np.array([change.level in (None, b) for b in of.bands])
    share = of.subject_share * chosen[:, None] * bands[None, :]
    part = share.sum(axis=0)
    within = np.divide(share, part, out=of.subject_share.copy(), where=part > 0)
    full = _scaled(change, of.full * part, rate)
    short = np.zeros_like(full) if change.add is not None else _scaled(change, of.short * part, rate)
    return replace(of, full=full, short=short, subject_share=within)


def _scaled(change: Provision, base: Floats, rate: float) -> Floats:
    if change.factor is not None:
        made: Floats = (change.factor - 1) * base
        if change.factor != 1 and not base.any():
            raise _no_provision(change)
        return made
    if not base.sum() > 0:
        raise _no_provision(change)
    added: Floats = float(change.add or 0.0) * rate * base / base.sum()
    return added


def _no_provision(change: Provision) -> DeclarationError:
    named = ", ".join(
        f"{name} {value}" for name, value in
        (("subject", change.subject), ("level", change.level), ("provider", change.provider)) if value is not None
    )  # fmt: skip
    return DeclarationError(
        f"there is no provision of {change.stream} to change.", place=named or change.stream,
        expected="a subject, level or provider with residents who achieved in the latest whole year",
        do="name a wider subject or another level; where nothing is taught yet, no mix of routes is known.",
    )  # fmt: skip


def _providers(change: Provision, names: Sequence[str]) -> NDArray[np.bool_]:
    if change.provider is None:
        return np.ones(len(names), dtype=bool)
    wanted = change.provider.strip().lower()
    found = np.array([name.strip().lower() == wanted for name in names], dtype=bool)
    if not found.any():
        raise CoverageError(
            f"no resident achieved at the provider {change.provider!r} in the latest whole year.",
            expected=", ".join(names[:10]) + (", and others" if len(names) > 10 else ""),
            do="use the provider's UKPRN or its name in small letters, as the source prints it.",
        )  # fmt: skip
    return found
