"""The finding that a chart's title states, by rule from the rows that it draws; never stronger than the verdicts.

Owns: the wording of titles. Never: draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lmi.evidence.document import Inline, Name, Parts, Text, Time
from lmi.evidence.quote import Figure, Row
from lmi.evidence.words import listed

_CLAIMS = ("shortfall likely", "surplus likely")


@dataclass(frozen=True)
class Drawn:
    """A row that is drawn: its name, its figures by their part in the chart, and where they lie on a line."""

    name: str
    row: Row
    figures: dict[str, Figure]
    stored: Mapping[str, float] = field(default_factory=dict)

    def number(self, part: str) -> float:
        """The printed number of a part."""
        return self.figures[part].number

    def place(self, part: str) -> float:
        """Where a part lies on a line through many years, as stored: printed numbers would make steps of it."""
        return self.stored.get(part, self.figures[part].number)


def of_verdicts(drawn: Sequence[Drawn], area: str) -> Parts:
    """Return which rows are short of people or oversupplied, or that none can be called so."""
    said = {claim: [d.name for d in drawn if d.row.values.get("verdict") == claim] for claim in _CLAIMS}
    told = [f"{claim} in {listed(names)}" for claim, names in said.items() if names]
    where = (Text(" in "), Name(area))
    if not told:
        return (Text("Nothing shown here can be called short of people or oversupplied"), *where)
    text = "; ".join(told)
    return (Name(text[0].upper() + text[1:]), *where)


def of_openings(drawn: Sequence[Drawn]) -> Parts:
    """Return whether openings are mostly from leavers or from growth, and where they are most."""
    leave = sum(max(d.number("leave"), 0) for d in drawn)
    grow = sum(max(d.number("grow"), 0) for d in drawn)
    most = max(drawn, key=lambda d: d.number("leave") + max(d.number("grow"), 0))
    why = "Most openings replace people who leave work" if leave > grow else "Most openings come from growth"
    return (Text(f"{why}; the most are in "), Name(most.name))


def of_path(first: Figure, last: Drawn, about: str, area: str, year: str) -> Parts:
    """Return where the central path goes, and whether the range allows the opposite."""
    low, mid, high = (last.number(part) for part in ("low", "mid", "high"))
    way = "rise" if mid > first.number else "fall" if mid < first.number else "stay level"
    open_ended = low < first.number < high
    tail = "; the likely range holds both a rise and a fall" if open_ended else ""
    start = (Name(about), Text(": jobs in ")) if about else (Text("Jobs in "),)
    middle = (Name(area), Text(f" may {way} to about "), last.figures["mid"], Text(" in "), Time(year))
    return (*start, *middle, Text(tail))


def of_extremes(drawn: Sequence[Drawn], what: str, *, lowest: bool) -> Parts:
    """Return where a figure is highest and, where wished, where it is lowest."""
    ranked = sorted(drawn, key=lambda d: d.number("mid"))
    low, high = ranked[0], ranked[-1]
    parts: tuple[Inline, ...] = (Text(f"{what}: most in "), Name(high.name), Text(", "), high.figures["mid"])
    if low is high or not lowest:
        return parts
    return (*parts, Text("; least in "), Name(low.name), Text(", "), low.figures["mid"])


def of_drivers(drawn: Sequence[Drawn], what: str) -> Parts:
    """Return the input on which a figure depends most, with the figure at both of its ends."""
    first = drawn[0]
    low, high = sorted((first.figures["low"], first.figures["high"]), key=lambda f: f.number)
    return (
        Name(f"{what}: what matters most is {first.name[:1].lower()}{first.name[1:]}"), Text(", which alone means "), low,
        Text(" to "), high,
    )  # fmt: skip


def of_moves(drawn: Sequence[Drawn]) -> Parts:
    """Return how many figures rose and fell, as words, and the one that changed most as a share of itself."""
    up = any(d.number("after") > d.number("before") for d in drawn)
    down = any(d.number("after") < d.number("before") for d in drawn)
    way = "Some rose and others fell" if up and down else "They rose" if up else "They fell" if down else "None moved"
    most = max(drawn, key=lambda d: abs(d.number("after") - d.number("before")) / (abs(d.number("before")) or 1))
    return (
        Text(f"{way}; the largest change for its size is in "), Name(most.name), Text(", from "), most.figures["before"],
        Text(" to "), most.figures["after"],
    )  # fmt: skip
