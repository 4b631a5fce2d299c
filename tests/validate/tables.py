"""Small observation tables written by hand: each row names only what matters to the test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from lmi import tables

YEAR = (date(2020, 1, 1), date(2020, 12, 31), "calendar_year")
ACADEMIC = (date(2023, 8, 1), date(2024, 7, 31), "academic_year")
PART = (date(2025, 8, 1), date(2026, 4, 30), "academic_year_part")
MONTH = (date(2023, 7, 1), date(2023, 7, 31), "month")
SPAN = (date(2020, 1, 1), date(2035, 12, 31), "span")
ROLLING = (date(2021, 7, 1), date(2022, 6, 30), "rolling_year")


def observations(*rows: Mapping[str, Any]) -> pa.Table:
    """Return the rows as observations; keys count from 1, what is not said is a good total."""
    made: list[dict[str, Any]] = []
    for i, row in enumerate(rows, 1):
        start, end, kind = row.get("period", YEAR)
        whole = {
            "obs_key": i,
            "snapshot_id": 1,
            "indicator_id": "jobs",
            "area_code": "E07000117",
            "period_start": start,
            "period_end": end,
            "period_kind": kind,
            **dict.fromkeys(tables.DIMENSIONS, tables.TOTAL),
            "value": 1.0,
            "ci_half_width": None,
            "status": "ok",
            "maturity": "final",
            "correction_id": None,
        }
        made.append({**whole, **{k: v for k, v in row.items() if k != "period"}})
    schema = pa.schema([pa.field(f.name, f.type) for f in tables.OBSERVATIONS.arrow_schema()])
    return pa.Table.from_pylist(made, schema=schema)


def members(*codes: str) -> pa.Table:
    return pa.table({"area_code": list(codes)})


def snapshots(*known: tuple[int, str, date]) -> pa.Table:
    """Return snapshots as (id, vintage, released)."""
    return pa.Table.from_pylist(
        [
            {
                "snapshot_id": key,
                "source_id": "made/up",
                "vintage": vintage,
                "part": "",
                "file_name": "made_up.csv",
                "sha256": "0" * 64,
                "bytes": 1,
                "released": released,
                "released_basis": "declared",
                "origin": "landed",
                "licence": "OGL-3.0",
            }
            for key, vintage, released in known
        ],
        schema=tables.SNAPSHOTS.arrow_schema(),
    )
