"""Dots with their likely range, one line a row, labelled with the figures and the verdict.

Owns: this drawing. Never: sorts or leaves out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from lmi.evidence.charts.findings import Drawn
from lmi.evidence.charts.svg import BLUE, DARK, ORANGE, PALE, SOFT, Canvas, ticks

_COLOURS = {"shortfall likely": ORANGE, "surplus likely": BLUE}
_LEFT, _RIGHT, _ROW = 215, 500, 46


def draw_intervals(canvas: Canvas, drawn: Sequence[Drawn]) -> None:
    """Draw each row's central figure as a dot on its range; hollow dots are indicative."""
    low = min(0.0, *(d.number("low") for d in drawn))
    high = max(0.0, *(d.number("high") for d in drawn))
    pad = (high - low or 1) * 0.04
    low, high = low - pad, high + pad

    def at(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)

    bottom = 54 + _ROW * len(drawn)
    canvas.text(at(0) - 8, 16, "more people trained", size=12, colour=SOFT, anchor="end")
    canvas.text(at(0) + 8, 16, "more openings", size=12, colour=SOFT)
    for tick in ticks(low, high):
        canvas.line(at(tick), 42, at(tick), bottom, colour=SOFT if tick == 0 else PALE, width=1.5 if tick == 0 else 1)
        canvas.text(at(tick), 36, f"{tick:+,.0f}".replace("-", "−") if tick else "0", size=12, colour=SOFT,
                    anchor="middle", kind="tick")  # fmt: skip
    for n, d in enumerate(drawn):
        y = 70 + _ROW * n
        colour = _COLOURS.get(str(d.row.values.get("verdict")), DARK)
        names = textwrap.wrap(d.name, 28)[:2]
        for i, part in enumerate(names):
            canvas.text(_LEFT - 12, y + 5 + 17 * i - 8 * (len(names) - 1), part, anchor="end")
        canvas.line(at(d.number("low")), y, at(d.number("high")), y, colour=colour, width=4)
        hollow = d.figures["mid"].indicative
        canvas.dot(at(d.number("mid")), y, 6, fill="#ffffff" if hollow else colour, stroke=colour)
        f = d.figures
        canvas.figures(_RIGHT + 12, y - 3, (f["mid"], " (", f["low"], " to ", f["high"], ")"), colour=colour)
        verdict = str(d.row.values.get("verdict") or "")
        canvas.text(_RIGHT + 12, y + 14, verdict + (", indicative" if hollow else ""), size=12, colour=colour)
