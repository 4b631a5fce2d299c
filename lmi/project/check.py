"""The official projection against what was counted after it.

Owns: the score of a path that was published before its outturn. Never: claims an interval for it.
Method: METHODOLOGY section 9. One origin, and the outturn is a survey with an error of its own: read it as a sign.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lmi.project.inputs import Floats
from lmi.project.panel import Panel
from lmi.project.scores import SCORED, SCORES, Sample, summarise

CHECKED = ("no_change", "official", "official_england", "published")


def score_official(actual: Panel, official: Panel, weights: tuple[float, float], outturn: str) -> pa.Table:
    """Return the scores of no change, the area's official path, England's, and their weighted mean with no change.

    `actual` has a year of survey figures each; `official` the same areas, codes and years, its figures brought to the
    survey's dates. `weights` are those of the area's and England's official growth in D2; the rest is no change.
    """
    own = np.log(official.values / official.values[:, :, :1])
    wide = np.log(official.comparator / official.comparator[:, :1])
    rows: list[dict[str, object]] = []
    for horizon in (h for h in SCORED if h < len(actual.years)):
        last = len(actual.years) - horizon
        growth: dict[str, list[Floats]] = {rule: [] for rule in CHECKED}
        for at in range(last):
            a, e = own[:, :, at + horizon] - own[:, :, at], wide[:, at + horizon] - wide[:, at] + 0 * own[:, :, 0]
            for rule, g in zip(CHECKED, (0 * a, a, e, weights[0] * a + weights[1] * e), strict=True):
                growth[rule].append(g)
        now = np.moveaxis(actual.values[:, :, :last], 2, 0)
        then = np.moveaxis(actual.values[:, :, horizon:], 2, 0)
        for rule in CHECKED:
            sample = Sample(now, then, now * np.exp(np.stack(growth[rule])), now, None)
            same = {
                "outturn": outturn, "breakdown": actual.breakdown, "horizon": horizon, "rule": rule,
                "first_origin": int(actual.years[0]), "last_origin": int(actual.years[last - 1]),
            }  # fmt: skip
            rows += summarise(sample, actual.areas, same)
    return pa.Table.from_pylist(rows, schema=SCORES)


def bring_to_dates(official: Panel, share_of_year: float) -> Panel:
    """Return the yearly path, each at mid-year, read `share_of_year` of a year earlier by a straight line.

    A survey year from April to March is centred on 1 October of the year before the one in which it ends: three
    quarters of a year before the mid-year of that one. The first year falls away.
    """
    values = official.values[:, :, 1:] * (1 - share_of_year) + official.values[:, :, :-1] * share_of_year
    wide = official.comparator[:, 1:] * (1 - share_of_year) + official.comparator[:, :-1] * share_of_year
    return Panel(official.breakdown, official.areas, official.codes, official.years[1:], values, wide)
