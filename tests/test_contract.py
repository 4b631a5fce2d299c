"""One definition, four renderings: they must say the same."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lmi import tables
from lmi.contract import Column, Contract
from lmi.engine import connect
from lmi.errors import ContractError

JOBS = Contract(
    "jobs",
    "Jobs by area",
    (
        Column("area_code", "text", "gss", "area", pattern="[EWSN]\\d{8}"),
        Column("jobs", "number", "jobs", "employee jobs", nullable=True, low=0),
        Column("status", "text", "reason", "why missing", allowed=("ok", "suppressed")),
    ),
    key=("area_code",),
)


@pytest.mark.parametrize("contract", tables.ALL, ids=lambda c: c.name)
def test_every_rendering_names_every_column(contract: Contract) -> None:
    ddl, page = contract.ddl(), contract.markdown()
    assert [field.name for field in contract.arrow_schema()] == list(contract.names)
    for column in contract.columns:
        assert f'"{column.name}"' in ddl
        assert f"`{column.name}`" in page
        assert column.unit in page and column.meaning in page


@pytest.mark.parametrize("contract", tables.ALL, ids=lambda c: c.name)
def test_duckdb_keeps_the_comments_and_types(contract: Contract) -> None:
    with connect() as con:
        con.execute(contract.ddl())
        told = con.execute(
            "select column_name, comment from duckdb_columns() where table_name = ?", [contract.name]
        ).fetchall()
        empty = con.execute(f"select * from {contract.name}").to_arrow_table()
    assert dict(told) == {c.name: f"{c.unit} | {c.meaning}" for c in contract.columns}
    assert [f.type for f in empty.schema] == [f.type for f in contract.arrow_schema()]


@pytest.mark.parametrize(
    "row",
    ["('E1', 1, 'ok')", "('E06000008', -1, 'ok')", "('E06000008', 1, 'lost')", "(null, 1, 'ok')"],
    ids=["pattern", "range", "set", "null"],
)
def test_duckdb_refuses_what_the_contract_forbids(row: str) -> None:
    with connect() as con:
        con.execute(JOBS.ddl())
        con.execute("insert into jobs values ('E06000009', 1, 'ok')")
        with pytest.raises(Exception, match=r"(?i)constraint"):
            con.execute(f"insert into jobs values {row}")


def test_each_rule_of_a_column_becomes_one_expectation() -> None:
    kinds = [(e["type"], e["kwargs"].get("column")) for e in JOBS.expectations()]
    assert kinds == [
        ("expect_column_values_to_not_be_null", "area_code"),
        ("expect_column_values_to_match_regex", "area_code"),
        ("expect_column_values_to_be_between", "jobs"),
        ("expect_column_values_to_not_be_null", "status"),
        ("expect_column_values_to_be_in_set", "status"),
        ("unexpected_rows_expectation", None),
    ]


def test_conform_orders_columns_and_casts() -> None:
    table = JOBS.conform(pa.table({"status": ["ok"], "jobs": pa.array([5], pa.int32()), "area_code": ["E06000008"]}))
    assert table.to_pylist() == [{"area_code": "E06000008", "jobs": 5.0, "status": "ok"}]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"area_code": ["E06000008"], "jobs": [1.0]}, "missing ['status']"),
        ({"area_code": ["E06000008"], "jobs": [1.0], "status": ["ok"], "more": [1]}, "extra ['more']"),
        ({"area_code": [None], "jobs": [1.0], "status": ["ok"]}, "area_code"),
        ({"area_code": ["E06000008"], "jobs": ["many"], "status": ["ok"]}, "many"),
    ],
)
def test_conform_names_what_is_wrong(table: dict[str, list], told: str) -> None:
    with pytest.raises(ContractError) as caught:
        JOBS.conform(pa.table(table))
    assert told in str(caught.value)


def test_obs_keys_of_two_snapshots_cannot_meet() -> None:
    first, second = tables.snapshot_id_of("ff" * 32), tables.snapshot_id_of("fd" * 32)
    assert 0 < second < first < 2**31
    assert tables.obs_key(second, 2**32 - 1) < tables.obs_key(first, 0) < 2**63
