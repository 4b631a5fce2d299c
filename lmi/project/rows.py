"""Collects projected figures and writes them as one table.

Owns: the shape of `projections`. Never: computes a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lmi import tables
from lmi.errors import ContractError
from lmi.project.inputs import Floats
from lmi.project.keys import MODEL_ID
from lmi.project.quality import CLASSES, Quality, Words


@dataclass(frozen=True)
class Block:
    """Figures of one measure and breakdown: everything has the shape (cell, year)."""

    scenario: str
    measure: str
    breakdown: str
    codes: Sequence[str]
    levels: Sequence[str]
    years: NDArray[np.int64]
    p50: Floats
    base: Floats
    quality: Quality
    keys: Sequence[int]
    p10: Floats | None = None
    p90: Floats | None = None
    probability: Floats | None = None
    area: str | None = None  # a district; none: the area of the projection


class Rows:
    """The blocks of one projection."""

    def __init__(self, area: str, origin: int, words: Words) -> None:
        self.area, self.origin, self.words = area, origin, words
        self.blocks: list[Block] = []

    def add(self, block: Block) -> None:
        """Keep a block. Raises ContractError when a central figure is not a number."""
        if not np.isfinite(block.p50).all():
            raise ContractError(
                f"projected {block.measure} by {block.breakdown} ({block.scenario}) is not a number everywhere.",
                do="look for a year or code that the views lack.",
            )
        self.blocks.append(block)

    def table(self) -> pa.Table:
        """Return all blocks as `projections`, sorted on the key."""
        blocks = self.blocks
        sizes = [b.p50.size for b in blocks]
        cells = np.repeat(np.arange(sum(b.p50.shape[0] for b in blocks)), _per_cell(blocks))
        block = np.repeat(np.arange(len(blocks)), sizes)
        year = np.concatenate([np.tile(b.years, b.p50.shape[0]) for b in blocks])
        words = {
            "scenario": _ranked([b.scenario for b in blocks], block),
            "measure": _ranked([b.measure for b in blocks], block),
            "breakdown": _ranked([b.breakdown for b in blocks], block),
            "area_code": _ranked([b.area or self.area for b in blocks], block),
            "code": _ranked([str(code) for b in blocks for code in b.codes], cells),
            "level": _ranked([str(level) for b in blocks for level in b.levels], cells),
        }
        order = _order(*words.values(), (tuple(range(int(year.min()), int(year.max()) + 1)), year - year.min()))
        made = {name: pa.array(texts, pa.string()).take(at[order]) for name, (texts, at) in words.items()}
        made["model_id"] = pa.array([MODEL_ID], pa.string()).take(np.zeros(len(order), np.int64))
        made["origin"] = pa.array(np.full(len(order), self.origin, np.int32))
        made["year"] = pa.array(year[order].astype(np.int32))
        for name in ("p10", "p50", "p90", "probability"):
            made[name] = _numbers([getattr(b, name) for b in blocks], sizes, order)
        made["base_people"] = _numbers([np.broadcast_to(b.base, b.p50.shape) for b in blocks], sizes, order)
        level = np.concatenate([_flat(b.quality.level, b.p50) for b in blocks])
        reason = np.concatenate([_flat(b.quality.reason, b.p50) for b in blocks])
        made["quality_class"] = pa.array(CLASSES, pa.string()).take(level[order])
        made["quality_reason"] = pa.array(self.words.texts, pa.string()).take(reason[order])
        keys = np.concatenate([np.asarray(list(b.keys), dtype=np.int64) for b in blocks])
        made["series_key"] = pa.array(keys[cells][order])
        return tables.PROJECTIONS.conform(pa.table(made))


def _per_cell(blocks: Sequence[Block]) -> NDArray[np.int64]:
    """Return how many rows each cell of the blocks has: its years."""
    cells, years = zip(*(b.p50.shape for b in blocks), strict=True)
    return np.repeat(years, cells)


def _ranked(words: Sequence[str], at: NDArray[np.int64]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the distinct words in order and, for each row, the place of its word, which is the one at `at`."""
    distinct = tuple(sorted(set(words)))
    place = {word: n for n, word in enumerate(distinct)}
    return distinct, np.array([place[word] for word in words], dtype=np.int64)[at]


def _order(*keys: tuple[Sequence[object], NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the order of the rows by these keys, the first first: one number a row is faster to sort than its texts."""
    number = np.zeros(len(keys[0][1]), dtype=np.int64)
    for distinct, place in keys:
        number = number * len(distinct) + place
    return np.argsort(number, kind="stable")


def _numbers(parts: Sequence[Floats | None], sizes: Sequence[int], order: NDArray[np.int64]) -> pa.Array:
    flat = np.concatenate([
        np.full(size, np.nan) if part is None else np.ascontiguousarray(part).ravel()
        for part, size in zip(parts, sizes, strict=True)
    ])[order]  # fmt: skip
    return pa.array(flat + 0.0, mask=~np.isfinite(flat))  # + 0.0: no negative zero


def _flat(index: NDArray[np.int64], like: Floats) -> NDArray[np.int64]:
    return np.ascontiguousarray(np.broadcast_to(index, like.shape)).ravel()
