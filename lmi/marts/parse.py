"""A mart's SQL file read as its own contract, and held to the SQL that more than one engine runs.

Owns: the header, casts and comments of a mart file; the portable subset. Never: runs anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp

from lmi.contract import Column, Contract
from lmi.errors import DeclarationError
from lmi.marts.parsed import Mart

_TYPES = {
    "VARCHAR": "text",
    "TEXT": "text",
    "INT": "integer",
    "BIGINT": "bigint",
    "DOUBLE": "number",
    "DATE": "date",
    "BOOLEAN": "boolean",
}
#: What depends on the order of rows, the clock, chance or the engine, each with the reason.
_REFUSED: dict[type[exp.Expression], str] = {
    exp.Round: "rounding belongs to evidence",
    exp.Pivot: "engines differ on pivot",
    exp.PercentileCont: "engines differ on quantiles",
    exp.PercentileDisc: "engines differ on quantiles",
    exp.Quantile: "engines differ on quantiles",
    exp.ApproxQuantile: "engines differ on quantiles",
    exp.GenerateSeries: "a table function of one engine",
    exp.CurrentDate: "a mart does not read the clock",
    exp.CurrentTimestamp: "a mart does not read the clock",
    exp.CurrentTime: "a mart does not read the clock",
    exp.Localtimestamp: "a mart does not read the clock",
    exp.Localtime: "a mart does not read the clock",
    exp.Rand: "a mart has no chance in it",
    exp.Uuid: "a mart has no chance in it",
    exp.AnyValue: "which row answers is not stated",
    exp.First: "which row answers is not stated",
    exp.Last: "which row answers is not stated",
    exp.ArgMax: "engines break ties differently",
    exp.ArgMin: "engines break ties differently",
    exp.Mode: "engines break ties differently",
    exp.Limit: "a mart holds every row",
    exp.TableSample: "a mart holds every row",
    exp.Placeholder: "values come from the relation parameters",
    exp.Parameter: "values come from the relation parameters",
    exp.Anonymous: "not a function that every engine has",
}
#: Columns of a view that tell apart two periods that end in one year.
_PERIOD = {"period_start", "period_end", "period_kind"}
_POWER_OF_TEN = re.compile(r"0|10*|0?\.0*1")


def read_mart(path: Path) -> Mart:
    """Return the mart that `path` holds.

    Raises DeclarationError that names the file and what in it is not a mart or not portable.
    """
    sql = path.read_text(encoding="utf-8")
    place = path.name
    header = _read_header(sql, place)
    try:
        statements = [s for s in sqlglot.parse(sql, dialect="duckdb") if s]
    except sqlglot.errors.ParseError as error:
        raise DeclarationError("the mart is not SQL.", place=place, found=str(error)) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise DeclarationError("a mart is one select.", place=place, found=f"{len(statements)} statements")
    query = statements[0]
    if header["mart"] != path.stem:
        raise DeclarationError("a mart has the name of its file.", place=place, found=header["mart"])
    faults = list(_unportable(query, sql))
    if faults:
        raise DeclarationError(
            "the mart leaves the portable subset.",
            place=place,
            found="; ".join(faults),
            do="lmi/marts/parse.py lists what is refused and why.",
        )
    grain = tuple(name.strip() for name in header["grain"].split(","))
    columns = tuple(_read_column(e, grain, place) for e in query.selects)
    if not columns or columns[-1].name != "inputs":
        raise DeclarationError("the last column of a mart is inputs.", place=place)
    contract = Contract(header["mart"], header["purpose"], columns, grain)
    used = {column.name for column in query.find_all(exp.Column)}
    by_year = "year" in used and not used & _PERIOD
    return Mart(contract, sql, _read_relations(query), header.get("inputs", "").removeprefix("optional, "), by_year)


def to_spark(mart: Mart) -> str:
    """Return the mart's SQL in Spark's dialect. Raises DeclarationError when it cannot be translated."""
    try:
        return sqlglot.transpile(
            mart.sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE, pretty=True
        )[0]
    except sqlglot.errors.SqlglotError as error:
        raise DeclarationError("the mart has no form in Spark.", place=mart.name, found=str(error)) from error


def _read_header(sql: str, place: str) -> dict[str, str]:
    match = re.match(r"/\*(.*?)\*/", sql, re.DOTALL)
    text = " ".join(match.group(1).split()) if match else ""
    parts = re.split(r"\b(mart|purpose|grain|inputs): ", text)
    header = {key: value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=True)}
    missing = [key for key in ("mart", "purpose", "grain") if not header.get(key)]
    if missing:
        raise DeclarationError(
            "a mart opens with a comment that says mart, purpose and grain.", place=place, found=f"no {missing[0]}"
        )
    return header


def _read_column(item: exp.Expression, grain: tuple[str, ...], place: str) -> Column:
    name = item.alias
    comment = [c.strip() for c in item.comments or () if " | " in c]
    if not isinstance(item, exp.Alias) or len(comment) != 1:
        raise DeclarationError(
            "a column of a mart is a cast with a name and a comment.",
            place=f"{place}, column {name or item.sql()}",
            expected="cast(... as type) as name, -- unit | meaning",
        )
    unit, meaning = (part.strip() for part in comment[0].split(" | ", 1))
    # A column may be null exactly when its meaning says when.
    nullable = name not in grain and name != "inputs" and bool(re.search(r"\bnull\b", meaning))
    return Column(name, _type_of(item.this, name, place), unit, meaning, nullable)


def _type_of(value: exp.Expression, name: str, place: str) -> str:
    if name == "inputs":
        return "bigint[]"
    kind = value.to.this.name if isinstance(value, exp.Cast) and isinstance(value.to.this, exp.DataType.Type) else ""
    if kind not in _TYPES:
        raise DeclarationError(
            "a column of a mart has no stated type.",
            place=f"{place}, column {name}",
            expected=f"cast(... as {'|'.join(sorted({k.lower() for k in _TYPES}))})",
            found=value.sql(dialect="duckdb"),
        )
    return _TYPES[kind]


def _read_relations(query: exp.Query) -> tuple[str, ...]:
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    return tuple(sorted({table.name for table in query.find_all(exp.Table) if table.name} - own))


def _unportable(query: exp.Query, sql: str) -> Iterator[str]:
    """Yield in words whatever in `query` another engine would answer otherwise, or no one could trace."""
    for node in query.walk():
        reason = next((why for kind, why in _REFUSED.items() if type(node) is kind), None)
        if reason:
            yield f"{node.sql(dialect='duckdb')[:60]}: {reason}"
        elif isinstance(node, exp.Window) and not node.args.get("order"):
            yield f"{node.sql(dialect='duckdb')[:60]}: a window states its order"
        elif isinstance(node, exp.ArrayAgg | exp.GroupConcat) and node.find(exp.Order):
            yield f"{node.sql(dialect='duckdb')[:60]}: an aggregate does not state an order; sort the list"
        elif isinstance(node, exp.Distinct) and node.args.get("on"):
            yield "distinct on: which row stays is not stated"
        elif isinstance(node, exp.Cast) and _cuts_a_fraction(node):
            yield f"{node.sql(dialect='duckdb')[:60]}: engines round or truncate a fraction"
        elif isinstance(node, exp.Literal) and not node.is_string and not _POWER_OF_TEN.fullmatch(node.this):
            yield f"{node.this}: a number is 0, 1, a power of ten or a declared assumption"
    if any(isinstance(e, exp.Star) or e.is_star for e in query.selects):
        yield "select *: a mart names its columns"
    if re.search(r"\{\{|\{%", sql):
        yield "a template: what is in the file is what runs"


def _cuts_a_fraction(cast: exp.Cast) -> bool:
    if not cast.to.is_type(*exp.DataType.INTEGER_TYPES):
        return False
    inside = cast.this
    return any(
        isinstance(n, exp.Div | exp.Avg | exp.Pow | exp.Ln | exp.Exp | exp.Floor | exp.Ceil)
        or (isinstance(n, exp.Literal) and not n.is_string and "." in n.this)
        or (isinstance(n, exp.Cast) and n.to.is_type(*exp.DataType.REAL_TYPES))
        for n in inside.walk()
    )
