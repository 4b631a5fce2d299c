"""How far a figure may be trusted, in a class and in words.

Owns: classes A, B, C and their reasons, and what may be claimed from a gap. Never: changes a figure.
Method: METHODOLOGY section 7 (publication classes of the official projections) and docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lmi.project.inputs import Assumptions, Floats
from lmi.project.keys import NOT_ASSIGNED, TOTAL

CLASSES = ("A", "B", "C")
ABSENT = "stream_absent_"  # followed by the band; 0 none, 1 a known stream, 2 the main stream
ALLOWANCE = "absent_stream_allowance_"  # followed by the band
HELD = "openings are at the level held, which is not the level needed"
STREAMS = {
    "below_2": "openings held below level 2 need no provision, and learners below level 2 mostly go on to learn more",
    "2": "school leavers and 16 to 19 study programmes are not in the inflow",
    "3": "16 to 19 study programmes (A and T levels, college diplomas) are not in the inflow",
    "4-5": "higher education below degree level is not in the inflow",
    "6": "higher education, the main inflow at level 6, is not in the inflow",
    "7+": "higher education, the main inflow at level 7 and above, is not in the inflow",
    TOTAL: "the sum adds levels at which higher education and schools are the main inflow, which is not in the data",
}


@dataclass
class Words:
    """Reasons, each kept once."""

    texts: list[str] = field(default_factory=list)

    def index(self, text: str) -> int:
        """Return the place of `text`, adding it when new."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


@dataclass(frozen=True)
class Quality:
    """Class (0, 1, 2 for A, B, C) and reason of each cell."""

    level: NDArray[np.int64]
    reason: NDArray[np.int64]


def by_base(base: Floats, declared: Assumptions, words: Words, unit: str, suffix: str = "") -> Quality:
    """Return the class by size. `unit` is people, for modelled figures, or learners, for full administrative counts."""
    high, low = declared[f"quality_a_{unit}"], declared[f"quality_b_{unit}"]
    level = np.where(base >= high, 0, np.where(base >= low, 1, 2))
    noun = "jobs" if unit == "people" else "learners"
    said = np.array([
        words.index(f"rests on {high:,.0f} or more {noun}{suffix}"),
        words.index(f"rests on {low:,.0f} to {high:,.0f} {noun}: indicative{suffix}"),
        words.index(f"rests on fewer than {low:,.0f} {noun}: not for publication{suffix}"),
    ])  # fmt: skip
    return Quality(level, said[level])


@dataclass(frozen=True)
class Chances:
    """Probabilities of a gap above zero, each (cell, year), on three readings of what is not known.

    `narrow`: openings of mapped unit groups only, inflow as counted. `wide`: unit groups without a route follow the
    mapped ones of their occupation, and only those new to their job count as inflow. `strict`: the inflow has the
    allowance for absent streams added. `mapped`: openings of the narrow reading over those of the wide one. `cover`:
    inflow over openings, both central.
    """

    narrow: Floats
    wide: Floats
    strict: Floats
    mapped: Floats
    cover: Floats


def of_gap(
    base: Quality, codes: list[str], levels: list[str], chances: Chances, declared: Assumptions, words: Words
) -> Quality:
    """Return the class of gap cells (cell, year), from base, absent streams and unmapped unit groups.

    A claim is allowed only where it survives what is known to be left out: unmapped openings and people who stay in
    the job they had can undo a surplus, so it must hold on the wide reading, and most openings must have a route;
    absent inflow can undo a shortfall, so it must hold on the strict reading, and provision must be a way into these
    jobs at all: where it covers few of the openings, they are filled otherwise. Sums over routes or levels say nothing.
    """
    level, reason = base.level.copy(), base.reason.copy()
    high, low = declared["shortfall_probability"], declared["surplus_probability"]
    most, least_cover = declared["mapped_share_for_surplus"], declared["least_cover_for_shortfall"]
    for n, (code, band) in enumerate(zip(codes, levels, strict=True)):
        silent = _says_nothing(code, band, declared)
        if silent:
            level[n], reason[n] = 2, words.index(silent)
            continue
        narrow, wide, strict = chances.narrow[n], chances.wide[n], chances.strict[n]
        surplus, short, mapped = narrow <= low, narrow >= high, chances.mapped[n] >= most
        entered = np.full(narrow.shape, chances.cover[n].min() >= least_cover)  # in every year, or in none
        for where, least, text in (
            (surplus & mapped & (wide <= low), 1, "the surplus holds with unmapped jobs and new entrants only"),
            (surplus & mapped & (wide > low), 2, "unmapped jobs or learners who keep a job could undo the surplus"),
            (surplus & ~mapped, 2, "too few jobs of these occupations have a route to claim a surplus"),
            (short & entered & (strict >= high), 1, f"{HELD}; the shortfall holds with absent streams allowed for"),
            (short & entered & (strict < high), 2, f"{STREAMS[band]} and could undo the shortfall"),
            (short & ~entered, 2, "most such openings are filled without this provision: its size shows no lack"),
            (~surplus & ~short, 1, f"{STREAMS[band]}, nor jobs without a route in the openings"),
        ):
            _set(level, reason, n, where, least, words.index(text))
    return Quality(level, reason)


def _says_nothing(code: str, band: str, declared: Assumptions) -> str:
    """Return why no verdict can be given whatever the figures, or nothing."""
    if code == NOT_ASSIGNED:
        return "holds what could not be given a route on either side: not a gap"
    if band == TOTAL or declared.integer(ABSENT + band) > 1:
        return f"{STREAMS[band]}: no verdict"
    if code == TOTAL:
        return "the sum over routes holds openings and inflow without a route: no verdict"
    return ""


def _set(
    level: NDArray[np.int64], reason: NDArray[np.int64], row: int, where: NDArray[np.bool_], least: int, text: int
) -> None:
    worse = where & (level[row] <= least)
    level[row] = np.where(worse, least, level[row])
    reason[row] = np.where(worse, text, reason[row])


def verdict_rule(declared: Assumptions) -> dict[str, object]:
    """Return how a reader derives the verdict from a stored gap: class C says nothing, then the thresholds."""
    return {
        "applies_to": "measure gap",
        "withheld_when": "quality_class = 'C'; print quality_reason instead",
        "shortfall likely": f"probability >= {declared['shortfall_probability']:g}",
        "surplus likely": f"probability <= {declared['surplus_probability']:g}",
        "too close to call": "otherwise",
    }
