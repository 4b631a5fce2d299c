"""A name for every figure of every mart, the same in Python and in SQL.

Owns: citation ids, what a mart's figures are, the view `dim_citation`. Never: follows a citation; lineage does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from lmi.contract import literal, quoted
from lmi.engine import Connection
from lmi.errors import CoverageError

#: Hex digits of a citation: 48 bits, so that a mart of a million figures has one chance in five hundred of a clash.
_DIGITS = len("0123456789ab")
_OF_FIGURE, _VALUE = "_figure", "_value"  # names that no mart gives a column
#: Between the parts of what is hashed: a sign that stands in no code and no label.
_BETWEEN = "\x1f"
KeyValue = str | int | date


@dataclass(frozen=True)
class MartInDatabase:
    """A mart as the database holds it: its grain, and (name, unit, meaning) of its figures."""

    name: str
    grain: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]


def citation(mart: str, key: Mapping[str, KeyValue], column: str) -> str:
    """Return the citation of one figure: the mart's name and twelve hex digits, stable from build to build."""
    parts = [mart, *(f"{name}={_written(key[name])}" for name in sorted(key)), column]
    digest = hashlib.md5(_BETWEEN.join(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{mart}-{digest[:_DIGITS]}"


def citation_sql(grain: Iterable[str], mart: str, column: str) -> str:
    """Return SQL over a mart that yields the citation of `column` for each row; equal to `citation` row by row."""
    return _citation_sql(grain, mart, literal(column))


def _citation_sql(grain: Iterable[str], mart: str, column: str) -> str:
    """Return the SQL of a citation whose column's name is the text of the expression `column`."""
    keys = [f"'{name}=' || cast({quoted(name)} as varchar)" for name in sorted(grain)]
    parts = ", ".join([literal(mart), *keys, column])
    return f"{literal(mart)} || '-' || left(md5(concat_ws(chr({ord(_BETWEEN)}), {parts})), {_DIGITS})"


def marts_in(con: Connection, names: Iterable[str] | None = None) -> tuple[MartInDatabase, ...]:
    """Return the marts that the database holds (those of `names`, or all), by name.

    Raises CoverageError for a name that is no mart. A mart is a table with a primary key whose last column is inputs.
    """
    keys = con.execute(
        "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
    ).fetchall()
    grains = {table: tuple(columns) for table, columns in keys}
    held: dict[str, list[tuple[str, str, str]]] = {}
    columns = con.execute(
        """select table_name, column_name, comment from duckdb_columns()
           where table_name in (select table_name from duckdb_tables()) order by table_name, column_index"""
    ).fetchall()
    for table, column, comment in columns:
        unit, _, meaning = (comment or "").partition(" | ")
        held.setdefault(table, []).append((column, unit, meaning))
    found = {table: grain for table, grain in grains.items() if held[table][-1][0] == "inputs"}
    for name in names or ():
        if name not in found:
            raise CoverageError(f"there is no mart {name!r}.", expected="a mart of the build", do="see lmi marts.")
    return tuple(
        MartInDatabase(name, found[name], tuple(c for c in held[name] if c[0] not in found[name] and c[0] != "inputs"))
        for name in sorted(names if names is not None else found)
    )


def grain_of(con: Connection, mart: str) -> tuple[str, ...]:
    """Return the columns whose values name a row of `mart`. Raises CoverageError when there is no such mart."""
    return marts_in(con, [mart])[0].grain


def register_citations(con: Connection) -> None:
    """Create the view `dim_citation`: one row for each figure of each mart, with the row's key in words."""
    selects = []
    for mart in marts_in(con):
        if not mart.figures:
            continue
        key = ", ".join(f"'{name}=' || cast({quoted(name)} as varchar)" for name in mart.grain)
        # One select a mart, not one a figure: hundreds of them would take longer to bind than a mart to make.
        names = ", ".join(literal(column) for column, _, _ in mart.figures)
        values = ", ".join(f"cast({quoted(column)} as varchar)" for column, _, _ in mart.figures)
        selects.append(
            f"select {_citation_sql(mart.grain, mart.name, _OF_FIGURE)} as citation, {literal(mart.name)} as mart, "
            f"concat_ws(', ', {key}) as key, {_OF_FIGURE} as column_name, {_VALUE} as value from (select "
            f"{', '.join(map(quoted, mart.grain))}, unnest([{names}]) as {_OF_FIGURE}, unnest([{values}]) as {_VALUE} "
            f"from {quoted(mart.name)})"
        )
    con.execute("create or replace view dim_citation as " + " union all ".join(selects))
    con.execute("comment on view dim_citation is 'Every figure of every mart, with the id under which it is quoted'")


def _written(value: KeyValue) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
