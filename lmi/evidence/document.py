"""What a pack says, whatever the format: pages of sections of sentences, tables, charts and stated gaps.

Owns: the shapes that every writer reads. Never: reads a mart, knows HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lmi.evidence.quote import Figure, Withheld


@dataclass(frozen=True)
class _Words:
    text: str


class Text(_Words):
    """Words of ours. A digit in them is a year, a level or an age, never a figure; a test holds us to it."""


class Name(_Words):
    """Words of the data or of a publisher: a name, a label, a reason."""


class Code(_Words):
    """An identifier: a citation, a build, a code."""


class Time(_Words):
    """A year, a day or a period."""


@dataclass(frozen=True)
class Link:
    """A link to a page of the pack by its path, or to an outside address."""

    text: str
    to: str


Inline = Text | Name | Code | Time | Link | Figure | Withheld
Parts = tuple[Inline, ...]


@dataclass(frozen=True)
class Sentence:
    """One sentence with its figures."""

    parts: Parts


@dataclass(frozen=True)
class Gap:
    """What could not be said, and why: it stands where the figure or table would."""

    what: str
    reason: str


@dataclass(frozen=True)
class Head:
    """A column's heading with its unit; `number` columns are set to the right."""

    title: str
    unit: str = ""
    number: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first `row_heads` cells of a row head it. `id` is unique in the pack.

    `notes` say what is left out and why. A `folded` table is long: a page shows it on request, a printed document not.
    """

    id: str
    caption: str
    heads: tuple[Head, ...]
    rows: tuple[Parts, ...]
    row_heads: int = 1
    notes: tuple[Parts, ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing with a title that says the finding, and in `words` every number that it shows.

    `name` says what is drawn, in few words.
    """

    id: str
    name: str
    title: Parts
    subtitle: str
    svg: str
    words: tuple[Parts, ...]


@dataclass(frozen=True)
class Terms:
    """Terms and what they mean."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bullets:
    """A list, each item with its parts."""

    items: tuple[Parts, ...]


Block = Sentence | Gap | Table | Chart | Terms | Bullets


@dataclass(frozen=True)
class Section:
    """A part of a page under its own heading; `more` leads to the pages that say more of it."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    note: str = ""
    more: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page: `path` below the pack's folder, `group` in the menu; a page of a family has a `parent` path."""

    path: str
    title: str
    lead: str
    group: str
    sections: tuple[Section, ...]
    parent: str = ""
    footnotes: tuple[Parts, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pack:
    """All pages in reading order, and what the pack is about."""

    title: str
    area: str
    as_of: str
    build: str
    pages: tuple[Page, ...]
    citations: str
    about: dict[str, str] = field(default_factory=dict)

    def tables(self) -> Iterator[tuple[Page, Table]]:
        """Yield every table with its page, in reading order."""
        for page in self.pages:
            yield from ((page, b) for s in page.sections for b in s.blocks if isinstance(b, Table))

    def charts(self) -> Iterator[tuple[Page, Chart]]:
        """Yield every chart with its page, in reading order."""
        for page in self.pages:
            yield from ((page, b) for s in page.sections for b in s.blocks if isinstance(b, Chart))


#: What a printed document says where a folded table would stand.
FOLDED = "This table is long. It is in the pages of the pack, in the workbook and among the CSV files."


def plain(parts: Iterable[Inline]) -> str:
    """Return parts as text, a figure as it is printed and one of class B marked."""
    return "".join(plain_one(part) for part in parts)


def plain_one(part: Inline) -> str:
    """Return one part as text."""
    if isinstance(part, Figure):
        return f"{part.text} (indicative)" if part.indicative else part.text
    return part.word if isinstance(part, Withheld) else part.text
