"""A map of the districts, shaded in four steps, each district with its figure.

Owns: outlines on the page. Never: measures a distance or an area; the outlines are generalised.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from lmi.contract import literal
from lmi.evidence.charts.findings import Drawn
from lmi.evidence.charts.svg import INK, SOFT, Canvas
from lmi.evidence.read import Reader

_WIDE, _HIGH, _LEFT, _TOP = 430.0, 520.0, 8.0, 10.0
#: One hue from light to dark: the order is seen without colour, too.
_SHADES = ("#dbe9f5", "#9fc3e0", "#4f8fc0", "#00558c")
_WHITE_ON = 2


def draw_map(canvas: Canvas, drawn: Sequence[Drawn], reader: Reader) -> bool:
    """Draw the districts and a numbered key beside them; return False when the build lacks an outline of one."""
    shapes = _shapes(reader, [str(d.row.values["area_code"]) for d in drawn])
    if shapes is None:
        return False
    place = _placing([ring for rings in shapes.values() for ring in rings])
    ranked = sorted(drawn, key=lambda d: -d.number("mid"))
    shades = [_shade(d, ranked) for d in ranked]
    for d, shade in zip(ranked, shades, strict=True):
        rings = shapes[str(d.row.values["area_code"])]
        canvas.path("".join(_ring(r, place) for r in rings), fill=_SHADES[shade], stroke="#ffffff", width=1.2)
    for n, (d, shade) in enumerate(zip(ranked, shades, strict=True)):
        x, y = place(_middle(max(shapes[str(d.row.values["area_code"])], key=_area)))
        colour = "#ffffff" if shade >= _WHITE_ON else INK
        canvas.text(x, y + 5, str(n + 1), size=13, colour=colour, anchor="middle", bold=True, kind="rank")
    for n, (d, shade) in enumerate(zip(ranked, shades, strict=True)):
        y = 30 + 27 * n
        canvas.box(462, y - 14, 22, 20, fill=_SHADES[shade], stroke=SOFT)
        colour = "#ffffff" if shade >= _WHITE_ON else INK
        canvas.text(473, y + 1, str(n + 1), size=12, colour=colour, anchor="middle", kind="rank")
        mark = (" indicative",) if d.figures["mid"].indicative else ()
        canvas.figures(494, y + 1, (f"{d.name}  ", d.figures["mid"], *mark), size=14)
    canvas.height = max(canvas.height, _bottom(shapes, place) + 8)
    return True


def _shade(d: Drawn, ranked: Sequence[Drawn]) -> int:
    """Return the shade by the quarter of districts that it stands in; equal figures have one shade."""
    above = sum(other.number("mid") > d.number("mid") for other in ranked)
    return len(_SHADES) - 1 - above * len(_SHADES) // len(ranked)


def _bottom(shapes: dict[str, list[list[list[float]]]], place: Any) -> float:
    return max(place(point)[1] for rings in shapes.values() for ring in rings for point in ring)


def _shapes(reader: Reader, areas: Sequence[str]) -> dict[str, list[list[list[float]]]] | None:
    """Return the rings of each area from the newest set of outlines that has them all."""
    if "boundaries" not in reader.tables:
        return None
    among = ", ".join(literal(area) for area in areas)
    found = reader.sql(f"select boundary_set, area_code, geometry from boundaries where area_code in ({among})")
    sets: dict[str, dict[str, str]] = {}
    for name, area, geometry in found:
        sets.setdefault(str(name), {})[str(area)] = str(geometry)
    whole = sorted(name for name, held in sets.items() if set(held) == set(areas))
    if not whole:
        return None
    return {area: list(_rings(json.loads(text))) for area, text in sorted(sets[whole[-1]].items())}


def _rings(geometry: dict[str, Any]) -> Iterator[list[list[float]]]:
    inner = geometry.get("geometry", geometry)
    many = inner["coordinates"] if inner["type"] == "MultiPolygon" else [inner["coordinates"]]
    for polygon in many:
        yield from polygon


def _placing(rings: Sequence[Sequence[Sequence[float]]]) -> Any:
    """Return the function from a point to the page; degrees are drawn as wide as they are in the middle of the map."""
    xs = [p[0] for ring in rings for p in ring]
    ys = [p[1] for ring in rings for p in ring]
    degrees = max(map(abs, ys)) <= 90
    squeeze = math.cos(math.radians((min(ys) + max(ys)) / 2)) if degrees else 1.0
    scale = min(_WIDE / ((max(xs) - min(xs)) * squeeze), _HIGH / (max(ys) - min(ys)))
    left, top = min(xs), max(ys)

    def place(point: Sequence[float]) -> tuple[float, float]:
        return _LEFT + (point[0] - left) * squeeze * scale, _TOP + (top - point[1]) * scale

    return place


def _ring(ring: Sequence[Sequence[float]], place: Any) -> str:
    points = [place(p) for p in ring]
    return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points) + " Z"


def _area(ring: Sequence[Sequence[float]]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def _middle(ring: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the centre of gravity of a ring."""
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)
    if not twice:
        return ring[0][0], ring[0][1]
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (3 * twice)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (3 * twice)
    return x, y
