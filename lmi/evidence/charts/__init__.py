"""Charts as SVG: one theme, direct labels, colours told apart by every common kind of sight, and words for all of it.

Owns: how a kind of chart is drawn and which finding its title states. Never: chooses rows, rounds a figure.
"""

from __future__ import annotations

from lmi.evidence.charts.draw import draw_chart, draw_moves
from lmi.evidence.charts.findings import Drawn

__all__ = ["Drawn", "draw_chart", "draw_moves"]
