"""The contracts of the tables that only look-ups make, and what all of them share.

Owns: sector members, the inputs of derived weights, outlines, and keeping the first of rows with one key. Never: reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lmi.contract import Column, Contract
from lmi.tables import AREA_MEMBERS, CODES, CROSSWALKS

INDUSTRY_LEVELS = ("section", "division", "group", "class", "subclass")

SECTOR_MEMBERS = Contract(
    "sector_members",
    "Industries that make up a sector, as a look-up names it; sectors overlap and are never added",
    (
        Column("sector_id", "text", "id", "slug of the sector's name"),
        Column("industry", "text", "code", "SIC 2007 code without dots"),
        Column("industry_level", "text", "level", "level of that code", allowed=INDUSTRY_LEVELS),
        Column("weight", "number", "share", "share of the industry that counts", low=0, high=1),
        Column("definition_status", "text", "kind", "published or a proxy", allowed=("published", "proxy")),
        Column("obs_key", "bigint", "key", "cell that says so", low=0),
    ),
    key=("sector_id", "industry"),
)

CROSSWALK_INPUTS = Contract(
    "crosswalk_inputs",
    "Every cell behind a weight that was worked out from published amounts",
    (
        Column("crosswalk_id", "text", "id", "mapping"),
        Column("from_code", "text", "code", "code mapped from"),
        Column("to_code", "text", "code", "code mapped to"),
        Column("role", "text", "kind", "amount above the line, or in the sum below it", allowed=("part", "whole")),
        Column("input_key", "bigint", "key", "cell that holds an amount", low=0),
    ),
    key=("crosswalk_id", "from_code", "to_code", "role", "input_key"),
)

BOUNDARIES = Contract(
    "boundaries",
    "Outlines of areas, one set an edition; generalised for maps, never to be measured",
    (
        Column("boundary_set", "text", "id", "kind of area and its year, such as lad_2022"),
        Column("area_code", "text", "gss", "area"),
        Column("name", "text", "label", "name as published"),
        Column("crs", "text", "id", "coordinate system that the coordinates are in"),
        Column("geometry", "text", "geojson", "outline as a GeoJSON geometry"),
        Column("obs_key", "bigint", "key", "feature that holds it", low=0),
    ),
    key=("boundary_set", "area_code"),
)

CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (CODES, CROSSWALKS, AREA_MEMBERS, SECTOR_MEMBERS, CROSSWALK_INPUTS, BOUNDARIES)
}


def first_of_each(table: pa.Table, key: Sequence[str]) -> pa.Table:
    """Return the first row of each key, in the order of `table`."""
    numbered = table.select(list(key)).append_column("position", pa.array(range(table.num_rows), pa.int64()))
    first = numbered.group_by(list(key), use_threads=False).aggregate([("position", "min")])["position_min"]
    return table.take(first.take(pc.sort_indices(first)))
