"""A path with its likely range, and the official projection beside it.

Owns: this drawing. Never: draws a range that the mart does not claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from lmi.evidence.charts.findings import Drawn
from lmi.evidence.charts.svg import BLUE, ORANGE, PALE, SOFT, Canvas, ticks

_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 560, 30, 330
_BAND = "#c9dcec"


def draw_fan(canvas: Canvas, ours: Sequence[Drawn], official: Sequence[Drawn]) -> None:
    """Draw the band and the line of ours, the dashed line of the official projection, and the ends' figures."""
    years = [int(d.name) for d in (*ours, *official)]
    values = [d.place(p) for d in ours for p in ("low", "high")] + [d.place("mid") for d in official]
    low, high = min(values), max(values)
    pad = (high - low or high or 1) * 0.08
    low, high = low - pad, high + pad
    first, last = min(years), max(years)

    def x(year: str) -> float:
        return _LEFT + (int(year) - first) / max(last - first, 1) * (_RIGHT - _LEFT)

    def y(value: float) -> float:
        return _BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP)

    for tick in ticks(low, high):
        canvas.line(_LEFT, y(tick), _RIGHT, y(tick), colour=PALE)
        canvas.text(_LEFT - 8, y(tick) + 4, f"{tick:,.0f}", size=12, colour=SOFT, anchor="end", kind="tick")
    for year in range(first, last + 1):
        if year % 5 == 0:
            canvas.text(x(str(year)), _BOTTOM + 20, str(year), size=12, colour=SOFT, anchor="middle", kind="year")
    canvas.text(_LEFT - 8, 14, "jobs; the scale does not begin at zero", size=12, colour=SOFT)
    ahead = [f"{x(d.name):.1f},{y(d.place('high')):.1f}" for d in ours]
    back = [f"{x(d.name):.1f},{y(d.place('low')):.1f}" for d in reversed(ours)]
    canvas.path(f"M{' L'.join([*ahead, *back])} Z", fill=_BAND)
    if official:
        canvas.path(_along([(x(d.name), y(d.place("mid"))) for d in official]), stroke=ORANGE, width=2.5, dash="7 5")
    canvas.path(_along([(x(d.name), y(d.place("mid"))) for d in ours]), stroke=BLUE, width=3)
    _labels(canvas, ours[-1], official[-1] if official else None, y)


def _labels(canvas: Canvas, ours: Drawn, official: Drawn | None, y: object) -> None:
    assert callable(y)
    marks = [(y(ours.place("high")), ("high ", ours.figures["high"]), BLUE)]
    marks.append((y(ours.place("mid")), ("ours ", ours.figures["mid"]), BLUE))
    marks.append((y(ours.place("low")), ("low ", ours.figures["low"]), BLUE))
    if official is not None:
        marks.append((y(official.place("mid")), ("official ", official.figures["mid"]), ORANGE))
    above = -100.0
    for at, parts, colour in sorted(marks, key=lambda m: m[0]):
        above = max(at + 5, above + 18)
        canvas.figures(_RIGHT + 10, above, parts, colour=colour)


def _along(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{px:.1f},{py:.1f}" for px, py in points)
