"""Sections that are no table of a mart: limits in words, assumptions, sources with licences, glossary, what moved.

Owns: these sections. Never: a figure that was not quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from lmi.evidence.document import (
    Block,
    Bullets,
    Code,
    Gap,
    Head,
    Inline,
    Link,
    Name,
    Parts,
    Sentence,
    Table,
    Terms,
    Text,
    Time,
)  # fmt: skip
from lmi.evidence.names import Names
from lmi.evidence.quote import Quoter
from lmi.evidence.read import Reader
from lmi.evidence.say import Speaker
from lmi.evidence.spec import read_toml
from lmi.evidence.words import day

if TYPE_CHECKING:
    from lmi.evidence.since import Moved


@dataclass(frozen=True)
class Special:
    """What such sections may look at; `moved` is None where no earlier build is compared with."""

    reader: Reader | None = None
    quoter: Quoter | None = None
    names: Names | None = None
    moved: Moved | None = None


def limits(context: Special, declared: Path, path: str) -> list[Block]:
    """Return the limits of the method as a list; thresholds in them are quoted from the assumptions."""
    reader, quoter, names = _all(context)
    speaker = Speaker(reader, quoter, names)
    items = []
    for told in read_toml(declared / "method.toml")["limit"]:
        row = None
        if "assumption" in told:
            rows = reader.rows("dim_assumption", {"assumption_id": told["assumption"]})
            if not rows:
                continue
            row = rows[0]
        items.append(tuple(speaker.parts(told["text"], row)))
    return [Bullets(tuple(items))]


def questions(context: Special, declared: Path, path: str) -> list[Block]:
    """Return what a board may ask next, as a list; advice of ours that holds no figure."""
    return [Bullets(tuple((Text(str(told["text"])),) for told in read_toml(declared / "method.toml")["question"]))]


def glossary(context: Special, declared: Path, path: str) -> list[Block]:
    """Return the terms that lay readers meet in the pack."""
    told = read_toml(declared / "glossary.toml")
    return [Terms(tuple((str(t["term"]), str(t["means"])) for t in told["term"]))]


def sources(context: Special, declared: Path, path: str) -> list[Block]:
    """Return the sources behind the figures printed so far: edition, release, licence, and the words to carry."""
    reader, quoter, _ = _all(context)
    known = reader.sources()
    used = [s for s in quoter.sources() if s in known]
    if not used:
        return [Gap("Sources", "no figure was printed")]
    fresh = {str(r.values["source_id"]): r for r in reader.rows("freshness", {})} if "freshness" in reader.marts else {}
    rows: list[Parts] = []
    for source in sorted(used, key=lambda s: str(known[s]["title"])):
        about = known[source]
        row = fresh.get(source)
        released = row.values["released"] if row else None
        link: Inline = Link(str(about["title"]), str(about["url"])) if about["url"] else Name(str(about["title"]))
        edition = Name(str(row.values["vintage"] or "none") if row else "none")
        when: Inline = Time(day(released)) if isinstance(released, date) else Name("not known")
        rows.append((link, Name(str(about["publisher"])), edition, when, Code(str(about["licence"]))))
    heads = tuple(Head(t) for t in ("Source", "Publisher", "Edition in use", "Released", "Licence"))
    table = Table(f"{path.removesuffix('.html')}-list", "Published data behind this pack", heads, tuple(rows))
    words = sorted({str(known[s]["attribution"]) for s in used})
    return [table, Sentence((Text("Whoever quotes a figure carries the words of its sources:"),)), _bullets(words)]


def notices(context: Special, declared: Path, path: str) -> list[Block]:
    """Return what the publishers say about the use of their figures, source by source."""
    reader, quoter, _ = _all(context)
    known = reader.sources()
    told = {str(known[s]["title"]): str(known[s]["notice"]) for s in quoter.sources() if s in known}
    items = tuple((Name(f"{title}: {notice}"),) for title, notice in sorted(told.items()) if notice)
    return [Bullets(items)] if items else [Gap("Notes", "the publishers gave none")]


def moved(context: Special, declared: Path, path: str) -> list[Block]:
    """Return the headlines that moved since the other build, each with its causes, or that none was compared with."""
    _, quoter, _ = _all(context)
    if context.moved is None:
        what = "no earlier build was named; lmi evidence --since BUILD compares with one"
        return [Gap("What moved since the last pack", what)]
    return context.moved.blocks(quoter, path)


def _bullets(lines: list[str]) -> Bullets:
    return Bullets(tuple((Name(line),) for line in lines))


def _all(context: Special) -> tuple[Reader, Quoter, Names]:
    assert context.reader is not None and context.quoter is not None and context.names is not None
    return context.reader, context.quoter, context.names


SPECIAL: Mapping[str, Callable[[Special, Path, str], list[Block]]] = {
    "limits": limits,
    "questions": questions,
    "glossary": glossary,
    "sources": sources,
    "notices": notices,
    "moved": moved,
}
