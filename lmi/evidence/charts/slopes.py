"""What moves a figure, and how figures moved: a tornado of low and high inputs, and slopes from before to after.

Owns: these drawings. Never: sorts or leaves out.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from lmi.evidence.charts.findings import Drawn
from lmi.evidence.charts.svg import BLUE, INK, ORANGE, PALE, SOFT, Canvas, gridlines, legend

_LEFT, _RIGHT, _ROW = 275, 580, 44
_BEFORE, _AFTER, _LANE = 400, 600, 46
#: The steepest line of a slope chart rises so far, and a change of this share of the figure is the least that does.
_STEEPEST, _LEAST_SHARE = 15.0, 0.02


def draw_tornado(canvas: Canvas, drawn: Sequence[Drawn]) -> None:
    """Draw, for each input, the figure with the input at its low end and at its high end, on either side of the centre."""
    values = [d.number(part) for d in drawn for part in ("low", "mid", "high")]
    low, high = min(values), max(values)
    pad = (high - low or 1) * 0.04
    low, high = low - pad, high + pad

    def at(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)

    legend(canvas, _LEFT, (BLUE, "this input low"), (ORANGE, "this input high"))
    bottom = 58 + _ROW * len(drawn)
    gridlines(canvas, low, high, at, bottom)
    for n, d in enumerate(drawn):
        y = 60 + _ROW * n
        names = textwrap.wrap(d.name, 40)[:2]
        for i, part in enumerate(names):
            canvas.text(_LEFT - 10, y + 18 + 15 * i - 7 * (len(names) - 1), part, size=13, anchor="end")
        for part, colour in (("low", BLUE), ("high", ORANGE)):
            start, end = sorted((at(d.number("mid")), at(d.number(part))))
            canvas.box(start, y + 3, end - start, 20, fill=colour)
        canvas.figures(_RIGHT + 10, y + 18, (d.figures["low"], " to ", d.figures["high"]), size=13)
    canvas.line(at(drawn[0].number("mid")), 48, at(drawn[0].number("mid")), bottom, colour=INK, width=1.5)


def draw_slopes(canvas: Canvas, drawn: Sequence[Drawn]) -> None:
    """Draw each figure in a lane of its own; all lanes have one scale, the change as a share of the figure before."""
    shares = [_change(d) for d in drawn]
    scale = _STEEPEST / max(*(abs(s) for s in shares), _LEAST_SHARE)
    canvas.text(_BEFORE - 10, 16, "before", size=13, colour=SOFT, anchor="end")
    canvas.text(_AFTER + 10, 16, "after", size=13, colour=SOFT)
    for n, (d, share) in enumerate(zip(drawn, shares, strict=True)):
        y = 52 + _LANE * n
        names = textwrap.wrap(d.name, 44)[:2]
        for i, part in enumerate(names):
            canvas.text(8, y + 5 + 15 * i - 7 * (len(names) - 1), part, size=13)
        end = y - share * scale
        colour = ORANGE if share < 0 else BLUE
        canvas.line(_BEFORE, y, _AFTER, y, colour=PALE)
        canvas.line(_BEFORE, y, _AFTER, end, colour=colour, width=3)
        canvas.dot(_BEFORE, y, 4, fill="#ffffff", stroke=colour)
        canvas.dot(_AFTER, end, 4, fill=colour, stroke=colour)
        canvas.figures(_BEFORE - 10, y + 5, (d.figures["before"],), size=13, anchor="end")
        canvas.figures(_AFTER + 10, end + 5, (d.figures["after"],), size=13)
    canvas.height = max(canvas.height, 52 + _LANE * len(drawn) - 10)


def _change(d: Drawn) -> float:
    before, after = d.number("before"), d.number("after")
    change = (after - before) / abs(before) if before else math.copysign(1.0, after) if after else 0.0
    return max(-1.0, min(1.0, change))
