"""Whether a rule may be published, from the scores of its back-test.

Owns: the gate of METHODOLOGY section 9.3. Never: runs a back-test, chooses a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from lmi import tables
from lmi.errors import CoverageError

JUDGED = (3, 5)  # horizons that the gate looks at
BASE = "no_change"


@dataclass(frozen=True)
class Verdict:
    """`passes` only when there is nothing in `breaches`; each breach is one sentence."""

    rule: str
    breakdown: str
    breaches: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Return whether the rule may be published."""
        return not self.breaches


def judge(
    scores: pa.Table, rule: str, breakdown: str, current: str, outturn: str, coverage: tuple[float, float]
) -> Verdict:
    """Return whether `rule` beats no change and the `current` rule at horizons 3 and 5, with coverage in the range.

    Scores over all areas are judged: three origins of one area are too few to tell rules apart. Raises CoverageError
    when a score that the gate needs is not there.
    """
    found = {
        (row["rule"], row["horizon"]): row
        for row in scores.to_pylist()
        if row["area_code"] == tables.TOTAL and row["breakdown"] == breakdown and row["outturn"] == outturn
    }
    lost = [f"{r}, {h} years" for r in (rule, current, BASE) for h in JUDGED if (r, h) not in found]
    if lost:
        raise CoverageError(
            "the gate lacks scores.",
            place=f"{outturn}, {breakdown}",
            found="; ".join(lost),
            do="run the back-test again.",
        )
    breaches = [
        f"{rule} errs by {found[rule, h]['wmape']:.3f}% at {h} years, {other} by {found[other, h]['wmape']:.3f}%"
        for h in JUDGED
        for other in dict.fromkeys((BASE, current))
        if other != rule and not found[rule, h]["wmape"] < found[other, h]["wmape"]
    ]
    for h in JUDGED:
        inside = found[rule, h]["coverage"]
        if inside is None or not coverage[0] <= inside <= coverage[1]:
            told = "no interval" if inside is None else f"{100 * inside:.1f}%"
            breaches.append(
                f"coverage of {rule} at {h} years is {told}, not {100 * coverage[0]:g} to {100 * coverage[1]:g}%"
            )
    return Verdict(rule, breakdown, tuple(breaches))


def to_publish(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return for each breakdown the rule to publish: its own where the gate is passed, else no change."""
    return {v.breakdown: v.rule if v.passes else BASE for v in verdicts}
