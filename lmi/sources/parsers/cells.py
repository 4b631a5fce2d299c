"""Rectangles of a grid to a table of cells, in bulk.

Owns: ordinals, locators and label columns of cells taken from workbooks. Never: decides which rectangle to take.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lmi.errors import DeclarationError
from lmi.raw.readers import SHEET_CELLS, Grid, Value, column_letters, number_texts
from lmi.tables import CELL_FIELDS

_INDEX, _KEY = "i", "q"  # array type codes of int32 and int64


class CellsBuilder:
    """Collects rectangles; `table()` returns their cells in the order of the file.

    A cell's ordinal is its place in the workbook (sheet, row, column), so it does not depend on what else is declared.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        taken = set(labels) & set(CELL_FIELDS.names)
        if taken or len(set(labels)) != len(labels):
            raise DeclarationError(
                "label columns are named badly.",
                expected="different names, none of " + ", ".join(CELL_FIELDS.names),
                found=", ".join(labels),
                do="rename the label columns in the source's parser options.",
            )
        self._labels = tuple(labels)
        self._values: list[Value] = []
        self._conf: list[Value] = []
        self._flag: list[Value] = []
        self._bases, self._rows = array(_KEY), array(_INDEX)
        self._columns, self._sheets = array(_INDEX), array(_INDEX)
        self._sheet_names: dict[str, int] = {}
        self._codes: dict[str, array[int]] = {name: array(_INDEX) for name in self._labels}
        self._texts: dict[str, dict[str, int]] = {name: {} for name in self._labels}

    def add(
        self,
        grid: Grid,
        rows: Sequence[int],
        columns: Sequence[int],
        constant: Mapping[str, str],
        by_row: Mapping[str, Sequence[str]],
        by_column: Mapping[str, Sequence[str]],
        conf: Sequence[int] = (),
        flag: Sequence[int] = (),
        flag_texts: Sequence[str] = (),
    ) -> None:
        """Take the cells where `rows` and `columns` (counted from 0) cross.

        A label is constant, or has one text a row or a column. `conf` and `flag` are the companion columns, one for
        each of `columns`, or none at all; `flag_texts` are flags that stand elsewhere, one for each cell.
        """
        height, width = len(rows), len(columns)
        picked = [grid.rows[r] for r in rows]
        self._values.extend(_pick(picked, columns))
        empty = [""] * (height * width)
        self._conf.extend(_pick(picked, conf) if conf else empty)
        self._flag.extend(_pick(picked, flag) if flag else flag_texts or empty)
        first = grid.index * SHEET_CELLS
        self._bases.extend(each(_KEY, [first + row * grid.width for row in rows], width))
        self._rows.extend(each(_INDEX, [row + 1 for row in rows], width))
        self._columns.extend(array(_INDEX, columns) * height)
        sheet = self._sheet_names.setdefault(grid.sheet, len(self._sheet_names))
        self._sheets.extend(array(_INDEX, [sheet]) * (height * width))
        for name in self._labels:
            texts, codes = self._texts[name], self._codes[name]
            if name in by_column:
                codes.extend(array(_INDEX, [texts.setdefault(t, len(texts)) for t in by_column[name]]) * height)
            elif name in by_row:
                codes.extend(each(_INDEX, [texts.setdefault(t, len(texts)) for t in by_row[name]], width))
            else:
                code = texts.setdefault(constant[name], len(texts))
                codes.extend(array(_INDEX, [code]) * (height * width))

    def table(self) -> pa.Table:
        """Return the cells: CELL_FIELDS, then the label columns (dictionary-encoded text)."""
        columns = _integers(self._columns, pa.int32())
        letters = pa.array([column_letters(i) for i in range(max(self._columns, default=0) + 1)], pa.string())
        fields = [
            pc.add(_integers(self._bases, pa.int64()), columns.cast(pa.int64())),
            pa.array(self._sheet_names, pa.string()).take(_integers(self._sheets, pa.int32())),
            _integers(self._rows, pa.int32()),
            letters.take(columns),
            number_texts(self._values),
            number_texts(self._conf),
            number_texts(self._flag),
        ]
        labels = [
            pa.DictionaryArray.from_arrays(
                _integers(self._codes[name], pa.int32()), pa.array(self._texts[name], pa.string())
            )
            for name in self._labels
        ]
        kinds = [pa.field(n, a.type, False) for n, a in zip(self._labels, labels, strict=True)]
        made = pa.table([*fields, *labels], schema=pa.schema([*CELL_FIELDS, *kinds]))
        ordinals = made["ordinal"].combine_chunks()
        ascending = (
            pc.all(pc.less(ordinals.slice(0, len(ordinals) - 1), ordinals.slice(1))).as_py() if len(ordinals) else True
        )
        return made if ascending else made.take(pc.sort_indices(ordinals))


def _pick(rows: Sequence[list[Any]], columns: Sequence[int]) -> Iterable[Value]:
    first, last = columns[0], columns[-1]
    if last - first + 1 == len(columns):
        return chain.from_iterable(row[first : last + 1] for row in rows)
    getter = itemgetter(*columns)
    return chain.from_iterable(map(getter, rows))


def each(kind: str, values: Sequence[int], times: int) -> array[int]:
    """Return each value so many times in a row, copied as memory."""
    made = array(kind)
    for value in values:
        made.extend(array(kind, (value,)) * times)
    return made


def _integers(values: array[int], kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
