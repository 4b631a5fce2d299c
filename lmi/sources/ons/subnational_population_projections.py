"""Population projections as the publisher's charts read them: one JSON document an area, counts by sex, age and year.

Owns: this document in, cells out. Never: codes, arithmetic. The place of a cell is its path in the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.tables import CELL_FIELDS

#: What the two numbers of an entry are, in the document's own words.
_UNITS = ["count", "%"]
_LABELS = ("area", "kind", "sex", "age", "year")
_Cell = tuple[str, Any, tuple[str, ...]]  # path, number, labels


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of one area: CELL_FIELDS, then area, kind (count, % or sum), sex, age and year.

    An ordinal is a cell's place in the document: all entries, then the sums. Raises ParseError when the document's
    lists are not as long as their indexes say.
    """
    document = json.loads(path.read_text(encoding="utf-8-sig"))["ons"]
    series, ages, years = document["series"], document["dimension"]["index"], document["time"]["index"]
    sums = [document["sums"][f"series{i + 1}"] for i in range(len(series))]
    _check(document, (len(series), len(ages), len(years), len(_UNITS)), sums, path, source)
    cells = [*_entries(document, series, ages, years), *_sums(document, sums, series, years)]
    count = len(cells)
    fields: dict[str, Any] = {
        "ordinal": range(count),
        "row": [1] * count,
        "column": [cell[0] for cell in cells],
        "text": [json.dumps(cell[1]) for cell in cells],
    }
    made = {
        f.name: pa.array(fields[f.name], f.type) if f.name in fields else pa.nulls(count, f.type) for f in CELL_FIELDS
    }
    labels = zip(*(cell[2] for cell in cells), strict=True)
    return pa.table({**made, **{n: pa.array(texts, pa.string()) for n, texts in zip(_LABELS, labels, strict=True)}})


def _entries(document: Any, series: Sequence[str], ages: Sequence[str], years: Sequence[str]) -> Iterator[_Cell]:
    area, values = document["area"]["label"], document["value"]
    for (s, sex), (a, age), (y, year), (u, unit) in product(*map(enumerate, (series, ages, years, _UNITS))):
        yield f"value[{s}][{a}][{y}][{u}]", values[s][a][y][u], (area, unit, sex, age, year)


def _sums(document: Any, sums: Sequence[Sequence[Any]], series: Sequence[str], years: Sequence[str]) -> Iterator[_Cell]:
    area = document["area"]["label"]
    for (s, sex), (y, year) in product(enumerate(series), enumerate(years)):
        yield f"sums.series{s + 1}[{y}]", sums[s][y], (area, "sum", sex, "all", year)


def _check(document: Any, shape: tuple[int, ...], sums: Sequence[Sequence[Any]], path: Path, source: str) -> None:
    found = _shape(document["value"])
    if found != shape or document["concept"]["units"] != _UNITS or {len(s) for s in sums} != {shape[2]}:
        raise ParseError(
            "the document is not a full table.",
            source=source,
            place=f"{path.name}, value",
            expected=f"{' x '.join(map(str, shape))} numbers, of {' and '.join(_UNITS)}",
            found=" x ".join(map(str, found)) if found else "lists of different lengths",
            do="download it again; a document cut short can still be read.",
        )


def _shape(value: Any) -> tuple[int, ...]:
    """Return the lengths of nested lists, or nothing when lists of one depth differ."""
    if not isinstance(value, list):
        return ()
    shapes = {_shape(inner) for inner in value}
    return (len(value), *shapes.pop()) if len(shapes) == 1 else ()
