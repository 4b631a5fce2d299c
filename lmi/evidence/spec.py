"""Declared pages: which marts a page shows, by which filters, columns, sentences and chart.

Owns: reading and checking `lmi/declared/evidence/*.toml`. Never: reads a build.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lmi.errors import DeclarationError

CHART_KINDS = ("intervals", "split", "fan", "map", "bars", "tornado", "slope")
FAMILIES = ("", "route", "sector", "district", "occupation")


@dataclass(frozen=True)
class SaySpec:
    """One sentence: text with {columns}, and the row that it speaks of. `about` names what is missed without it."""

    text: str
    about: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    mart: str = ""
    order: str = ""
    counts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: What each figure of a headline is called where packs are compared, by its column.
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChartSpec:
    """One chart over the section's rows, or over rows of its own filter."""

    kind: str
    subtitle: str
    where: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    #: The columns that name a row of the chart; the section's first where there are none.
    label: Sequence[str] = ()


@dataclass(frozen=True)
class SectionSpec:
    """A table over one mart with its sentences and chart. Without `columns`, every number of the mart is shown.

    `more` names the pages that say more of it, by their ids. Where no row fits the filter, `absent` says why that is a
    gap; where that is a finding, `none` says it.

    Of the rows in their order only the first `most` are shown (nought for all); of a `pivot`, only the `last` so many
    columns (nought for all), and `missing` stands where no row is. A long table may be folded (`fold`). With `bare`,
    there is no table: the sentences and the chart say it.
    """

    id: str
    title: str
    mart: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    pivot: str = ""
    order: str = ""
    signed: tuple[str, ...] = ()
    say: tuple[SaySpec, ...] = ()
    chart: ChartSpec | None = None
    note: str = ""
    absent: str = ""
    none: str = ""
    links: str = ""
    special: str = ""
    most: int = 0
    last: int = 0
    missing: str = "not held"
    fold: bool = False
    bare: bool = False
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageSpec:
    """A page, or with `each` one page for every route, sector or district."""

    id: str
    order: int
    title: str
    lead: str
    group: str
    each: str = ""
    sections: tuple[SectionSpec, ...] = ()


def read_pages(folder: Path) -> tuple[PageSpec, ...]:
    """Return the declared pages in their order. Raises DeclarationError naming the file and the key."""
    pages = [_page(path) for path in sorted(folder.glob("page_*.toml"))]
    return tuple(sorted(pages, key=lambda p: (p.order, p.id)))


def read_toml(path: Path) -> dict[str, Any]:
    """Return a declaration. Raises DeclarationError when it is missing or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DeclarationError("the declaration cannot be read.", place=path.name, found=str(error)) from error


def _page(path: Path) -> PageSpec:
    told = read_toml(path)
    sections = tuple(_section(path, s) for s in told.pop("section", []))
    page: PageSpec = _made(path, PageSpec, {**told, "sections": sections})
    if page.each not in FAMILIES:
        raise _wrong(path, "each", page.each, FAMILIES)
    seen = [s.id for s in sections]
    if len(set(seen)) != len(seen):
        raise _wrong(path, "section.id", ", ".join(seen), ("ids that differ",))
    return page


def _section(path: Path, told: dict[str, Any]) -> SectionSpec:
    say = tuple(_made(path, SaySpec, s) for s in told.pop("say", []))
    chart = told.pop("chart", None)
    made = _made(path, ChartSpec, chart) if chart else None
    if made and made.kind not in CHART_KINDS:
        raise _wrong(path, "chart.kind", made.kind, CHART_KINDS)
    for name in ("rows", "signed", "more"):
        told[name] = tuple(told.get(name, ()))
    told["columns"] = tuple((c, t) for c, t in told.get("columns", ()))
    section: SectionSpec = _made(path, SectionSpec, {**told, "say": say, "chart": made})
    return section


def _made(path: Path, kind: type[Any], told: Mapping[str, Any]) -> Any:
    known = kind.__dataclass_fields__
    strange = sorted(set(told) - set(known))
    if strange:
        raise _wrong(path, kind.__name__, ", ".join(strange), tuple(known))
    try:
        return kind(**told)
    except TypeError as error:
        raise DeclarationError("a declared page is not complete.", place=path.name, found=str(error)) from error


def _wrong(path: Path, key: str, found: str, expected: tuple[str, ...]) -> DeclarationError:
    return DeclarationError(
        f"{key} is not understood.", place=path.name, expected=", ".join(e for e in expected if e), found=found
    )
