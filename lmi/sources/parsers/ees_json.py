"""Results of the Explore Education Statistics API, kept together with the lists that explain their ids.

Owns: which value of which result is a cell, and the labels of its ids. Never: codes of ours, arithmetic.
Options: none. Labels, named as in the publisher's own CSV: `measure` (the indicator's column), `time_period`,
`time_identifier`, `geographic_level`, `location_code`, `location_name`, then one column for each filter. A filter that a
result leaves out is an empty label.

`row` is the result's number, from 1, and `column` the JSON path of the value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.tables import CELL_FIELDS

_FIXED = ("measure", "time_period", "time_identifier", "geographic_level", "location_code", "location_name")
_CODES = ("code", "ukprn", "urn", "oldCode")


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return the cells of the results: CELL_FIELDS, then the labels.

    Raises ParseError naming the result whose id the lists do not explain.
    """
    try:
        body = json.loads(path.read_text("utf-8-sig"))
        lists, results = body["meta"], body["results"]
        indicators = {i["id"]: i["column"] for i in lists["indicators"]}
        levels = {g["code"]: g["label"] for g in lists["geographicLevels"]}
        filters = {f["id"]: f["column"] for f in lists["filters"]}
        options_of = {f["id"]: {o["id"]: o["label"] for o in f["options"]} for f in lists["filters"]}
        places = {
            (group["level"]["code"], o["id"]): (next((str(o[c]) for c in _CODES if c in o), ""), o["label"])
            for group in lists["locations"]
            for o in group["options"]
        }
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise _wrong(source, path, "the lists that explain the ids", f"{type(error).__name__}: {error}") from error
    columns: dict[str, list[Any]] = {n: [] for n in ("row", "column", "text", *_FIXED, *filters.values())}
    for n, result in enumerate(results):
        try:
            level = result["geographicLevel"]
            code, name = places[level, result["locations"][level]]
            period = result["timePeriod"]
            shared = (period["period"], period["code"], levels[level], code, name)
            chosen = [options_of[f][result["filters"][f]] if f in result["filters"] else "" for f in filters]
            for indicator, text in result["values"].items():
                row = (n + 1, f"$.results[{n}].values.{indicator}", text, indicators[indicator], *shared, *chosen)
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
        except (KeyError, TypeError) as error:
            raise _wrong(source, path, "ids that the lists explain", f"$.results[{n}]: {error}") from error
    size = len(columns["text"])
    cells = {
        "ordinal": pa.array(range(size), pa.int64()),
        "sheet": pa.nulls(size, pa.string()),
        "row": pa.array(columns.pop("row"), pa.int32()),
        "column": pa.array(columns.pop("column"), pa.string()),
        "text": pa.array(columns.pop("text"), pa.string()),
        "conf_text": pa.nulls(size, pa.string()),
        "flag_text": pa.nulls(size, pa.string()),
    }
    labels = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    kinds = [pa.field(name, pa.string(), False) for name in labels]
    return pa.table([*cells.values(), *labels.values()], schema=pa.schema([*CELL_FIELDS, *kinds]))


def _wrong(source: str, path: Path, expected: str, found: str) -> ParseError:
    return ParseError(
        "the results cannot be read.",
        source=source,
        place=path.name,
        expected=expected,
        found=found,
        do="fetch the data set again; if its lists changed, change the declaration.",
    )
