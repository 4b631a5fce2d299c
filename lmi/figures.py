"""The text of a figure, and of what stands beside it, as numbers and reasons.

Owns: telling numbers from symbols, the status that follows from them, in bulk and without a text a row. Never: knows a
declaration, decides what an unknown symbol leads to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lmi.tables import STATUSES

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_WITH_COMMAS = r"^\s*[-+]?\d{1,3}(,\d{3})+(\.\d+)?\s*$"
_CODES = {status: code for code, status in enumerate(STATUSES)}
#: Statuses beside which the figure itself stands.
_HELD = pa.array([_CODES["ok"], _CODES["unreliable"]], pa.int32())


@dataclass(frozen=True)
class Read:
    """Texts as read: `numbers` where the text is one, the place of a status in STATUSES where it is a symbol.

    Both are null where the text is neither: empty, or unknown.
    """

    numbers: pa.Array
    codes: pa.Array

    @property
    def unknown(self) -> pa.Array:
        """True for each text that is neither a number nor a symbol."""
        if not self.numbers.null_count:
            return pa.repeat(pa.scalar(False), len(self.numbers))
        return pc.and_(pc.is_null(self.numbers), pc.is_null(self.codes))


def read_figures(text: pa.Array, symbols: Mapping[str, str], *, are_numbers: bool = True, thousands: str = "") -> Read:
    """Return what each text is, by `symbols` (text -> status); blanks around it do not count.

    Texts that are all numbers or symbols as they stand, which is nearly every file, are looked at once. With
    `are_numbers` false nothing is a number. `thousands` is the mark between thousands, where the publisher writes one.
    """
    if thousands and are_numbers:
        grouped = pc.fill_null(pc.match_substring_regex(text, _WITH_COMMAS), False)
        text = pc.if_else(grouped, pc.replace_substring(text, thousands, ""), text)
    known = pa.array(list(symbols), pa.string())
    meanings = pa.array([_CODES[status] for status in symbols.values()], pa.int32())
    place = pc.index_in(_filled(text), value_set=known)
    nothing = pa.scalar(None, pa.string())
    if are_numbers:
        rest = text if place.null_count == len(place) else pc.if_else(pc.is_null(place), text, nothing)
        try:
            return Read(_finite(rest.cast(pa.float64())), meanings.take(place))
        except pa.ArrowInvalid:
            pass
    bare = pc.utf8_trim_whitespace(_filled(text))
    place = pc.index_in(bare, value_set=known)
    plain = pc.and_(pc.match_substring_regex(bare, _NUMBER), pc.is_null(place))
    numbers = pc.if_else(plain, bare, nothing).cast(pa.float64()) if are_numbers else pa.nulls(len(text), pa.float64())
    return Read(_finite(numbers), meanings.take(place))


def statuses_of(figure: Read, beside: Sequence[Read]) -> pa.Array:
    """Return the place in STATUSES of each row: the symbol instead of the figure, else the first one beside it, else ok.

    What stands beside and says ok leaves the word to the next.
    """
    ok = pa.scalar(_CODES["ok"], pa.int32())
    said = [pc.if_else(pc.equal(r.codes, ok), pa.scalar(None, pa.int32()), r.codes) for r in beside]
    weak = pc.coalesce(*said, ok) if said else pa.repeat(ok, len(figure.codes))
    return pc.if_else(pc.is_null(figure.numbers), figure.codes, weak) if figure.numbers.null_count else weak


def held_values(numbers: pa.Array, statuses: pa.Array) -> pa.Array:
    """Return the numbers whose status lets them stand; null for the others."""
    return pc.if_else(pc.is_in(statuses, value_set=_HELD), numbers, pa.scalar(None, pa.float64()))


def named(statuses: pa.Array) -> pa.DictionaryArray:
    """Return places in STATUSES as texts."""
    return pa.DictionaryArray.from_arrays(statuses, pa.array(STATUSES, pa.string()))


def _filled(text: pa.Array) -> pa.Array:
    return pc.fill_null(text, "") if text.null_count else text


def _finite(numbers: pa.Array) -> pa.Array:
    finite = pc.is_finite(numbers)
    if pc.all(finite, min_count=0).as_py() and not numbers.null_count:
        return numbers
    return pc.if_else(pc.fill_null(finite, False), numbers, pa.scalar(None, pa.float64()))
