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

ORDER = ("scenario", "measure", "breakdown", "area_code", "code", "level", "year")


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
        made = pa.concat_tables([self._one(b) for b in self.blocks])
        return tables.PROJECTIONS.conform(made.sort_by([(name, "ascending") for name in ORDER]))

    def _one(self, b: Block) -> pa.Table:
        cells, years = b.p50.shape
        cell = np.repeat(np.arange(cells), years)
        same = np.zeros(cells * years, np.int64)

        def constant(text: str) -> pa.Array:
            return pa.array([text], pa.string()).take(same)

        def numbers(values: Floats | None) -> pa.Array:
            return pa.nulls(cells * years, pa.float64()) if values is None else _numbers(values)

        return pa.table(
            {
                "model_id": constant(MODEL_ID),
                "origin": pa.array(np.full(cells * years, self.origin, np.int32)),
                "scenario": constant(b.scenario),
                "measure": constant(b.measure),
                "breakdown": constant(b.breakdown),
                "area_code": constant(b.area or self.area),
                "code": pa.array(list(b.codes), pa.string()).take(cell),
                "level": pa.array(list(b.levels), pa.string()).take(cell),
                "year": pa.array(np.tile(b.years, cells).astype(np.int32)),
                "p10": numbers(b.p10),
                "p50": numbers(b.p50),
                "p90": numbers(b.p90),
                "probability": numbers(b.probability),
                "base_people": numbers(np.broadcast_to(b.base, b.p50.shape)),
                "quality_class": pa.array(CLASSES, pa.string()).take(_flat(b.quality.level, b.p50)),
                "quality_reason": pa.array(self.words.texts, pa.string()).take(_flat(b.quality.reason, b.p50)),
                "series_key": pa.array(list(b.keys), pa.int64()).take(cell),
            }
        )


def _numbers(values: Floats) -> pa.Array:
    flat = np.ascontiguousarray(values).ravel()
    return pa.array(flat + 0.0, mask=~np.isfinite(flat))  # + 0.0: no negative zero


def _flat(index: NDArray[np.int64], like: Floats) -> NDArray[np.int64]:
    return np.ascontiguousarray(np.broadcast_to(index, like.shape)).ravel()
