"""Every mart against rows that a person added up by hand: tests/marts/<mart>/<case>.toml.

A case gives the relations that the mart reads and the rows that must come out. A relation is `columns` and `rows`, with
`same` for columns that are equal in all rows; a column that is not given holds the neutral value of its type, and the
text "null" stands for null. Keys that are given count as cells or series that exist. A case may expect `error` instead.
"""

from __future__ import annotations

import math
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lmi.engine import Connection, connect, fetch, registered
from lmi.errors import LmiError
from lmi.marts import build_marts, mart_names, read_marts
from lmi.registry import load
from lmi.tables import DIMENSIONS
from lmi.warehouse import CONTRACTS, series_views
from lmi.warehouse.relations import KNOWN

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.toml"))
MARTS = {mart.name: mart for mart in read_marts()}
VIEW_COLUMNS = pa.schema(
    [
        ("area_code", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("period_kind", pa.string()),
        ("year", pa.int32()),
        ("value", pa.float64()),
        ("ci_half_width", pa.float64()),
        ("status", pa.string()),
        ("maturity", pa.string()),
        ("vintage", pa.string()),
        ("source_id", pa.string()),
        ("obs_key", pa.int64()),
    ]
)
NEUTRAL = {
    pa.string(): "",
    pa.int64(): 0,
    pa.int32(): 0,
    pa.float64(): 0.0,
    pa.date32(): date(2000, 1, 1),
    pa.bool_(): False,
    pa.list_(pa.int64()): [],
}


def schemas() -> dict[str, pa.Schema]:
    made = {name: contract.arrow_schema() for name, contract in CONTRACTS.items()}
    made |= {name: mart.contract.arrow_schema() for name, mart in MARTS.items()}
    made["known"] = KNOWN.arrow_schema()
    for view in series_views(load().indicators.values()):
        free = [pa.field(d, pa.string()) for d in DIMENSIONS if d in view.levels]
        at = VIEW_COLUMNS.get_field_index("value")
        made[view.name] = pa.schema([*list(VIEW_COLUMNS)[:at], *free, *list(VIEW_COLUMNS)[at:]])
    return made


SCHEMAS = schemas()


def table_of(name: str, given: dict[str, Any]) -> pa.Table:
    schema, same = SCHEMAS[name], given.get("same", {})
    unknown = (set(given["columns"]) | set(same)) - set(schema.names)
    assert not unknown, f"{name} has no columns {unknown}"
    columns = {}
    for field in schema:
        if field.name in given["columns"]:
            values = [row[given["columns"].index(field.name)] for row in given["rows"]]
        else:
            neutral = "ok" if field.name == "status" else NEUTRAL[field.type]
            values = [same.get(field.name, neutral)] * len(given["rows"])
        columns[field.name] = pa.array([None if v == "null" else v for v in values], field.type)
    return pa.table(columns)


def add_table(con: Connection, name: str, table: pa.Table) -> None:
    with registered(con, table) as view:
        con.execute(f"create table {name} as select * from {view}")


def given_database(mart: str, given: dict[str, Any]) -> Connection:
    con = connect()
    tables = {name: table_of(name, rows) for name, rows in given.items()}
    keys = {
        k for t in tables.values() for c in ("obs_key", "series_key") if c in t.column_names for k in t[c].to_pylist()
    }
    missing = sorted(k for k in keys if k >= 0)
    tables.setdefault("cells", table_of("cells", {"columns": ["obs_key"], "rows": [[k] for k in missing]}))
    tables.setdefault("series", table_of("series", {"columns": ["series_key"], "rows": [[k] for k in keys if k < 0]}))
    for name in {*MARTS[mart].reads, *tables, "assumptions"}:
        add_table(con, name, tables[name] if name in tables else SCHEMAS[name].empty_table())
    return con


@pytest.mark.parametrize("case", CASES, ids=[f"{c.parent.name}-{c.stem}" for c in CASES])
def test_a_mart_holds_the_rows_that_a_hand_sum_gives(case: Path) -> None:
    body = tomllib.loads(case.read_text(encoding="utf-8"))
    mart = MARTS[case.parent.name]
    assert set(body["given"]) <= {*mart.reads, "cells", "series"}, "a case gives only what the mart reads"
    with given_database(mart.name, body["given"]) as con:
        if "error" in body["expect"]:
            with pytest.raises(LmiError, match=body["expect"]["error"]):
                build_marts(con, [mart])
            return
        build_marts(con, [mart])
        found = fetch(con, f"select * from {mart.name} order by {', '.join(mart.contract.key)}").to_pylist()
    expect = body["expect"]
    assert set(expect["columns"]) <= set(mart.contract.names)
    wanted = [dict(zip(expect["columns"], row, strict=True)) for row in expect["rows"]]
    shown = [{c: row[c] for c in expect["columns"]} for row in found]
    assert len(shown) == len(wanted), shown
    for row, want in zip(shown, wanted, strict=True):
        for column, value in want.items():
            assert agree(row[column], value), f"{column}: {row} against {want}"


def agree(found: Any, wanted: Any) -> bool:
    if wanted == "null":
        return found is None
    if isinstance(found, float) and isinstance(wanted, int | float):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == wanted)


def test_every_mart_has_a_case_and_every_case_a_mart() -> None:
    assert {case.parent.name for case in CASES} == set(mart_names())
