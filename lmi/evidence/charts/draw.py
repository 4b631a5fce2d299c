"""From rows to a chart: quotes each figure, leaves out what is withheld, and says so.

Owns: the order title, drawing, words. Never: computes. A length on the page is the printed number; a path over years is
drawn as stored, with the printed number at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

from lmi.evidence.charts.bars import draw_bars, draw_split
from lmi.evidence.charts.fan import draw_fan
from lmi.evidence.charts.findings import Drawn, of_drivers, of_extremes, of_moves, of_openings, of_path, of_verdicts
from lmi.evidence.charts.intervals import draw_intervals
from lmi.evidence.charts.maps import draw_map
from lmi.evidence.charts.slopes import draw_slopes, draw_tornado
from lmi.evidence.charts.svg import Canvas
from lmi.evidence.document import Chart, Gap, Inline, Name, Parts, Text, Time, plain
from lmi.evidence.names import Names
from lmi.evidence.quote import Figure, Quoter, Row
from lmi.evidence.read import Reader
from lmi.evidence.spec import ChartSpec

_PARTS = {
    "intervals": ("low", "mid", "high"),
    "split": ("grow", "leave"),
    "fan": ("low", "mid", "high"),
    "map": ("mid",),
    "bars": ("mid",),
    "tornado": ("low", "mid", "high"),
    "slope": ("before", "after"),
}


def draw_chart(
    id: str,
    name: str,
    about: str,
    spec: ChartSpec,
    rows: Sequence[Row],
    label: Sequence[str],
    reader: Reader,
    quoter: Quoter,
    names: Names,
) -> Chart | Gap:
    """Return the chart of `rows` under `name`, or why there is none.

    `about` is the one thing that the rows speak of, where a page is about one; `label` are the columns that name a row.
    """
    if spec.kind == "fan":
        return _fan(id, name, about, spec, rows, reader, quoter)
    drawn, left = _drawn(spec, rows, label, quoter, names)
    if len(drawn) < 2:
        return Gap("Chart", "fewer than two of its figures may be shown")
    canvas = Canvas()
    drawn, title = _by_kind(spec, drawn, canvas, reader.scene.area_name)
    if spec.kind == "map" and not draw_map(canvas, drawn, reader):
        return Gap(
            "Map", "the build holds no outlines of the districts; land a look-up of their boundaries to have it drawn"
        )
    words = tuple(_words(spec.kind, d) for d in drawn)
    if left:
        words = (*words, (Text("Left out, not for publication or not available: "), Name("; ".join(left)), Text(".")))
    return _chart(id, name, title, spec.subtitle, canvas, words)


def draw_moves(id: str, name: str, drawn: Sequence[Drawn]) -> Chart:
    """Return the slopes of figures from before to after."""
    canvas = Canvas()
    draw_slopes(canvas, drawn)
    words = tuple(_words("slope", d) for d in drawn)
    subtitle = "Each line is one figure, before and after. Its slope is the change as a share of the figure."
    return _chart(id, name, of_moves(drawn), subtitle, canvas, words)


def _by_kind(spec: ChartSpec, drawn: list[Drawn], canvas: Canvas, area: str) -> tuple[list[Drawn], Parts]:
    """Return the rows in the order of the drawing with the finding; all but maps are drawn on `canvas`."""
    if spec.kind == "intervals":
        drawn = sorted(drawn, key=lambda d: -d.number("mid"))
        draw_intervals(canvas, drawn)
        return drawn, of_verdicts(drawn, area)
    if spec.kind == "split":
        drawn = sorted(drawn, key=lambda d: -(d.number("leave") + max(d.number("grow"), 0)))
        draw_split(canvas, drawn)
        return drawn, of_openings(drawn)
    if spec.kind == "tornado":
        drawn = sorted(drawn, key=lambda d: -abs(d.number("high") - d.number("low")))
        draw_tornado(canvas, drawn)
        return drawn, of_drivers(drawn, spec.columns["what"])
    if spec.kind == "slope":
        draw_slopes(canvas, drawn)
        return drawn, of_moves(drawn)
    if spec.kind == "bars":
        drawn = sorted(drawn, key=lambda d: -d.number("mid"))
        draw_bars(canvas, drawn)
    return drawn, of_extremes(drawn, spec.columns["what"], lowest=spec.kind == "map")


def _chart(id: str, name: str, title: Parts, subtitle: str, canvas: Canvas, words: tuple[Parts, ...]) -> Chart:
    told = " ".join(plain(p) for p in words)
    return Chart(id, name, title, subtitle, canvas.svg(f"c-{id}", plain(title), f"{subtitle} {told}"), words)


def _drawn(
    spec: ChartSpec, rows: Sequence[Row], label: Sequence[str], quoter: Quoter, names: Names
) -> tuple[list[Drawn], list[str]]:
    drawn, left = [], []
    for row in rows:
        signed = spec.kind == "intervals"
        shown = {part: quoter.quote(row, spec.columns[part], signed=signed) for part in _PARTS[spec.kind]}
        figures = {part: f for part, f in shown.items() if isinstance(f, Figure)}
        name = ": ".join(names.of(row, column) for column in label)
        if len(figures) == len(shown):
            drawn.append(Drawn(name, row, figures))
        else:
            left.append(name)
    return drawn, left


def _fan(
    id: str, name: str, about: str, spec: ChartSpec, rows: Sequence[Row], reader: Reader, quoter: Quoter
) -> Chart | Gap:
    ours = _yearly(spec, [r for r in rows if r.values["scenario"] != "official"], quoter, _PARTS["fan"])
    official = _yearly(spec, [r for r in rows if r.values["scenario"] == "official"], quoter, ("mid",))
    if len(ours) < 2:
        return Gap("Chart", "the build holds no path with a range that may be shown")
    area, canvas = reader.scene.area_name, Canvas()
    draw_fan(canvas, ours, official)
    title = of_path(ours[0].figures["mid"], ours[-1], about, area, ours[-1].name)
    words = [_yearly_words("Our path", d) for d in (ours[0], ours[-1])]
    if official:
        words += [_yearly_words("Official projection", d) for d in (official[0], official[-1])]
    return _chart(id, name, title, spec.subtitle, canvas, tuple(words))


def _yearly(spec: ChartSpec, rows: Sequence[Row], quoter: Quoter, parts: Sequence[str]) -> list[Drawn]:
    drawn = []
    for row in sorted(rows, key=lambda r: r.values["year"]):
        shown = {part: quoter.quote(row, spec.columns[part]) for part in parts}
        figures = {part: f for part, f in shown.items() if isinstance(f, Figure)}
        if "mid" in figures:
            mid = figures["mid"]
            stored = {p: float(row.values[spec.columns[p if p in figures else "mid"]]) for p in parts}
            drawn.append(Drawn(str(row.values["year"]), row, {p: figures.get(p, mid) for p in parts}, stored))
    return drawn


def _yearly_words(who: str, d: Drawn) -> Parts:
    start: tuple[Inline, ...] = (Text(f"{who}, "), Time(d.name), Text(": "), d.figures["mid"])
    if "low" in d.figures and d.number("low") < d.number("high"):
        return (*start, Text(", likely range "), d.figures["low"], Text(" to "), d.figures["high"], Text("."))
    return (*start, Text("."))


def _words(kind: str, d: Drawn) -> Parts:
    if kind == "split":
        return (
            Name(d.name), Text(": "), d.figures["leave"], Text(" a year from people leaving, "), d.figures["grow"],
            Text(" from growth."),
        )  # fmt: skip
    if kind == "intervals":
        verdict = str(d.row.values.get("verdict") or "")
        return (
            Name(d.name), Text(": "), d.figures["mid"], Text(", likely range "), d.figures["low"], Text(" to "),
            d.figures["high"], Text(f"{': ' + verdict if verdict else ''}."),
        )  # fmt: skip
    if kind == "tornado":
        return (
            Name(d.name), Text(": "), d.figures["low"], Text(" with this input low, "), d.figures["high"],
            Text(" with it high; "), d.figures["mid"], Text(" in our path."),
        )  # fmt: skip
    if kind == "slope":
        return (Name(d.name), Text(": "), d.figures["before"], Text(" before, "), d.figures["after"], Text(" after."))
    return (Name(d.name), Text(": "), d.figures["mid"], Text("."))
