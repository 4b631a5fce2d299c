"""A small SVG writer: rectangles, lines, dots and text, every text escaped and every figure with its citation.

Written by hand and not with a charting library: five kinds of chart are needed, they carry a citation on each number,
and a pack must be made on a bare clone in seconds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from html import escape

from lmi.evidence.quote import Figure

FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
INK, SOFT, PALE = "#1a1a1a", "#4a5257", "#d5d8da"
#: Orange and blue stay apart for every common kind of colour blindness; each stands beside its word too.
ORANGE, BLUE, DARK = "#b34700", "#00558c", "#333333"
WIDTH = 760
#: Width of a letter over its size, of Arial at its widest usual text.
_LETTER = 0.54


class Canvas:
    """Marks drawn one after the other; `svg` returns them as one picture with a name and a description."""

    def __init__(self, width: int = WIDTH) -> None:
        self.width = width
        self.height = 0.0
        self._marks: list[str] = []

    def text(
        self, x: float, y: float, text: str, *, size: int = 14, colour: str = INK, anchor: str = "start",
        bold: bool = False, kind: str = "name",
    ) -> None:  # fmt: skip
        """Write words. `kind` says what digits in them are: a name, a tick of the scale, or a year."""
        weight = ' font-weight="700"' if bold else ""
        self._marks.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )
        self.height = max(self.height, y + size * 0.4)

    def figures(
        self, x: float, y: float, parts: tuple[str | Figure, ...], *, size: int = 14, anchor: str = "start",
        colour: str = INK, halo: bool = False,
    ) -> None:  # fmt: skip
        """Write words and figures on one line; each figure carries its citation."""
        spans = "".join(
            f'<tspan data-citation="{escape(p.citation)}">{escape(p.text)}</tspan>'
            if isinstance(p, Figure)
            else f"<tspan>{escape(p)}</tspan>"
            for p in parts
        )
        outline = ' paint-order="stroke" stroke="#fff" stroke-width="4" stroke-linejoin="round"' if halo else ""
        self._marks.append(
            f'<text class="figures" x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}"{outline}>{spans}</text>'
        )
        self.height = max(self.height, y + size * 0.4)

    def paragraph(
        self, x: float, y: float, text: str, *, size: int = 14, colour: str = SOFT, width: float = 0
    ) -> float:
        """Write words over as many lines as they need; return the place below them."""
        letters = max(20, int((width or self.width - x) / (size * _LETTER)))
        for line in textwrap.wrap(text, letters):
            self.text(x, y, line, size=size, colour=colour)
            y += size * 1.35
        return y

    def line(self, x1: float, y1: float, x2: float, y2: float, *, colour: str = INK, width: float = 1) -> None:
        """Draw a straight line."""
        self._marks.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'
        )
        self.height = max(self.height, y1, y2)

    def path(self, d: str, *, fill: str = "none", stroke: str = "none", width: float = 1, dash: str = "") -> None:
        """Draw a path."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._marks.append(
            f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width}" fill-rule="evenodd"{dashed}/>'
        )

    def box(self, x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "none") -> None:
        """Draw a rectangle."""
        self._marks.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'fill="{fill}" stroke="{stroke}"/>'
        )
        self.height = max(self.height, y + height)

    def dot(self, x: float, y: float, radius: float, *, fill: str, stroke: str) -> None:
        """Draw a dot; a hollow one, filled with white, marks a figure of class B."""
        self._marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{stroke}" stroke-width="2.5"/>'
        )

    def svg(self, id: str, title: str, description: str) -> str:
        """Return the picture; readers of the screen hear `title`, and `description` with every number."""
        height = int(self.height + 12)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height}" width="{self.width}" '
            f'height="{height}" role="img" aria-labelledby="{id}-t {id}-d" font-family="{escape(FONT)}">'
            f'<title id="{id}-t">{escape(title)}</title><desc id="{id}-d">{escape(description)}</desc>'
            f'<rect width="{self.width}" height="{height}" fill="#ffffff"/>{"".join(self._marks)}</svg>'
        )


def legend(canvas: Canvas, left: float, *keys: tuple[str, str], apart: float = 190) -> None:
    """Draw what the colours mean above a chart, each (colour, words)."""
    for n, (colour, words) in enumerate(keys):
        canvas.box(left + apart * n, 4, 14, 14, fill=colour)
        canvas.text(left + apart * n + 20, 16, words, size=13)


def gridlines(canvas: Canvas, low: float, high: float, at: Callable[[float], float], bottom: float) -> None:
    """Draw the ticks of a scale from left to right, with their numbers above; the line at zero is darker."""
    for tick in ticks(low, high):
        canvas.line(at(tick), 48, at(tick), bottom, colour=SOFT if tick == 0 else PALE)
        canvas.text(at(tick), 42, f"{tick:,.0f}".replace("-", "−"), size=12, colour=SOFT, anchor="middle", kind="tick")


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers that span the scale from `low` to `high`."""
    span = max(high - low, 1e-9)
    raw = span / about
    size = 10.0 ** len(str(int(raw))) / 10 if raw >= 1 else 1.0
    step = next((size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw), size * 10)
    first = int(low // step)
    return [n * step for n in range(first, int(high // step) + 2) if low - 1e-9 <= n * step <= high + 1e-9]
