"""Prospects of those who are trained: people who look for openings over the openings there are, several years together.

Owns: G2, the indicator and its rows. Never: a verdict, or where the unemployed could work: they are spread as openings are.
Method: METHODOLOGY section 7 (G2), after ROA's indicator of the future labour market situation by type of education.
"""

from __future__ import annotations

import numpy as np

from lmi.project.available_rows import Available
from lmi.project.gap_rows import Accounts
from lmi.project.inputs import Assumptions, Floats, Keys
from lmi.project.keys import REBASED, Ledger
from lmi.project.mapped import LEVELS, Routes
from lmi.project.quality import Quality
from lmi.project.rows import Block, Rows
from lmi.project.uncertainty import limits

PROSPECTS, WINDOW, SHORT = "prospects", "prospects_years", "short_term_unemployed_share"


def indicate(taught: Floats, needed: Floats, unemployed: Floats) -> Floats:
    """Return `(inflow + unemployed) / openings` of one window by (route, level, ...), infinite without openings.

    `taught` and `needed` are sums over the years of the window, their last row and column the totals; `unemployed` (...)
    people of short standing, counted once. Which work they look for is not known: each cell has the share of them that it
    has of all openings, so they move every cell alike and the order of cells not at all.
    """
    of_all = np.divide(unemployed, needed[-1, -1], out=np.full_like(needed[-1, -1], np.inf), where=needed[-1, -1] > 0)
    cover = np.divide(taught, needed, out=np.full_like(needed, np.inf), where=needed > 0)
    made: Floats = cover + of_all
    return made


def write_prospects(
    rows: Rows, declared: Assumptions, ledger: Ledger, routes: Routes, accounts: Accounts, available: Available,
    keys: dict[str, Keys], judged: Quality, available_key: int,
) -> None:  # fmt: skip
    """Add the indicator by route and level for every window of the declared years, under the window's first year."""
    span = declared.integer(WINDOW)
    starts = range(len(accounts.years) - span + 1)
    if not starts:
        return
    short = declared[SHORT]
    drawn_short = (available.draws * short).astype(np.float32)
    found = []
    for n in starts:
        years = slice(n, n + span)
        central = indicate(
            accounts.measures["inflow"].p50[..., years].sum(axis=-1),
            accounts.measures["openings_people"].p50[..., years].sum(axis=-1), np.asarray(available.people * short),
        )  # fmt: skip
        draws = indicate(sum(accounts.taught[years]), sum(accounts.need[years]), drawn_short)  # type: ignore[arg-type]
        found.append((central, *limits(draws, central)))
    centre, low, high = (np.stack([f[e] for f in found], axis=-1).reshape(-1, len(found)) for e in range(3))
    keep = np.isfinite(centre).all(axis=1)
    codes = [r for r in routes.codes for _ in LEVELS]
    levels = [b for _ in routes.codes for b in LEVELS]
    picked = [(codes[i], levels[i], i) for i in np.flatnonzero(keep).tolist()]
    used = [keys[m].ravel() for m in ("openings_people", "inflow")]
    every = keys["openings_people"][-1, -1]
    made = [
        ledger.add(REBASED, PROSPECTS, "route", code, level, "G2",
                   "inflow and short-term unemployed over openings, in people, of several years together",
                   [[used[0][i], used[1][i], every, available_key], declared.keys(WINDOW, SHORT)])
        for code, level, i in picked
    ]  # fmt: skip
    behind = accounts.jobs.reshape(len(codes), -1)[keep][:, : len(found)]
    quality = Quality(judged.level[keep][:, : len(found)], judged.reason[keep][:, : len(found)])
    rows.add(Block(
        REBASED, PROSPECTS, "route", [c for c, _, _ in picked], [b for _, b, _ in picked], accounts.years[: len(found)],
        centre[keep], behind, quality, made, low[keep], high[keep],
    ))  # fmt: skip
