"""A table's schema, written once and rendered four ways.

Owns: `Column`, `Contract` and their renderings (Arrow schema, DuckDB DDL with comments, Great
Expectations entries, Markdown). Never: reads data, opens DuckDB, imports Great Expectations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from lmi.errors import ContractError

_ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "bigint[]": pa.list_(pa.int64()),
}
_DUCKDB: Mapping[str, str] = {
    "text": "VARCHAR",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "bigint[]": "BIGINT[]",
}


@dataclass(frozen=True)
class Column:
    """One column: `type` is a key of the type table, `unit` and `meaning` reach every rendering."""

    name: str
    type: str
    unit: str
    meaning: str
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.type not in _ARROW:
            raise ContractError(
                f"column {self.name} has the unknown type {self.type!r}.",
                expected=", ".join(_ARROW),
                do="use one of the listed types.",
            )


@dataclass(frozen=True)
class Contract:
    """A table: its columns in order and the columns whose values identify a row."""

    name: str
    purpose: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        unknown = set(self.key) - set(self.names)
        if unknown or len(set(self.names)) != len(self.names):
            raise ContractError(
                f"contract {self.name} names columns badly.",
                expected="unique column names and a key made of them",
                found=f"key columns that do not exist: {sorted(unknown)}" if unknown else "a name used twice",
                do="mend the contract in lmi/tables.py.",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """Return the Arrow schema, with unit and meaning as field metadata."""
        return pa.schema(
            [pa.field(c.name, _ARROW[c.type], c.nullable, {"unit": c.unit, "meaning": c.meaning}) for c in self.columns]
        )

    def ddl(self, table: str | None = None) -> str:
        """Return `create table` with checks and the key, then a comment on the table and each column."""
        name = quoted(table or self.name)
        lines = [f"    {_column_ddl(c)}" for c in self.columns]
        if self.key:
            lines.append(f"    primary key ({', '.join(quoted(k) for k in self.key)})")
        parts = [f"create table {name} (\n" + ",\n".join(lines) + "\n);"]
        parts.append(f"comment on table {name} is {literal(self.purpose)};")
        parts += [
            f"comment on column {name}.{quoted(c.name)} is {literal(f'{c.unit} | {c.meaning}')};" for c in self.columns
        ]
        return "\n".join(parts)

    def expectations(self) -> list[dict[str, Any]]:
        """Return Great Expectations configurations (type, kwargs, severity, meta) for this contract."""
        made: list[dict[str, Any]] = []
        for c in self.columns:
            made += _column_expectations(self.name, c)
        if self.key:
            by = ", ".join(quoted(k) for k in self.key)
            made.append(
                {
                    "type": "unexpected_rows_expectation",
                    "kwargs": {
                        "unexpected_rows_query": f"select {by} from {{batch}} group by {by} having count(*) > 1"
                    },
                    "severity": "critical",
                    "meta": {"rule": f"{self.name}.key_is_unique", "reason": "the key identifies a row"},
                }
            )
        return made

    def markdown(self) -> str:
        """Return the table's documentation: purpose, key, one row per column."""
        rows = [f"### `{self.name}`", "", self.purpose, ""]
        if self.key:
            rows += ["Key: " + ", ".join(f"`{k}`" for k in self.key) + ".", ""]
        rows += ["| column | type | unit | meaning |", "|---|---|---|---|"]
        rows += [
            f"| `{c.name}` | {c.type}{' or null' if c.nullable else ''} | {c.unit} | {c.meaning} |"
            for c in self.columns
        ]
        return "\n".join(rows) + "\n"

    def conform(self, table: pa.Table) -> pa.Table:
        """Return `table` with this contract's columns, order and types.

        Raises ContractError when a column is missing or extra, cannot be cast, or holds nulls against the contract.
        """
        missing, extra = set(self.names) - set(table.column_names), set(table.column_names) - set(self.names)
        if missing or extra:
            raise ContractError(
                f"table {self.name} has other columns than its contract.",
                expected=", ".join(self.names),
                found=f"missing {sorted(missing)}, extra {sorted(extra)}",
                do="mend the step that wrote it, or the contract in lmi/tables.py.",
            )
        schema = self.arrow_schema()
        try:
            cast = pa.table([table[f.name].cast(f.type) for f in schema], names=list(self.names))
        except pa.ArrowInvalid as error:
            raise ContractError(f"table {self.name} cannot be cast to its contract.", found=str(error)) from error
        holes = [c.name for c in self.columns if not c.nullable and cast[c.name].null_count]
        if holes:
            raise ContractError(f"table {self.name} holds nulls where none may stand.", found=", ".join(holes))
        return cast.cast(schema)


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _column_ddl(c: Column) -> str:
    text = f"{quoted(c.name)} {_DUCKDB[c.type]}"
    if not c.nullable:
        text += " not null"
    checks: list[str] = []
    if c.allowed:
        checks.append(f"{quoted(c.name)} in ({', '.join(literal(v) for v in c.allowed)})")
    if c.pattern:
        checks.append(f"regexp_full_match({quoted(c.name)}, {literal(c.pattern)})")
    if c.low is not None:
        checks.append(f"{quoted(c.name)} >= {c.low:g}")
    if c.high is not None:
        checks.append(f"{quoted(c.name)} <= {c.high:g}")
    return text + (f" check ({' and '.join(checks)})" if checks else "")


def _column_expectations(table: str, c: Column) -> Iterable[dict[str, Any]]:
    def made(kind: str, rule: str, **kwargs: Any) -> dict[str, Any]:
        return {
            "type": kind,
            "kwargs": {"column": c.name, **kwargs},
            "severity": "critical",
            "meta": {"rule": f"{table}.{c.name}_{rule}", "reason": c.meaning},
        }

    if not c.nullable:
        yield made("expect_column_values_to_not_be_null", "is_present")
    if c.allowed:
        yield made("expect_column_values_to_be_in_set", "is_known", value_set=list(c.allowed))
    if c.pattern:
        yield made("expect_column_values_to_match_regex", "has_its_form", regex=f"^(?:{c.pattern})$")
    if c.low is not None or c.high is not None:
        yield made("expect_column_values_to_be_between", "is_in_range", min_value=c.low, max_value=c.high)
