"""Packs to look at, builds that were spoilt on purpose, and every number of a page with what accounts for it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb

from lmi.engine import connect
from lmi.evidence.pack import Written, write_pack
from lmi.pipeline.packs import DECLARED
from lmi.publish import published_build
from tests.pipeline.builds import Built

#: Digits that are no figures: years, levels of qualification, ages, and names of qualifications.
NO_FIGURE = re.compile(
    r"\b(19|20)\d\d\b|\b[Ll]evels? \d( (and|or) \d)?|\b(between )?1[4-9] (to|and) \d\d\b"
    r"|\b16 and over\b|\bunder 19\b|\bat 19\b|\bage of 19\b|\b[Kk]ey stage 4\b"
)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class MadePack:
    """A written pack and its record of figures."""

    folder: Path
    written: Written

    @property
    def record(self) -> dict[str, Any]:
        """The content of citations.json."""
        told: dict[str, Any] = json.loads((self.folder / "citations.json").read_text(encoding="utf-8"))
        return told

    @property
    def pages(self) -> list[Path]:
        """Every page."""
        return sorted(self.folder.rglob("*.html"))


def make_pack(
    database: Path, out: Path, formats: Sequence[str] = ("html",), build: str = "a-build", declared: Path = DECLARED
) -> MadePack:
    """Write a pack of one database."""
    with closing(connect(database, read_only=True)) as con:
        return MadePack(out, write_pack(con, build, declared, out, formats))


def few_pages(folder: Path, *more: str) -> Path:
    """Return a folder that declares the headlines, the glossary and `more` pages, for tests that need no whole pack."""
    folder.mkdir()
    for name in ("pack", "labels", "glossary", "page_index", "page_glossary", *more):
        shutil.copy(DECLARED / f"{name}.toml", folder)
    return folder


def spoilt(built: Built, folder: Path, *statements: str) -> Path:
    """Return a copy of a build's database in which `statements` were run."""
    copy = folder / "spoilt.duckdb"
    shutil.copyfile(published_build(built.data / "curated").database, copy)
    with closing(duckdb.connect(str(copy))) as con:
        for statement in statements:
            con.execute(statement)
    return copy


@dataclass(frozen=True)
class Found:
    """Text of a page: where it stands (the innermost kind that accounts for digits) and its citation, if any."""

    kind: str
    text: str
    citation: str


class _Texts(HTMLParser):
    """Collects each text with what it stands in."""

    _VOID = frozenset({"meta", "link", "br", "path", "line", "rect", "circle", "img"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Found] = []
        self.addresses: list[str] = []
        self._stack: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {k: v or "" for k, v in attrs}
        self.addresses += [told[a] for a in ("href", "src") if a in told and tag != "a"]
        if tag in self._VOID:
            return
        kind = tag if tag in ("time", "code", "desc", "title", "script") else ""
        cited = told.get("data-citation", "") or (told.get("value", "") if tag == "data" else "")
        classes = told.get("class", "").split()
        for name in ("d", "tick", "rank", "year", "name", "w"):
            kind = name if name in classes else kind
        self._stack.append((tag, kind, cited))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {k: v or "" for k, v in attrs}
        self.addresses += [told[a] for a in ("href", "src") if a in told]

    def handle_endtag(self, tag: str) -> None:
        while self._stack:
            if self._stack.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if any(c.isdigit() for c in data):
            kind = next((k for _, k, _ in reversed(self._stack) if k), "")
            cited = next((c for _, _, c in reversed(self._stack) if c), "")
            self.found.append(Found(kind, data, cited))


def texts_of(html: str) -> _Texts:
    """Return the texts with digits in a page, and the addresses that it loads."""
    parser = _Texts()
    parser.feed(html)
    return parser


def magnitude(text: str) -> str:
    """Return a printed figure without signs and units."""
    return re.sub(r"[^\d.,]", "", text)


def unaccounted(html: str, record: dict[str, Any]) -> Iterator[str]:
    """Yield every number of a page that is neither a cited figure as printed nor a year, level, age, code or name."""
    figures = record["figures"]
    printed = {magnitude(t) for f in figures.values() for t in f["printed"]}
    for found in texts_of(html).found:
        if found.citation:
            known = figures.get(found.citation)
            shown = {t.lstrip("−") for t in known["printed"]} if known else set()
            if found.text.lstrip("−") not in shown:
                yield f"{found.text} is not {found.citation}"
        elif found.kind in ("desc", "title"):
            yield from _left(found.text, printed)
        elif found.kind not in ("time", "code", "d", "name", "tick", "rank", "year", "w"):
            yield from _left(found.text, set())


def _left(text: str, printed: set[str]) -> Iterator[str]:
    for number in NUMBER.findall(NO_FIGURE.sub(" ", text)):
        if number.rstrip(".,") not in printed:
            yield f"{number} in {text[:90]!r}"


class _Markup(HTMLParser):
    """Collects what a page is built of: each element with its parent, classes, roles and attributes, its ids and texts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kinds: set[tuple[str, ...]] = set()
        self.ids: list[str] = []
        self._stack = ["", ""]
        self._heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {k: v or "" for k, v in attrs}
        self.ids += [told["id"]] if "id" in told else []
        values = (
            f"{k}={told[k]}" if k in ("class", "role", "scope", "lang", "tabindex", "fill") else k for k in sorted(told)
        )
        self.kinds.add((*self._stack[-2:], tag, *values))
        if tag in ("h1", "h2", "h3"):
            self.kinds.add((self._heading, tag))
            self._heading = tag
        if tag not in _Texts._VOID:
            self._stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _Texts._VOID:
            self._stack.pop()

    def handle_endtag(self, tag: str) -> None:
        while len(self._stack) > 2 and self._stack.pop() != tag:
            pass


def markup_of(html: str) -> tuple[set[tuple[str, ...]], list[str]]:
    """Return the kinds of elements of a page, each with its two ancestors, classes and attributes, and all its ids."""
    parser = _Markup()
    parser.feed(html)
    return parser.kinds, parser.ids


def one_of_each_make(pages: Sequence[Path]) -> list[Path]:
    """Return pages that together hold every kind of element of all, and one of each family.

    Rules of markup and colour see no more in the others.
    """
    seen: set[tuple[str, ...]] = set()
    chosen: list[Path] = []
    for path in sorted(pages, key=lambda p: -p.stat().st_size):
        kinds, _ = markup_of(path.read_text(encoding="utf-8"))
        if not kinds <= seen or path.parent not in {p.parent for p in chosen}:
            seen |= kinds
            chosen.append(path)
    return chosen
