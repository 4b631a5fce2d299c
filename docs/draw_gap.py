"""Draw the gap by technical route from a published build, and renew the parts of README.md that quote that build.

Owns: the picture in docs/images and its alternative text; which lines of a build's answers README.md shows.
Never: computes a figure, or shows one of class C.
Run `python -m docs.draw_gap [DATA]` in the repository after a refresh. Needs the extra `explore`.
"""

from __future__ import annotations

import struct
import sys
import textwrap
import zlib
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from docs.make_docs import README, ROOT, replaced
from lmi.errors import CoverageError
from lmi.pipeline.answers import Explained, explain, run_query
from lmi.pipeline.folders import Folders
from lmi.pipeline.gap_answers import gap
from lmi.pipeline.tables import render
from lmi.publish import published_build
from lmi.registry import load

if TYPE_CHECKING:
    import altair as alt

LEVEL, SCENARIO = "3", "rebased"
PICTURE = ROOT / "docs" / "images" / "gap_level_3.png"
ALT_TEXT = PICTURE.with_suffix(".txt")
_OGL = "Contains public sector information licensed under the Open Government Licence v3.0."
#: Orange, blue and dark grey stay apart for every common kind of colour blindness; each stands beside its word too.
_COLOURS = {"shortfall likely": "#b34700", "surplus likely": "#00629b", "too close to call": "#333333"}
_GREY, _PALE, _FONT = "#595959", "#e6e6e6", "Liberation Sans, Arial, Helvetica, sans-serif"
_WIDTH, _LEFT, _ROW, _LINE = 780, 300, 36, 20
_COLUMNS = 118  # of a line of README.md's examples
_LEVELS = ("2", "3", "4-5")  # the levels at which the inflow at hand can be a main way in


@dataclass(frozen=True)
class Finding:
    """One row a route, those that may be quoted apart from the others, and what the build says of itself."""

    build: str
    quoted: list[dict[str, Any]]
    withheld: list[dict[str, Any]]
    facts: dict[str, Any]
    attributions: tuple[str, ...]

    @property
    def year(self) -> int:
        """The year of the gap."""
        return int(self.facts["year"])

    @property
    def title(self) -> str:
        """The finding in one sentence, no stronger than the verdicts."""
        short = [r["route"] for r in self.quoted if r["verdict"] == "shortfall likely"]
        surplus = [r["route"] for r in self.quoted if r["verdict"] == "surplus likely"]
        where = f"at level {LEVEL} in {self.facts['area']}"
        if not short and not surplus:
            return f"No technical route {where} can be called short of people or oversupplied in {self.year}"
        said = "; ".join(
            f"{word} likely in {_listed(r)}" for word, r in (("shortfall", short), ("surplus", surplus)) if r
        )
        return f"{said[0].upper()}{said[1:]} {where}, {self.year}"

    @property
    def subtitle(self) -> tuple[str, str]:
        """What a dot and a line are, and how many routes have one."""
        many, base = len(self.quoted) + len(self.withheld), self.facts["base_year"]
        return (
            "Openings less inflow from further education and apprenticeships, people a year: central figure and 80% interval.",
            f"Of {many} routes {len(self.quoted)} may be quoted; class B is indicative. Projected from the jobs of {base}.",
        )

    @property
    def reasons(self) -> list[tuple[str, list[str]]]:
        """The reasons for which figures are withheld, each with its routes."""
        grouped = groupby(self.withheld, key=lambda r: str(r["reason"]))
        return [(reason, [r["route"] for r in rows]) for reason, rows in grouped]

    @property
    def source(self) -> str:
        """The source line: whose figures these are, licence, and which build."""
        plain = [a.removeprefix("Source: ").replace(_OGL, "").strip().rstrip(".") for a in self.attributions]
        named = "; ".join(a for a in plain if not any(a != b and a in b for b in plain))
        return f"Sources: {named}. {_OGL} Calculation: Lancashire LMI, build {self.build}."

    @property
    def alt_text(self) -> str:
        """The picture in words, with every number that it shows."""
        drawn = "; ".join(f"{r['route']} {_label(r)}" for r in self.quoted)
        left = "; ".join(f"{_listed(routes)}, because {reason}" for reason, routes in self.reasons)
        return f"{self.title}. {' '.join(self.subtitle)} {drawn}. Not assessed, class C, figures withheld: {left}."


def read_finding(data: Path) -> Finding:
    """Return the gap at the level as `lmi gap` gives it. Raises CoverageError when no figure of it may be quoted."""
    answer = _gap(data).to_pylist()
    facts = _facts(data, answer[0]["year"])
    reasons = _reasons(data, answer[0]["year"])
    routes = [{**r, "reason": reasons[r["route"]]} for r in answer if r["route"] in reasons]
    quoted = sorted((r for r in routes if r["class"] != "C"), key=lambda r: -r["gap"])
    if not quoted:
        raise CoverageError("the build has no gap at this level that may be quoted.", do="choose another level.")
    withheld = sorted((r for r in routes if r["class"] == "C"), key=lambda r: (r["reason"], r["route"]))
    behind = {a for r in quoted for a in explain(data, r["citation"]).explanation.attributions}
    return Finding(_build(data), quoted, withheld, facts, tuple(sorted(behind, key=str.casefold)))


def draw(finding: Finding) -> alt.VConcatChart:
    """Return the chart: dots and intervals of what may be quoted above, reasons of what may not below."""
    import altair as alt

    top = _intervals(alt, finding).properties(width=_WIDTH, height=_ROW * len(finding.quoted))
    below = _withheld(alt, finding)
    title = alt.TitleParams(
        text=textwrap.wrap(finding.title, 112), subtitle=list(finding.subtitle), anchor="start", fontSize=19,
        subtitleFontSize=14, subtitleColor=_GREY, subtitlePadding=6, offset=16,
    )  # fmt: skip
    return (
        alt.vconcat(top, *below, spacing=14, title=title)
        .configure(font=_FONT, padding=16, background="white")
        .configure_view(stroke=None)
    )


def _intervals(alt: Any, finding: Finding) -> alt.LayerChart:
    rows = [{**r, "label": _label(r)} for r in finding.quoted]
    edge = max(max(abs(r["gap_p10"]), abs(r["gap_p90"])) for r in rows)
    scale = alt.Scale(domain=[-edge * 1.1, edge * 2.7], nice=False)
    step = next(s for s in (10, 20, 50, 100, 200, 500, 1000) if edge / s <= 2.5)
    ticks = [step * n for n in range(-2, 3) if abs(step * n) <= edge * 1.05]
    names = {max(ticks): " more openings", min(ticks): " more inflow"}
    words = " : ".join(
        f"datum.value == {tick} ? '{_signed(tick) if tick else 0}{names.get(tick, '')}'" for tick in ticks
    )
    plain = {"ticks": False, "domain": False}
    across = alt.Axis(
        values=ticks,
        labelExpr=f"{words} : ''",
        labelFontSize=13,
        labelColor=_GREY,
        gridColor=_PALE,
        orient="top",
        **plain,
    )
    down = alt.Axis(labelLimit=_LEFT, labelFontSize=14, labelPadding=12, minExtent=_LEFT, maxExtent=_LEFT, **plain)
    y = alt.Y("route:N", sort=[r["route"] for r in rows], title=None, axis=down)
    colour = alt.Color("verdict:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=None)
    base = alt.Chart(alt.Data(values=rows)).encode(y=y, color=colour)
    zero = alt.Chart(alt.Data(values=[{"x": 0}])).mark_rule(color=_GREY).encode(x=alt.X("x:Q", scale=scale))
    low = alt.X("gap_p10:Q", scale=scale, title=None, axis=across)
    lines = base.mark_rule(strokeWidth=4, opacity=0.45).encode(x=low, x2="gap_p90:Q")
    dots = base.mark_circle(size=150, opacity=1).encode(x=alt.X("gap:Q", scale=scale))
    labels = base.mark_text(align="left", dx=12, fontSize=14).encode(x=alt.X("gap_p90:Q", scale=scale), text="label:N")
    return alt.layer(zero, lines, dots, labels)


def _withheld(alt: Any, finding: Finding) -> list[Any]:
    many = len(finding.quoted) + len(finding.withheld)
    heading = f"Not assessed, class C, figures withheld: {len(finding.withheld)} of {many} routes"
    lines = [(heading, "bold", "#000000", 0)]
    for reason, routes in finding.reasons:
        lines.append((_listed(routes), "normal", "#000000", 1))
        lines.append((f"{reason[0].upper()}{reason[1:]}.", "normal", _GREY, 0))
    lines += [(part, "normal", _GREY, int(n == 0)) for n, part in enumerate(textwrap.wrap(finding.source, 200))]
    made, at = [], 0.0
    source_from = 1 + 2 * len(finding.reasons)
    for n, (text, weight, colour, gap_before) in enumerate(lines):
        at += _LINE * (0.45 * gap_before) + (_LINE if n < source_from else _LINE * 0.75)
        size = 14 if n < source_from else 11
        made.append(
            alt.Chart(alt.Data(values=[{"t": text}]))
            .mark_text(align="left", baseline="bottom", fontSize=size, fontWeight=weight, color=colour)
            .encode(text="t:N", x=alt.value(-_LEFT), y=alt.value(at))
        )
    return [alt.layer(*made).properties(width=_WIDTH, height=at)] if made else []


def write_picture(finding: Finding) -> None:
    """Write the picture and its alternative text."""
    import vl_convert

    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(_packed(vl_convert.vegalite_to_png(draw(finding).to_json(), scale=1.4)))
    ALT_TEXT.write_text(finding.alt_text + "\n", encoding="utf-8")


def render_blocks(data: Path, finding: Finding) -> dict[str, str]:
    """Return the parts of README.md that quote the build, by the name in their markers."""
    caption = f"*As known on {_day(finding.facts['as_of'])}, build `{finding.build}`.*"
    picture = f"![{finding.alt_text}]({PICTURE.relative_to(ROOT).as_posix()})\n\n{caption}"
    cited = finding.quoted[0]["citation"]
    shown = "\n".join(_abridged_explanation(explain(data, cited)))
    return {
        "picture": picture,
        "gap": f"```console\n$ lmi gap --level {LEVEL}\n{_abridged_gap(data)}\n```",
        "explain": f"```console\n$ lmi explain {cited}\n{shown}\n```",
        "facts": _facts_table(finding),
    }


def main(data: Path) -> None:
    """Write the picture, its alternative text and README.md's figures."""
    finding = read_finding(data)
    write_picture(finding)
    text = README.read_text(encoding="utf-8")
    for name, body in render_blocks(data, finding).items():
        text = replaced(text, name, body)
    README.write_text(text, encoding="utf-8")


def _gap(data: Path) -> Any:
    today = run_query(data, "select as_of from parameters").to_pylist()[0]["as_of"]
    return gap(data, route=None, level=LEVEL, year=None, scenario=SCENARIO, today=today).rows


def _facts(data: Path, year: int) -> dict[str, Any]:
    levels = ", ".join(f"'{level}'" for level in _LEVELS)
    sql = f"""
        with cells as (select quality_class, verdict from skills_gap where scenario = '{SCENARIO}' and year = {year}
            and level in ({levels}) and route not in ('_T', 'not_assigned')),
        jobs as (select sum(case when route = '_T' then jobs_p50 end) as everyone,
            sum(case when route = 'not_assigned' then jobs_p50 end) as without_route
            from demand_by_route where scenario = '{SCENARIO}' and year = {year} and level <> '_T')
        select a.name as area, p.as_of, p.base_year, {year} as year, 1 - jobs.without_route / jobs.everyone as routed,
            (select count(*) from cells) as cells, (select count(*) from cells where quality_class <> 'C') as quotable,
            (select count(*) from cells where verdict in ('shortfall likely', 'surplus likely')) as claims,
            (select count(*) from dim_assumption) as assumptions,
            (select count(*) from dim_assumption where basis like '(J)%') as judgements,
            (select count(*) from cells_read) as published_cells
        from jobs cross join parameters as p join dim_area as a on a.area_code = p.area_code"""
    return dict(run_query(data, sql.replace("cells_read", "main.cells")).to_pylist()[0])


def _facts_table(finding: Finding) -> str:
    f = finding.facts
    rows = [
        ("as known on", _day(f["as_of"])),
        ("latest year with actual jobs (t0)", f["base_year"]),
        (f"jobs in occupations that have a route, {f['year']}", f"{f['routed']:.0%}"),
        (f"gaps at levels 2, 3 and 4-5, {f['year']}", f["cells"]),
        ("of these, may be quoted (class A or B)", f["quotable"]),
        ("of these, a shortfall or surplus is likely", f["claims"]),
        ("declared assumptions, of which judgement", f"{f['assumptions']}, {f['judgements']}"),
        ("published cells held", f"{f['published_cells']:,}"),
    ]
    head = [f"| {f['area']}, build `{finding.build}` | |", "|---|---:|"]
    return "\n".join([*head, *(f"| {name} | {value} |" for name, value in rows)])


def _reasons(data: Path, year: int) -> dict[str, str]:
    """Return the reason of each route's class, by the route's name; sums and what has no route are left out."""
    sql = f"""select r.name, g.quality_reason from skills_gap as g join dim_route as r on r.route = g.route
        where g.level = '{LEVEL}' and g.year = {year} and g.scenario = '{SCENARIO}' and g.route <> 'not_assigned'"""
    return {r["name"]: r["quality_reason"] for r in run_query(data, sql).to_pylist()}


def _build(data: Path) -> str:
    return published_build(Folders(data).curated).build_id


def _abridged_gap(data: Path) -> str:
    rows = _gap(data)
    quotable = rows.filter(pc.not_equal(rows["class"], "C"))
    left = rows.num_rows - quotable.num_rows
    return f"{render(quotable, 'table')}\n… {left} rows of class C, which are not for publication"


def _abridged_explanation(told: Explained) -> list[str]:
    """Return the explanation's opening lines of each part, and one cell of each file of figures."""
    whole = told.text().split("\n")
    steps, assumptions = whole.index("How it was made, last step first:"), whole.index("Assumptions:")
    published = next(n for n, line in enumerate(whole) if line.startswith("Published cells"))
    made, assumed = _first(whole[steps : assumptions - 1], 9), _first(whole[assumptions : published - 1], 4)
    lines = [*whole[:steps], *made, "", *assumed, "", whole[published]]
    figures = {s.title for s in load().sources.values() if s.kind == "statistics"}
    heads = [n for n in range(published + 1, len(whole)) if whole[n] and not whole[n].startswith((" ", "Source: "))]
    for start, end in zip(heads, [*heads[1:], len(whole)], strict=True):
        cells = [line for line in whole[start + 1 : end] if line.startswith("  ")]
        if whole[start].startswith(tuple(figures)):
            shown = sorted(
                cells, key=lambda cell: len(cell.partition(": ")[2]) == 1
            )  # a count of a few people is no example
            lines += _first([whole[start], *shown], 2)
    last = [line for line in whole if line.startswith("Source: ")]
    return [line if len(line) <= _COLUMNS else line[: _COLUMNS - 1] + "…" for line in [*lines, "", *_first(last, 1)]]


def _first(lines: list[str], count: int) -> list[str]:
    more = len(lines) - count
    return [*lines[:count], f"  … {more:,} more"] if more > 0 else lines


def _label(row: dict[str, Any]) -> str:
    low, high = _signed(row["gap_p10"]), _signed(row["gap_p90"])
    return f"{_signed(row['gap'])} ({low} to {high}): {row['verdict']}, class {row['class']}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}".replace("-", "−")


def _listed(names: list[str]) -> str:
    return "; ".join(names)  # some routes have a comma in their name


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _packed(png: bytes) -> bytes:
    """Return the same picture with its pixels packed as tightly as the format allows."""
    at, chunks, pixels = 8, [], b""
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        if kind == b"IDAT":
            pixels += body
        else:
            chunks.append((kind, body))
        at += size + 12
    chunks.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(pixels), 9)))
    packed = [struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    return png[:8] + b"".join(packed)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data").resolve())
