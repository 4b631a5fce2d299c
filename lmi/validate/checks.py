"""Run rules with Great Expectations on DuckDB: the only importer of Great Expectations.

Owns: the data source on a connection that is already open, and the reading of its results. Never: changes a row.

Importing this module costs seconds, so callers import it when a check must really run. Great Expectations has no
official DuckDB source yet; the three classes below are what is missing (see docs: dependencies), and
tests/validate/test_conformance.py proves for every type in use that good rows pass and bad rows fail.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

import great_expectations as gx
import sqlalchemy as sa
from duckdb_engine import ConnectionWrapper
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.expectations.registry import get_expectation_impl

from lmi.engine import Connection
from lmi.errors import DeclarationError, LmiError
from lmi.validate.model import SAMPLES, CheckResult, Rule, Status
from lmi.validate.rows import BATCH, sample_rows

_FORMAT = {
    "result_format": "SUMMARY",
    "unexpected_index_column_names": ["obs_key"],
    "partial_unexpected_count": SAMPLES,
}
_BIND = re.compile(r"(?<![:\w\\]):(?=\w)")
_one_at_a_time = threading.Lock()  # the library's context is one for the process
_names = itertools.count()


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Keeps its connection open: DuckDB's results die with it before the library has read them."""

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        """Yield the one connection."""
        if getattr(self, "_kept", None) is None:
            self._kept = self.engine.connect()
        yield self._kept

    def release(self) -> None:
        """Give the connection back."""
        if getattr(self, "_kept", None) is not None:
            self._kept.close()
            self._kept = None


class DuckDBDatasource(SQLDatasource):
    """A data source of our own dialect."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> Any:
        """The engine that keeps its connection."""
        return DuckDBExecutionEngine


class DuckDBMatchRegex(ColumnMapMetricProvider):
    """The library knows no regular expression for this dialect."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls: Any, column: Any, regex: str, **_: Any) -> Any:
        return sa.func.regexp_matches(column, regex)


class _Lent(ConnectionWrapper):
    """A connection that the library may use but not close: it is the caller's."""

    def close(self) -> None:
        """Leave the caller's connection open."""


def run_checks(con: Connection, rules: Sequence[Rule]) -> tuple[CheckResult, ...]:
    """Return one result for each rule, asked of the relation `observations` on `con`, in the order of `rules`.

    A failure to evaluate is status `error`, never `failed`. Raises DeclarationError for a type or argument that the
    library does not know, LmiError when a result is missing.
    """
    expectations = [_expectation(rule) for rule in rules]
    with _one_at_a_time, _batch(con) as batch:
        suite = gx.ExpectationSuite(name=f"suite_{next(_names)}", expectations=expectations)
        if len(suite.expectations) != len(rules):
            raise LmiError(
                "the library dropped an expectation without a word.", found=f"{len(suite.expectations)} of {len(rules)}"
            )
        found = batch.validate(suite, result_format=_FORMAT)
    results = {r.expectation_config.meta["rule"]: r for r in found.results}
    missing = [rule.rule for rule in rules if rule.rule not in results]
    if missing:
        raise LmiError("a check was intended and has no result.", found=", ".join(missing))
    return tuple(_read(con, rule, results[rule.rule]) for rule in rules)


def version() -> str:
    """Return the library's version."""
    return str(gx.__version__)


def _expectation(rule: Rule) -> Any:
    """Return the library's own object: made one by one, since a suite drops unknown types silently."""
    kwargs = dict(rule.kwargs)
    if rule.query is not None:
        # SQLAlchemy takes a word after a colon for a parameter; a backslash says that it is text.
        kwargs["unexpected_rows_query"] = _BIND.sub(r"\\:", rule.query)
    try:
        return get_expectation_impl(rule.type)(**kwargs, severity=rule.severity, meta={"rule": rule.rule})
    except Exception as error:  # the library raises its own, pydantic's and TypeError
        raise DeclarationError(
            f"the library does not accept rule {rule.rule} of type {rule.type}.", found=str(error), do="mend the suite."
        ) from error


@contextmanager
def _batch(con: Connection) -> Iterator[Any]:
    """Yield the relation `observations` of `con` as a batch; the connection stays open and is the only one used."""
    context, name = _context(), f"duckdb_{next(_names)}"
    source = context.data_sources.add_duckdb(
        name,
        connection_string="duckdb:///:memory:",
        kwargs={"poolclass": sa.pool.StaticPool, "creator": lambda: _Lent(con)},
    )
    try:
        yield source.add_table_asset(BATCH, table_name=BATCH).add_batch_definition_whole_table("all").get_batch()
    finally:
        # Closed now, while the lent connection is open: the collector would do it later and complain on stderr.
        engine = source.get_execution_engine()
        engine.release()
        engine.engine.dispose()
        context.data_sources.delete(name)


@cache
def _context() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _read(con: Connection, rule: Rule, result: Any) -> CheckResult:
    trouble = _trouble(result.exception_info)
    if trouble:
        return _result(rule, "error", note=trouble)
    body = result.result
    if rule.query is not None:
        count = int(body["observed_value"])
        keys, details = sample_rows(con, rule) if count else ((), ())
        return _result(rule, "failed" if count else "passed", count, keys, details)
    if result.success:
        return _result(rule, "passed")
    rows = body.get("partial_unexpected_index_list") or []
    keys = tuple(int(row["obs_key"]) for row in rows if row.get("obs_key") is not None)
    column = rule.kwargs.get("column", "")
    shown = [f"{column}: {row.get(column)}" for row in rows] or [f"observed: {body.get('observed_value')}"]
    return _result(rule, "failed", int(body.get("unexpected_count") or 1), keys, tuple(shown[:SAMPLES]))


def _result(
    rule: Rule,
    status: Status,
    count: int = 0,
    keys: tuple[int, ...] = (),
    details: tuple[str, ...] = (),
    note: str = "",
) -> CheckResult:
    return CheckResult(
        rule.rule, rule.type, rule.severity, rule.action, status, count, keys, details, rule.reason, note
    )


def _trouble(info: Any) -> str:
    """Return what went wrong while a check was evaluated, or nothing. The library nests this in two ways."""
    if not isinstance(info, dict):
        return ""
    if "raised_exception" in info:
        return str(info.get("exception_message") or "an exception without words") if info["raised_exception"] else ""
    found = [_trouble(inner) for inner in info.values()]
    return "; ".join(sorted({text for text in found if text}))
