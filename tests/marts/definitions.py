"""Which figures a mart divides or subtracts, followed through its queries to the series views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from lmi.registry import Indicator

#: Figures about people where they live, and about workplaces where these stand.
HOME, WORK = frozenset({"residence", "learner_home"}), frozenset({"workplace"})


def faults(sql: str, tables: Mapping[str, list[str]], views: Mapping[str, Indicator]) -> Iterator[str]:
    """Yield in words every division of workplace by residence, or the other way, and every subtraction of people and jobs.

    `tables` are the columns of each relation that the SQL may read, `views` the indicator behind each series view.
    """
    schema = {name: dict.fromkeys(columns, "varchar") for name, columns in tables.items()}
    query = qualify(
        sqlglot.parse_one(sql, dialect="duckdb"), schema=schema, dialect="duckdb", validate_qualify_columns=False
    )
    root = build_scope(query)
    assert root is not None
    for scope in root.traverse():
        for node in scope.expression.find_all(exp.Div, exp.Sub):
            sides = [_indicators(side, scope, views, set()) for side in (node.this, node.expression)]
            for one, other in ((views[a], views[b]) for a in sorted(sides[0]) for b in sorted(sides[1])):
                if isinstance(node, exp.Div) and _mixed(one.basis, other.basis, HOME, WORK):
                    yield f"{one.indicator_id} ({one.basis}) is divided by {other.indicator_id} ({other.basis})"
                if isinstance(node, exp.Sub) and _mixed(one.unit, other.unit, {"people"}, {"jobs"}):
                    yield f"{other.indicator_id} ({other.unit}) is subtracted from {one.indicator_id} ({one.unit})"


def _mixed(one: str, other: str, these: frozenset[str] | set[str], those: frozenset[str] | set[str]) -> bool:
    return (one in these and other in those) or (one in those and other in these)


def _indicators(
    node: exp.Expression, scope: Scope, views: Mapping[str, Indicator], seen: set[tuple[int, str, str]]
) -> set[str]:
    """Return the series views whose values reach the expression, through whichever queries it reads."""
    found: set[str] = set()
    for column in node.find_all(exp.Column):
        key = (id(scope), column.table, column.name)
        if key in seen:
            continue
        seen.add(key)
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            if source.name in views and column.name == "value":
                found.add(source.name)
        elif isinstance(source, Scope):
            found |= _through(source, column.name, views, seen)
    return found


def _through(scope: Scope, name: str, views: Mapping[str, Indicator], seen: set[tuple[int, str, str]]) -> set[str]:
    """Return the same for one column of a query; the parts of a union give it by position."""
    parts = scope.set_operation_scopes or [scope]
    place = next((n for n, s in enumerate(_selects(parts[0])) if s.alias_or_name == name), None)
    if place is None:
        return set()
    found: set[str] = set()
    for part in parts:
        if part.set_operation_scopes:
            found |= _through(part, _selects(part)[place].alias_or_name, views, seen)
        else:
            found |= _indicators(_selects(part)[place], part, views, seen)
    return found


def _selects(scope: Scope) -> list[exp.Expression]:
    return list(scope.expression.selects)
