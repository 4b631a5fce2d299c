"""From declared pages and a build to a pack: every section filled from its mart, or its gap stated.

Owns: families of pages (one a route, sector, district, occupation), footnotes. Never: words of its own about figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lmi.errors import CoverageError
from lmi.evidence.charts import draw_chart
from lmi.evidence.document import Block, Code, Gap, Link, Name, Pack, Page, Parts, Section, Sentence, Text
from lmi.evidence.names import Names
from lmi.evidence.quote import ROWS_OWN, Figure, Quoter, Row
from lmi.evidence.read import Reader
from lmi.evidence.say import Speaker
from lmi.evidence.spec import PageSpec, SectionSpec, read_pages, read_toml
from lmi.evidence.special import SPECIAL, Special
from lmi.evidence.table import Tables
from lmi.evidence.words import day

#: Families of pages: the mart that lists them, by which filter, the column that names one, the folder.
_FAMILY: Mapping[str, tuple[str, Mapping[str, Any], str, str]] = {
    "route": ("dim_route", {"route": "!not_assigned"}, "route", "routes"),
    "sector": ("dim_sector", {}, "sector_id", "sectors"),
    "district": ("dim_area", {"area_code": "$districts"}, "area_code", "districts"),
    "occupation": (
        "demand_by_occupation",
        {"area_code": "$area", "code_level": "occupation_submajor", "scenario": "rebased", "year": "$year"},
        "occupation",
        "careers",
    ),
}

#: When a column has no value, which a reader of a figure that is there need not know.
_UNTOLD = re.compile(r"[;,] null .*$")


def compose(reader: Reader, declared: Path, before: Special | None = None) -> tuple[Pack, Quoter]:
    """Return the pack of a build and the record of its figures. `declared` holds pages, words and the pack's rules."""
    rules = read_toml(declared / "pack.toml")
    sources = reader.sources()
    quoter = Quoter(reader.scene.build, {s: str(v["licence"]) for s, v in sources.items()}, rules["licences"])
    words = {str(k): str(v) for k, v in read_toml(declared / "labels.toml").items()}
    composer = _Composer(reader, quoter, Names(reader, words), declared, before or Special())
    pages = tuple(page for spec in composer.specs for page in composer.pages(spec))
    scene = reader.scene
    title = f"{rules['title']}: {scene.area_name}"
    pack = Pack(title, scene.area_name, day(scene.as_of), scene.build, pages, quoter.to_json(sources))
    return pack, quoter


class _Composer:
    def __init__(self, reader: Reader, quoter: Quoter, names: Names, declared: Path, special: Special) -> None:
        self._reader, self._quoter, self._names = reader, quoter, names
        self._speaker = Speaker(reader, quoter, names)
        self._declared, self._special = declared, special
        self.specs = read_pages(declared)
        self._families: dict[str, dict[str, Row]] = {}
        self._tables = Tables(quoter, names, self._path_of)

    def pages(self, spec: PageSpec) -> list[Page]:
        if not spec.each:
            return [self._page(spec, f"{spec.id}.html", "", spec.title)]
        column, folder = _FAMILY[spec.each][2:]
        made = []
        for item, row in self._items(spec.each).items():
            made.append(self._page(spec, f"{folder}/{_slug(item)}.html", item, self._names.of(row, column)))
        return made

    def _items(self, family: str) -> dict[str, Row]:
        """Return the members of a family by their code; none where the build lacks the mart that lists them."""
        if family not in self._families:
            mart, where, column, _ = _FAMILY[family]
            rows = self._reader.rows(mart, where) if mart in self._reader.marts else []
            self._families[family] = {str(row.values[column]): row for row in rows}
        return self._families[family]

    def _path_of(self, family: str, item: str) -> str | None:
        """Return the path of the page about a member of a family; None when there is no such page."""
        return f"{_FAMILY[family][3]}/{_slug(item)}.html" if item in self._items(family) else None

    def _page(self, spec: PageSpec, path: str, item: str, title: str) -> Page:
        self._quoter.page = path
        sections = tuple(self._section(s, path, item, title if spec.each else "") for s in spec.sections)
        lead = spec.lead.replace("{area}", self._reader.scene.area_name).replace("{item}", title)
        parent = f"{spec.id}.html" if spec.each else ""
        return Page(
            path, title, lead, spec.group, sections, parent, self._footnotes(sections), self._quoter.sources(path)
        )

    def _section(self, spec: SectionSpec, path: str, item: str, about: str) -> Section:
        title = spec.title.replace("{area}", self._reader.scene.area_name)
        blocks: list[Block] = [self._speaker.say(s, spec.mart, item, title) for s in spec.say]
        if spec.special:
            context = replace(self._special, reader=self._reader, quoter=self._quoter, names=self._names)
            blocks += SPECIAL[spec.special](context, self._declared, path)
        elif spec.mart and spec.mart not in self._reader.marts:
            blocks = [
                *(b for b in blocks if isinstance(b, Sentence)),
                Gap(title, f"this build has no table {spec.mart}"),
            ]
        elif spec.rows:
            blocks += self._table_and_chart(spec, path, item, title, about)
        return Section(spec.id, title, _once(blocks), spec.note, self._more(spec))

    def _more(self, spec: SectionSpec) -> tuple[Link, ...]:
        """Return links to the pages that say more, those of them that the pack has."""
        titles = {page.id: page.title for page in self.specs if not page.each}
        return tuple(Link(titles[id], f"{id}.html") for id in spec.more if id in titles)

    def _table_and_chart(self, spec: SectionSpec, path: str, item: str, title: str, about: str) -> list[Block]:
        try:
            rows = self._reader.rows(spec.mart, spec.where, spec.order, item)
            rows = rows[: spec.most] if spec.most else rows
            if not rows and spec.none:
                return [Sentence((Text(spec.none),))]
            if not rows:
                return [Gap(title, spec.absent or "the build holds no rows for it")]
            id = f"{path.removesuffix('.html').replace('/', '-')}-{spec.id}"
            blocks: list[Block] = [] if spec.bare else [self._tables.build(id, spec, rows, title)]
            if spec.chart:
                own = rows
                if spec.chart.where:
                    own = self._reader.rows(spec.mart, {**spec.where, **spec.chart.where}, spec.order, item)
                drawn = draw_chart(
                    id,
                    title,
                    about,
                    spec.chart,
                    own,
                    spec.chart.label or spec.rows[:1],
                    self._reader,
                    self._quoter,
                    self._names,
                )
                blocks.append(drawn)
            return blocks
        except CoverageError as error:
            return [Gap(title, error.what.rstrip("."))]

    def _footnotes(self, sections: Sequence[Section]) -> tuple[Parts, ...]:
        """Return, for each figure of the page's sentences, its citation, what it is and whose figures are behind it."""
        told: dict[str, Parts] = {}
        for block in (b for s in sections for b in s.blocks if isinstance(b, Sentence)):
            for part in block.parts:
                if isinstance(part, Figure) and part.citation not in told:
                    unit, meaning, _ = self._quoter.told(part.citation)
                    meaning = _UNTOLD.sub("", meaning)
                    about = f": {meaning}" + (f" ({unit})" if unit not in ("rows", "text", *ROWS_OWN) else "")
                    told[part.citation] = (replace(part, indicative=False), Text(" "), Code(part.citation), Name(about))
        return tuple(told.values())


def _once(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks; a gap that says the same as an earlier one is not repeated."""
    seen: set[Gap] = set()
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Gap):
            if block in seen:
                continue
            seen.add(block)
        kept.append(block)
    return tuple(kept)


def _slug(item: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in item)
