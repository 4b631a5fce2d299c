"""GeoJSON: one feature an area, its properties and the outline of it.

Owns: a feature collection in, one cell a feature out. Never: codes, arithmetic on coordinates.
The text of a cell is the feature's geometry as GeoJSON. Labels are the properties and `crs`, the coordinate system that
the document names: coordinates of one system drawn in another would be a map of somewhere else.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lmi.errors import ParseError
from lmi.sources.cells import label_name
from lmi.tables import CELL_FIELDS

_KINDS = ("Polygon", "MultiPolygon")
_GZIP = b"\x1f\x8b"


def parse(path: Path, options: Mapping[str, Any], source: str) -> pa.Table:
    """Return one cell a feature: CELL_FIELDS, `crs`, then the properties of the first feature as labels.

    Raises ParseError when the document names no coordinate system, or a feature has other properties or no outline.
    """

    def refuse(what: str, place: str, expected: str, found: str) -> ParseError:
        do = "download it again from the publisher's portal as GeoJSON."
        return ParseError(what, source=source, place=place, expected=expected, found=found, do=do)

    raw = path.read_bytes()
    document = json.loads((gzip.decompress(raw) if raw[:2] == _GZIP else raw).decode("utf-8-sig"))
    crs = str(document.get("crs", {}).get("properties", {}).get("name", ""))
    features: list[dict[str, Any]] = document.get("features") or []
    if not crs or not features:
        raise refuse("the document is no map.", path.name, "crs and features", ", ".join(document))
    names = list(features[0]["properties"])
    for number, feature in enumerate(features, 1):
        kind = (feature.get("geometry") or {}).get("type")
        if list(feature["properties"]) != names or kind not in _KINDS:
            expected = f"properties {', '.join(names)} and a {' or '.join(_KINDS)}"
            found = f"{', '.join(feature['properties'])} and {kind}"
            raise refuse("a feature is not like the others.", f"{path.name}, feature {number}", expected, found)
    count = len(features)
    fields: dict[str, Any] = {
        "ordinal": range(count),
        "row": range(1, count + 1),
        "column": ["geometry"] * count,
        "text": [json.dumps(f["geometry"], separators=(",", ":"), ensure_ascii=False) for f in features],
    }
    labels = {label_name(n): [_text(f["properties"][n]) for f in features] for n in names}
    columns = {
        f.name: pa.array(fields[f.name], f.type) if f.name in fields else pa.nulls(count, f.type) for f in CELL_FIELDS
    }
    return pa.table({**columns, "crs": [crs] * count, **labels})


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
