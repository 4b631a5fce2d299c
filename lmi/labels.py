"""Labels as dictionaries: what a distinct text means, carried to the rows by its place.

Owns: resolving each distinct label once, and joining several labels into one. Never: knows a declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Resolved:
    """Rows as places in a list of distinct labels, and what each label means; None means that nobody knows."""

    places: pa.Array
    labels: pa.Array
    meanings: Sequence[Any]

    @property
    def unknown(self) -> pa.Array:
        """True for each row whose label has no meaning."""
        if None not in self.meanings and not self.places.null_count:
            return pa.repeat(pa.scalar(False), len(self.places))
        known = pa.array([m is not None for m in self.meanings], pa.bool_())
        return pc.invert(pc.fill_null(known.take(self.places), False))

    def column(self, part: Callable[[Any], Any], kind: pa.DataType | None = None) -> pa.Array:
        """Return one part of the meanings by row: of `kind` by value, or texts as a dictionary array."""
        values = [None if m is None else part(m) for m in self.meanings]
        if kind is not None:
            return pa.array(values, kind).take(self.places)
        distinct = sorted({v for v in values if v is not None})
        at = {value: i for i, value in enumerate(distinct)}
        places = pa.array([None if v is None else at[v] for v in values], pa.int32()).take(self.places)
        return pa.DictionaryArray.from_arrays(places, pa.array(distinct, pa.string()))

    def shown(self, what: str) -> pa.Array:
        """Return in words what each row shows, such as "the area Atlantis"."""
        return pa.array([f"{what} {label}" for label in self.labels.to_pylist()], pa.string()).take(self.places)


def resolved(column: pa.DictionaryArray, read: Callable[[str], object], known: dict[str, object]) -> Resolved:
    """Return `column` with the meaning of each distinct label; `known` remembers meanings from batch to batch."""
    labels: list[str] = column.dictionary.to_pylist()
    for label in labels:
        if label not in known:
            known[label] = read(label)
    return Resolved(column.indices, column.dictionary, [known[label] for label in labels])


def combined(parts: Sequence[pa.Array], bar: str = "|") -> pa.DictionaryArray:
    """Return labels joined by `bar` as one dictionary array. An empty label is an empty text."""
    coded = [_encoded(part) for part in parts]
    if len(coded) == 1:
        return coded[0]
    places = coded[0].indices.cast(pa.int64())
    for part in coded[1:]:
        places = pc.add(pc.multiply(places, len(part.dictionary)), part.indices.cast(pa.int64()))
    pairs = places.dictionary_encode()
    rest = pairs.dictionary
    texts: list[pa.Array] = []
    for part in reversed(coded):
        size = len(part.dictionary)
        whole = pc.divide(rest, size)
        texts.insert(0, part.dictionary.take(pc.subtract(rest, pc.multiply(whole, size))))
        rest = whole
    return pa.DictionaryArray.from_arrays(pairs.indices, pc.binary_join_element_wise(*texts, bar))


def _encoded(part: pa.Array) -> pa.DictionaryArray:
    if pa.types.is_dictionary(part.type):
        if not part.null_count and not part.dictionary.null_count:
            return pa.DictionaryArray.from_arrays(part.indices.cast(pa.int32()), part.dictionary.cast(pa.string()))
        part = part.cast(pa.string())
    return pc.fill_null(part.cast(pa.string()), "").dictionary_encode()
