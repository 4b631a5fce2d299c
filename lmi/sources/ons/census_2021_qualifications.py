"""A census table whose columns have two headers: the ethnic group above, the qualification below.

Owns: this CSV in, cells out. Never: codes, arithmetic.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.tables import CELL_FIELDS

_AREA = ("local_authority_code", "local_authority_name")


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return one cell a count: CELL_FIELDS, then code, name, group and level.

    A column's place is its two headers, such as `asian/level_3`. Records without any text give no cell. Raises
    ParseError when the headers are not two rows over the same columns, name a pair twice, or a record is longer or shorter.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        above, below, *records = csv.reader(lines)
    skip = len(_AREA)
    pairs = list(zip(above[skip:], below[skip:], strict=False))
    good = tuple(above[:skip]) == _AREA and len(above) == len(below) and not any(below[:skip])
    if not good or len(set(pairs)) != len(pairs) or not all(chain(*pairs)):
        raise _refused(
            path, source, 1, f"{', '.join(_AREA)}, then pairs of ethnic group and qualification", str(above[:3])
        )
    kept = [(number, record) for number, record in enumerate(records, 3) if any(record)]
    for number, record in kept:
        if len(record) != len(above):
            raise _refused(path, source, number, f"{len(above)} fields", f"{len(record)} fields")
    width, count = len(pairs), len(pairs) * len(kept)

    def by_record(at: int) -> list[str]:
        return [record[at] for _, record in kept for _ in range(width)]

    fields: dict[str, Any] = {
        "ordinal": [number * width + i for number, _ in kept for i in range(width)],
        "row": [number for number, _ in kept for _ in range(width)],
        "column": [f"{group}/{level}" for group, level in pairs] * len(kept),
        "text": [text for _, record in kept for text in record[skip:]],
    }
    made = {
        f.name: pa.array(fields[f.name], f.type) if f.name in fields else pa.nulls(count, f.type) for f in CELL_FIELDS
    }
    labels = {
        "code": by_record(0),
        "name": by_record(1),
        "group": [group for group, _ in pairs] * len(kept),
        "level": [level for _, level in pairs] * len(kept),
    }
    return pa.table({**made, **{name: pa.array(texts, pa.string()) for name, texts in labels.items()}})


def _refused(path: Path, source: str, row: int, expected: str, found: str) -> ParseError:
    return ParseError(
        "the table does not have the declared columns.",
        source=source,
        place=f"{path.name}, record {row}",
        expected=expected,
        found=found,
        do="see what was renamed, added or dropped, then change the parser.",
    )
