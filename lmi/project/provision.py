"""Classroom further education of residents by subject and level.

Owns: which learners count as newly qualified at a level, and the fit of subjects to levels. Never: adds overlapping
subgroups, counts apprentices again, or uses part of a year. Method: METHODOLOGY section 5 (S3).
"""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from dataclasses import dataclass

import numpy as np

from lmi.errors import CoverageError
from lmi.project.inputs import Assumptions, Floats, Grid, Keys
from lmi.project.ipf import fit_margins

ESSENTIAL = "FE-ESS"
#: Published level -> (band, the published level that raises the highest qualification, if told apart).
LEVELS: Lookup[str, tuple[str, str | None]] = {
    "FE-B2": ("below_2", None), "FE-2": ("2", "FE-2F"), "FE-3": ("3", "FE-3F"), "FE-4": ("4-5", None),
}  # fmt: skip
LIFE_AND_WORK = "14"  # sector subject area of English, maths, ESOL and employability
SOFT_ZERO = 1e-6  # a cell thought empty keeps a trace, so that published margins can always be met


@dataclass(frozen=True)
class Classroom:
    """Learners of one academic year who achieved outside apprenticeships, by band of LEVELS."""

    year: int
    bands: tuple[str, ...]
    full: Floats  # learners whose aim is a full level (all of them where the publisher does not tell)
    short: Floats  # learners with a shorter aim at the level
    subjects: tuple[str, ...]
    subject_share: Floats  # (subject, band), columns sum to one
    learners_per_aim: float
    margin_error: float
    keys: tuple[Keys, ...]  # cells behind each band


def count_classroom(levels: Grid, subjects: Grid, apprentices: Floats, year: int, declared: Assumptions) -> Classroom:
    """Return classroom learners and their subjects for the academic year that ends in `year`.

    `levels` counts learners once at each level, apprentices among them; `apprentices` (level 2, 3, 4 and above) are
    taken out. Full level 2 is inside level 2: `full` is the full-level figure less apprentices, `short` the rest.
    Subjects count aims: the table of subject by level is fitted from the two margins, since no release prints it for
    districts; essential skills stand only in preparation for life and work.
    """
    found = levels.take([ESSENTIAL, *LEVELS, *(f for _, f in LEVELS.values() if f)], [year])
    learners = dict(zip(found.codes, found.values[:, 0], strict=True))
    keys = dict(zip(found.codes, found.keys[:, 0], strict=True))
    aims = subjects.take(subjects.codes, [year])
    lost = [c for c, v in learners.items() if np.isnan(v)]
    if lost:
        raise CoverageError("learner achievements are missing at a level.", place=str(year), found=", ".join(lost))
    taken = np.array([0.0, *apprentices])
    every = np.maximum(np.array([learners[c] for c in LEVELS]) - taken, 0.0)
    full = np.array([
        max(learners[f] - t, 0.0) if f else e for (_, f), t, e in zip(LEVELS.values(), taken, every, strict=True)
    ])  # fmt: skip
    full = np.minimum(full, every)
    columns = np.array([learners[ESSENTIAL], *every])
    rows = np.nan_to_num(aims.values[:, 0])
    fit = fit_margins(_seed(aims.codes, declared), rows, np.maximum(columns, SOFT_ZERO))
    by_level = fit.table[:, 1:]
    return Classroom(
        year, tuple(b for b, _ in LEVELS.values()), full, every - full, aims.codes,
        by_level / by_level.sum(axis=0), float(columns.sum() / rows.sum()), fit.margin_error,
        tuple(
            np.array([int(k) for k in (keys[c], keys[f] if f else keys[c], *aims.keys[:, 0]) if k >= 0], dtype=np.int64)
            for c, (_, f) in LEVELS.items()
        ),
    )  # fmt: skip


def _seed(subjects: tuple[str, ...], declared: Assumptions) -> Floats:
    basic = np.array([s == LIFE_AND_WORK for s in subjects])
    seed = np.ones((len(subjects), 1 + len(LEVELS)))
    seed[~basic, 0] = SOFT_ZERO
    high = max(declared["life_and_work_seed_at_level_3_and_above"], SOFT_ZERO)
    upper = np.array([False, *(band in ("3", "4-5") for band, _ in LEVELS.values())])
    seed[np.ix_(basic, upper)] = high
    return seed
