"""Charts as PNG, for documents that cannot hold SVG.

Owns: the conversion, where its library is installed. Never: draws.
"""

from __future__ import annotations

from lmi.evidence.document import Chart

_SCALE = 2.0


def to_png(chart: Chart) -> bytes | None:
    """Return the chart as PNG, or None where vl-convert is not installed (extra `explore` or `report`)."""
    try:
        import vl_convert  # type: ignore[import-untyped,import-not-found]
    except ImportError:
        return None
    made: bytes = vl_convert.svg_to_png(chart.svg, scale=_SCALE)
    return made
