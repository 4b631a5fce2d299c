"""Bars: one figure a row, or openings split into people who leave and growth.

Owns: these drawings. Never: sorts or leaves out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from lmi.evidence.charts.findings import Drawn
from lmi.evidence.charts.svg import BLUE, ORANGE, SOFT, Canvas, gridlines, legend

_LEFT, _RIGHT, _ROW = 250, 570, 36


def draw_bars(canvas: Canvas, drawn: Sequence[Drawn]) -> None:
    """Draw one bar a row with its figure at its end."""
    high = max(*(d.number("mid") for d in drawn), 0.0) or 1.0
    low = min(0.0, *(d.number("mid") for d in drawn))

    def at(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)

    for n, d in enumerate(drawn):
        y = 10 + _ROW * n
        _name(canvas, d.name, y + 18)
        start, end = sorted((at(0), at(d.number("mid"))))
        canvas.box(start, y + 4, end - start, 20, fill=BLUE)
        canvas.figures(end + 8, y + 19, (d.figures["mid"], *_mark(d, "mid")))
    canvas.line(at(0), 8, at(0), 10 + _ROW * len(drawn), colour=SOFT)


def draw_split(canvas: Canvas, drawn: Sequence[Drawn]) -> None:
    """Draw the part that replaces leavers and, after it, growth; where jobs shrink the second bar runs left of zero."""
    high = max(d.number("leave") + max(d.number("grow"), 0) for d in drawn) or 1.0
    low = min(0.0, *(d.number("grow") for d in drawn))

    def at(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT)

    legend(canvas, _LEFT, (BLUE, "people who leave work"), (ORANGE, "growth (left of the line: decline)"))
    bottom = 56 + _ROW * len(drawn)
    gridlines(canvas, low, high, at, bottom)
    for n, d in enumerate(drawn):
        y = 56 + _ROW * n
        leave, grow = d.number("leave"), d.number("grow")
        _name(canvas, d.name, y + 18)
        canvas.box(at(0), y + 4, at(leave) - at(0), 20, fill=BLUE)
        start = leave if grow > 0 else grow
        canvas.box(at(start), y + 4, at(start + abs(grow)) - at(start), 20, fill=ORANGE)
        end = at(leave + max(grow, 0))
        sign = " + " if grow >= 0 else " − "
        size = replace(d.figures["grow"], text=d.figures["grow"].text.lstrip("−"))
        canvas.figures(end + 8, y + 19, (d.figures["leave"], sign, size, *_mark(d, "leave")), size=13)


def _name(canvas: Canvas, name: str, y: float) -> None:
    lines = textwrap.wrap(name, 36)[:2]
    for i, line in enumerate(lines):
        canvas.text(_LEFT - 10, y + 15 * i - 7 * (len(lines) - 1), line, size=13, anchor="end")


def _mark(d: Drawn, part: str) -> tuple[str, ...]:
    return (" indicative",) if d.figures[part].indicative else ()
