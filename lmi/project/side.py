"""The demand side of one scenario, part by part, with its lineage.

Owns: a breakdown's flows and the keys of its series, sums and shares of other breakdowns. Never: reads a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import TOTAL, Ledger
from lmi.project.quality import Words, by_base
from lmi.project.replacement import Flows, weigh
from lmi.project.rows import Block, Rows
from lmi.project.uncertainty import limits, probability_above_zero

MEASURES = ("jobs", "net_change", "replacement", "total_requirement", "openings")
SIGNED = ("net_change", "total_requirement")  # measures whose sign is in doubt, so a probability is stored
FORMULAS: Mapping[str, tuple[str, str]] = {
    "net_change": ("D7", "jobs of the year less jobs of the year before"),
    "replacement": ("D6", "simple annual rate times mean of this and last year's jobs, scaled to the occupations' sum"),
    "total_requirement": ("D7", "net change plus replacement; may be negative"),
    "openings": ("D7", "the requirement of each code and year, none below zero"),
}


@dataclass(frozen=True)
class Part:
    """One breakdown of demand: central flows, drawn flows or None, and series keys by measure."""

    breakdown: str
    codes: tuple[str, ...]
    central: Flows
    drawn: Flows | None
    keys: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Side:
    """All breakdowns of one scenario over `years` (the first has jobs only)."""

    scenario: str
    years: NDArray[np.int64]
    parts: dict[str, Part]


def record_flows(
    ledger: Ledger, scenario: str, breakdown: str, codes: Sequence[str], jobs: Sequence[int], rates: Sequence[int],
    replacement_total: int | None = None,
) -> dict[str, tuple[int, ...]]:  # fmt: skip
    """Record the flow series of a breakdown whose jobs series exist; return all keys by measure."""
    made: dict[str, list[int]] = {m: [] for m in MEASURES}
    made["jobs"] = list(jobs)
    for n, code in enumerate(codes):

        def add(measure: str, *used: int) -> int:
            return ledger.add(scenario, measure, breakdown, code, TOTAL, *FORMULAS[measure], [list(used)])  # noqa: B023

        net = add("net_change", jobs[n])
        replaced = add("replacement", jobs[n], rates[n], *([replacement_total] if replacement_total else []))
        required = add("total_requirement", net, replaced)
        for measure, key in zip(MEASURES[1:], (net, replaced, required, add("openings", required)), strict=True):
            made[measure].append(key)
    return {m: tuple(k) for m, k in made.items()}


def record_sums(
    ledger: Ledger, scenario: str, breakdown: str, codes: Sequence[str], member: Floats, source: Part,
    step: str, formula: str, extra: Sequence[Keys | int] | None = None, measures: Sequence[str] = MEASURES,
) -> dict[str, tuple[int, ...]]:  # fmt: skip
    """Record series that add up shares `member` (source code, code) of a part's series; return keys by measure."""
    made: dict[str, tuple[int, ...]] = {}
    for measure in measures:
        below = np.array(source.keys[measure], dtype=np.int64)
        made[measure] = tuple(
            ledger.add(
                scenario, measure, breakdown, code, TOTAL, step, formula,
                [below[member[:, n] > 0], *([np.atleast_1d(extra[n])] if extra is not None else [])],
            )
            for n, code in enumerate(codes)
        )  # fmt: skip
    return made


def group_part(
    ledger: Ledger, scenario: str, breakdown: str, codes: Sequence[str], member: Floats, source: Part,
    jobs: Floats, drawn_jobs: Floats | None, keys: Sequence[int], extra: Sequence[Keys] | None = None,
) -> Part:  # fmt: skip
    """Return a part of groups whose jobs are given: replacement and openings are the members' sums."""
    over = list(extra) if extra is not None else [np.empty(0, np.int64)] * len(codes)
    made: dict[str, list[int]] = {m: [] for m in MEASURES}
    made["jobs"] = list(keys)
    for n, code in enumerate(codes):
        of = {m: np.array(source.keys[m], dtype=np.int64)[member[:, n] > 0] for m in ("replacement", "openings")}
        step, formula = FORMULAS["net_change"]
        net = ledger.add(scenario, "net_change", breakdown, code, TOTAL, step, formula, [[keys[n]]])
        summed = "sum of the replacement of its members"
        lost = ledger.add(scenario, "replacement", breakdown, code, TOTAL, "D6", summed, [of["replacement"], over[n]])
        step, formula = FORMULAS["total_requirement"]
        need = ledger.add(scenario, "total_requirement", breakdown, code, TOTAL, step, formula, [[net, lost]])
        floored = "sum of its members' requirements, each first held at zero or more"
        free = ledger.add(scenario, "openings", breakdown, code, TOTAL, "D7", floored, [of["openings"], over[n]])
        for measure, key in zip(MEASURES[1:], (net, lost, need, free), strict=True):
            made[measure].append(key)
    central = _group_flows(jobs, source.central, member)
    drawn = _group_flows(drawn_jobs, source.drawn, member) if source.drawn and drawn_jobs is not None else None
    return Part(breakdown, tuple(codes), central, drawn, {m: tuple(k) for m, k in made.items()})


def _group_flows(jobs: Floats, source: Flows, member: Floats) -> Flows:
    net = np.diff(jobs, axis=1)
    replaced = weigh(member, source.replacement)
    required = net + replaced
    openings = np.maximum(weigh(member, source.openings), required)
    return Flows(jobs, net, replaced, required, openings)


def sum_part(
    ledger: Ledger, scenario: str, breakdown: str, codes: Sequence[str], member: Floats, source: Part,
    step: str, formula: str, extra: Sequence[Keys | int] | None = None,
) -> Part:  # fmt: skip
    """Return a part made of shares of another, with its series recorded."""
    keys = record_sums(ledger, scenario, breakdown, codes, member, source, step, formula, extra)
    drawn = source.drawn.add_up(member) if source.drawn else None
    return Part(breakdown, tuple(codes), source.central.add_up(member), drawn, keys)


def write_part(rows: Rows, words: Words, declared: Assumptions, side: Side, part: Part, suffix: str) -> None:
    """Add a part's five measures to the rows, with intervals where there are draws."""
    base = part.central.jobs
    drawn = part.drawn.parts() if part.drawn else (None,) * len(MEASURES)
    for measure, figures, draws in zip(MEASURES, part.central.parts(), drawn, strict=True):
        first = 0 if measure == "jobs" else 1
        if figures.shape[1] == 0:
            continue
        low, high = limits(draws, figures) if draws is not None else (None, None)
        sign = probability_above_zero(draws) if draws is not None and measure in SIGNED else None
        behind = base[:, first:]
        rows.add(
            Block(
                side.scenario, measure, part.breakdown, part.codes, [TOTAL] * len(part.codes), side.years[first:],
                figures, behind, by_base(behind, declared, words, "people", suffix), part.keys[measure],
                low, high, sign,
            )
        )  # fmt: skip
