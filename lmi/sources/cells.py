"""Cells on disk, in either of two forms, as one relation.

Owns: how a cells file is read back. Never: writes one.

A parser of workbooks stores each cell with its ordinal and place. A parser of records (CSV, Parquet) stores the records as
they came, in order: ordinal and place follow from a record's number, and 10^7 records need no number of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.tables import CELL_FIELDS

_TAKEN = (*CELL_FIELDS.names, "file_row_number")
_NONE = "cast(null as varchar)"
#: Cells that are held at a time: enough for bulk work, little enough for a small machine.
_BATCH_CELLS = 10**6


def column_names(path: Path, options: Mapping[str, Any]) -> list[str]:
    """Return the columns that `relation` gives: CELL_FIELDS, then the labels."""
    stored = pq.read_schema(path).names
    if "ordinal" in stored:
        return list(stored)
    values, readings = figures(stored, options)
    labels = [label_name(n) for n in stored if n not in values]
    return [*CELL_FIELDS.names, *_named(values, readings, "", ""), *labels]


def figures(columns: Sequence[str], options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the columns of a record that hold figures, and the readings of each.

    Columns are named in `values` or match `values_like`. `readings` gives every figure so many cells, told apart by the
    label `reading`: a flow between two places is a figure of both.
    """
    named, like = list(options.get("values", ())), options.get("values_like")
    values = named + [n for n in columns if like is not None and n not in named and re.fullmatch(str(like), n)]
    return values, [str(r) for r in options.get("readings", ())]


def relation(path: Path, options: Mapping[str, Any]) -> str:
    """Return SQL for the cells in the file: CELL_FIELDS, then the label columns. `options` are the layout's."""
    stored, at = pq.read_schema(path).names, literal(str(path))
    if "ordinal" in stored:
        return f"(select * from read_parquet({at}))"
    values, readings = figures(stored, options)
    labels = [n for n in stored if n not in values]
    named = "".join(f", {quoted(n)} as {quoted(label_name(n))}" for n in labels)
    records = f"read_parquet({at}, file_row_number = true)"
    if not values:
        return f"(select {_place('1', 0, labels[0])}, {quoted(labels[0])} as text{_companions()}{named} from {records})"
    parts = []
    per = str(len(values) * max(len(readings), 1))
    for i, (value, reading) in enumerate(product(values, readings or [""])):
        told = "".join(f", {literal(t)} as {n}" for n, t in _named(values, readings, value, reading).items())
        parts.append(
            f"select {_place(per, i, value)}, {quoted(value)} as text{_companions()}{told}{named} from {records}"
        )
    return "(" + " union all ".join(parts) + ")"


def _named(values: Sequence[str], readings: Sequence[str], value: str, reading: str) -> dict[str, str]:
    """Return the labels that tell the cells of one record apart."""
    return ({"measure": value} if len(values) > 1 else {}) | ({"reading": reading} if readings else {})


def label_name(name: str) -> str:
    """Return a header name as a label column: no byte order mark, and no name that cells use themselves."""
    bare = name.strip().lstrip("\ufeff")
    return f"{bare}_label" if bare in _TAKEN else bare


def _place(values: str, index: int, column: str) -> str:
    """Ordinals count cells in the order of the file; records count from 2, since the header is the first."""
    return (
        f"file_row_number * {values} + {index} as ordinal, {_NONE} as sheet, cast(file_row_number + 2 as integer) as row, "
        f'{literal(column)} as "column"'
    )


def _companions() -> str:
    return f", {_NONE} as conf_text, {_NONE} as flag_text"


def place_sql(alias: str) -> str:
    """Return SQL for where a cell stands, in words: `Sheet!A1`, or the record and column."""
    a = alias
    return (
        f"case when {a}.sheet is null then 'record ' || {a}.row || ', column ' || {a}.\"column\" "
        f"else {a}.sheet || '!' || {a}.\"column\" || {a}.row end"
    )


def batches(path: Path, options: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Yield the cells in the order of the file, some row groups at a time; label columns are dictionaries."""
    schema = pq.read_schema(path)
    values, readings = figures(schema.names, options)
    per = max(len(values), 1) * max(len(readings), 1)
    stored = "ordinal" in schema.names
    coded = (
        [n for n in schema.names if n not in values]
        if not stored
        else [n for n in schema.names if n not in CELL_FIELDS.names]
    )
    if stored:
        coded += ["sheet", "column"]
    file = pq.ParquetFile(path, read_dictionary=coded)
    start, groups, held = 0, [], 0
    for group in range(file.num_row_groups):
        groups.append(group)
        held += file.metadata.row_group(group).num_rows
        if held * per >= _BATCH_CELLS or group == file.num_row_groups - 1:
            table = file.read_row_groups(groups).unify_dictionaries().combine_chunks()
            yield table if stored else _cells_of(table, values, readings, start)
            start, groups, held = start + held, [], 0


def _cells_of(records: pa.Table, values: Sequence[str], readings: Sequence[str], start: int) -> pa.Table:
    """Return the cells of some records, the first of which is number `start` (counted from 0, without the header)."""
    size, each = records.num_rows, list(product(values or records.column_names[:1], readings or [""]))
    per = len(each)
    labels = {label_name(n): records[n] for n in records.column_names if n not in values}
    first = pa.arange(start, start + size)
    parts = []
    for i, (value, reading) in enumerate(each):
        cells = {
            "ordinal": pc.add(pc.multiply(first, per), i),
            "sheet": pa.nulls(size, pa.string()),
            "row": pc.add(first, 2).cast(pa.int32()),
            "column": _always(value, size),
            "text": records[value].cast(pa.string()),
            "conf_text": pa.nulls(size, pa.string()),
            "flag_text": pa.nulls(size, pa.string()),
        }
        for name, text in _named(values, readings, value, reading).items():
            cells[name] = _always(text, size)
        parts.append(pa.table({**cells, **labels}))
    if per == 1:
        return parts[0]
    return pa.concat_tables(parts).unify_dictionaries().sort_by("ordinal").combine_chunks()


def _always(text: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), size), pa.array([text], pa.string()))
