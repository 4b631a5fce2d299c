"""From declared pages and a build to a pack: every section filled from its mart, or its gap stated.

Owns: families of pages (one a route, sector, district), tables of rows, footnotes. Never: words of its own about figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from lmi.errors import CoverageError
from lmi.evidence.charts import draw_chart
from lmi.evidence.document import (
    Block,
    Code,
    Gap,
    Head,
    Inline,
    Link,
    Name,
    Pack,
    Page,
    Parts,
    Section,
    Sentence,
    Table,
    Text,
    Time,
)  # fmt: skip
from lmi.evidence.names import Names
from lmi.evidence.quote import ROWS_OWN, Figure, Quoter, Row
from lmi.evidence.read import Reader
from lmi.evidence.say import Speaker
from lmi.evidence.spec import PageSpec, SectionSpec, read_pages, read_toml
from lmi.evidence.special import SPECIAL, Special
from lmi.evidence.words import day, period

#: Columns that are for machines or are told elsewhere on the page.
_UNSHOWN = ("inputs", "model_id", "origin", "base_people", "base_learners", "quality_class", "status", "scenario")
_QUALITY = {"A": "A", "B": "B, indicative", "C": "C, withheld"}
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


def compose(reader: Reader, declared: Path, before: Special | None = None) -> tuple[Pack, Quoter]:
    """Return the pack of a build and the record of its figures. `declared` holds pages, words and the pack's rules."""
    rules = read_toml(declared / "pack.toml")
    sources = reader.sources()
    quoter = Quoter(reader.scene.build, {s: str(v["licence"]) for s, v in sources.items()}, rules["licences"])
    words = {str(k): str(v) for k, v in read_toml(declared / "labels.toml").items()}
    composer = _Composer(reader, quoter, Names(reader, words), declared, before or Special())
    pages = tuple(page for spec in read_pages(declared) for page in composer.pages(spec))
    scene = reader.scene
    title = f"{rules['title']}: {scene.area_name}"
    pack = Pack(title, scene.area_name, day(scene.as_of), scene.build, pages, quoter.to_json(sources))
    return pack, quoter


class _Composer:
    def __init__(self, reader: Reader, quoter: Quoter, names: Names, declared: Path, special: Special) -> None:
        self._reader, self._quoter, self._names = reader, quoter, names
        self._speaker = Speaker(reader, quoter, names)
        self._declared, self._special = declared, special
        self._families: dict[str, dict[str, Row]] = {}

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
            absent = f"this build has no table {spec.mart}"
            blocks = [*(b for b in blocks if isinstance(b, Sentence)), Gap(title, absent)]
        elif spec.rows:
            blocks += self._table_and_chart(spec, path, item, title, about)
        return Section(spec.id, title, _once(blocks), spec.note)

    def _table_and_chart(self, spec: SectionSpec, path: str, item: str, title: str, about: str) -> list[Block]:
        try:
            rows = self._reader.rows(spec.mart, spec.where, spec.order, item)
            if not rows:
                return [Gap(title, spec.absent or "the build holds no rows for it")]
            id = f"{path.removesuffix('.html').replace('/', '-')}-{spec.id}"
            blocks: list[Block] = [
                self._pivot(id, spec, rows, title) if spec.pivot else self._table(id, spec, rows, title)
            ]
            if spec.chart:
                own = self._reader.rows(spec.mart, {**spec.where, **spec.chart.where}, spec.order, item)
                drawn = draw_chart(
                    id, title, about, spec.chart, own, spec.rows[0], self._reader, self._quoter, self._names
                )
                blocks.append(drawn)
            return blocks
        except CoverageError as error:
            return [Gap(title, error.what)]

    def _table(self, id: str, spec: SectionSpec, rows: Sequence[Row], title: str) -> Table:
        columns = spec.columns or self._all_columns(spec, rows)
        figures = any(_is_number(r.values.get(c)) for r in rows for c, _ in columns)
        classed = figures and "quality_class" in rows[0].values and not any(c == "quality_class" for c, _ in columns)
        heads = [Head(self._heading(c)) for c in spec.rows]
        for column, words in columns:
            values = [r.values.get(column) for r in rows]
            number = any(map(_is_number, values)) or (column in spec.signed and not any(values))
            unit = rows[0].units.get(column, "") if number else ""
            unit = "" if unit in ROWS_OWN else unit
            heads.append(Head(words, "" if unit in ("text", "share") else unit.replace("_", " "), number))
        body = []
        for row in rows:
            cells = [self._row_head(spec, row, n, c) for n, c in enumerate(spec.rows)]
            cells += [self._cell(row, c, c in spec.signed) for c, _ in columns]
            if classed:
                cells.append(Name(_QUALITY.get(row.quality, row.quality)))
            body.append(tuple(cells))
        if classed:
            heads.append(Head("Quality"))
        return Table(id, title, tuple(heads), tuple(body), len(spec.rows))

    def _pivot(self, id: str, spec: SectionSpec, rows: Sequence[Row], title: str) -> Table:
        """Return one figure a row and column: each row of the mart stands under its value of `spec.pivot`."""
        (column, words), *_ = spec.columns
        groups: dict[tuple[Any, ...], dict[Any, Row]] = {}
        named: dict[Any, str] = {}
        for row in rows:
            at = _place(row, spec.pivot)
            groups.setdefault(tuple(_place(row, c) for c in spec.rows), {})[at] = row
            named[at] = period(*at) if spec.pivot == "period" else self._names.of(row, spec.pivot)
        across = sorted(named)
        heads = [Head(self._heading(c)) for c in spec.rows] + [Head(named[at], "", True) for at in across]
        classed = "quality_class" in rows[0].values
        body = []
        for held in groups.values():
            first = next(iter(held.values()))
            cells = [self._row_head(spec, first, n, c) for n, c in enumerate(spec.rows)]
            cells += [self._cell(held[at], column, False) if at in held else Name("not held") for at in across]
            if classed:
                cells.append(Name(_quality_of({named[at]: held[at].quality for at in across if at in held})))
            body.append(tuple(cells))
        if classed:
            heads.append(Head("Quality"))
        units = {row.unit(column) for row in rows}
        unit = units.pop() if len(units) == 1 else ""
        caption = f"{title}: {words}{', ' + unit if unit not in ('', 'count', 'share', words.lower()) else ''}"
        return Table(id, caption, tuple(heads), tuple(body), len(spec.rows))

    def _cell(self, row: Row, column: str, signed: bool) -> Inline:
        if column == "quality_class":
            return Name(_QUALITY.get(row.quality, row.quality))
        value = row.values.get(column)
        if isinstance(value, bool):
            return Name("yes" if value else "no")
        if isinstance(value, str):
            return Name(self._names.of(row, column))
        if isinstance(value, date):
            return Time(day(value))
        if column not in row.values:
            raise CoverageError(f"mart {row.mart} has no column {column!r}.")
        if value is None and row.units[column] in ("text", "id", "label", "words", "rule", "kind", "date", "gss"):
            return Name("none")
        shown = self._quoter.quote(row, column, signed=signed)
        # The row's class stands at its end; each figure need not say so again.
        return replace(shown, indicative=False) if isinstance(shown, Figure) else shown

    def _row_head(self, spec: SectionSpec, row: Row, n: int, column: str) -> Inline:
        if column == "period":
            return Time(period(row.values["period_start"], row.values["period_end"]))
        value = row.values[column]
        if isinstance(value, (int, date)):
            return Time(str(value) if isinstance(value, int) else day(value))
        words = self._names.of(row, column)
        if spec.links and n == 0 and str(value) in self._items(spec.links):
            return Link(words, f"{_FAMILY[spec.links][3]}/{_slug(str(value))}.html")
        return Name(words)

    def _heading(self, column: str) -> str:
        return _HEADINGS.get(column, column.replace("_", " ").capitalize())

    def _all_columns(self, spec: SectionSpec, rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
        shown = [c for c in rows[0].values if c not in (*rows[0].key, *_UNSHOWN)]
        return tuple((c, self._heading(c)) for c in shown)

    def _footnotes(self, sections: Sequence[Section]) -> tuple[Parts, ...]:
        """Return, for each figure of the page's sentences, its citation, what it is and whose figures are behind it."""
        told: dict[str, Parts] = {}
        for block in (b for s in sections for b in s.blocks if isinstance(b, Sentence)):
            for part in block.parts:
                if isinstance(part, Figure) and part.citation not in told:
                    unit, meaning, _ = self._quoter.told(part.citation)
                    about = f": {meaning}" + (f" ({unit})" if unit not in ("rows", "text") else "")
                    told[part.citation] = (replace(part, indicative=False), Text(" "), Code(part.citation), Name(about))
        return tuple(told.values())


_HEADINGS: Mapping[str, str] = {
    "area_code": "Area",
    "period": "Period",
    "sector_id": "Sector",
    "code": "Kind",
    "outturn": "Tried on",
    "breakdown": "Split by",
    "horizon": "Years ahead",
    "title": "Indicator",
    "sap_ref": "Reference",
    "assumption_id": "Name",
    "academic_year_ending": "Academic year ending",
}


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


def _place(row: Row, column: str) -> Any:
    return (row.values["period_start"], row.values["period_end"]) if column == "period" else row.values[column]


def _quality_of(classes: Mapping[str, str]) -> str:
    """Return the class of a row of several figures: theirs where all have one, else which of them are indicative."""
    if len(set(classes.values())) == 1:
        return _QUALITY.get(next(iter(classes.values())), "")
    return (
        f"B, indicative: {', '.join(name for name, quality in classes.items() if quality == 'B')}; others A or withheld"
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _slug(item: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in item)
