"""The rows that a rule speaks of, by the rule's own SQL on our own connection.

Owns: the connection on which the observations carry the name `observations`, the scope of rules, the rows to
quarantine and those to keep. Never: imports Great Expectations, decides whether a rule holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from lmi.contract import literal
from lmi.engine import Connection, DatabaseError, connect, fetch
from lmi.errors import ContractError, LmiError
from lmi.tables import OBSERVATIONS, QUARANTINE
from lmi.validate.model import SAMPLES, Rule, Suite, ValidationReport

BATCH = "observations"
_REFUSED = pa.schema([f for f in QUARANTINE.arrow_schema() if f.name not in ("place", "text")])


@contextmanager
def opened(con: Connection | None, table: pa.Table | Path, relations: Mapping[str, pa.Table]) -> Iterator[Connection]:
    """Yield a cursor of its own on which the relations `observations` and `relations` can be read.

    A cursor has its own temporary names and its own transaction, so nothing of the caller's connection is touched. A
    file is read where it lies, never loaded. Raises ContractError when the table has other columns than its contract.
    """
    own = con is None
    base = connect() if con is None else con
    cursor = base.cursor()
    try:
        if isinstance(table, pa.Table):
            cursor.register(BATCH, table)
        else:
            cursor.execute(f"create temp view {BATCH} as select * from read_parquet({literal(str(table))})")
        check_columns(fetch(cursor, f"select * from {BATCH} limit 0").column_names)
        for name, relation in relations.items():
            cursor.register(name, relation)
        yield cursor
    finally:
        cursor.close()
        if own:
            base.close()


def asked(rule: Rule) -> str:
    """Return the rule's SQL over `observations`. Raises LmiError when the rule has none."""
    if rule.query is None:
        raise LmiError(f"rule {rule.rule} asks no SQL, so its rows cannot be listed.", do="write it as rows.")
    return rule.query.format(batch=BATCH)


def count_rows(con: Connection, rule: Rule) -> int:
    """Return how many rows the rule's SQL returns."""
    return int(_ask(con, rule, f"select count(*) as n from ({asked(rule)})")["n"][0].as_py())


def sample_rows(con: Connection, rule: Rule) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the first keys, and what the rule says of them, of the rows that break it."""
    found = _ask(con, rule, f"select * from ({asked(rule)}) order by obs_key limit {SAMPLES}")
    keys = tuple(int(key) for key in found["obs_key"].to_pylist() if key is not None)
    details = tuple(str(d) for d in found["detail"].to_pylist()) if "detail" in found.column_names else ()
    return keys, details


def inapplicable(con: Connection, rules: Sequence[Rule], relations: Mapping[str, pa.Table]) -> dict[str, str]:
    """Return why each rule that cannot be asked here cannot: nothing is in its scope, or a relation is not at hand."""
    why = {
        rule.rule: f"relation {', '.join(absent)} is not at hand"
        for rule in rules
        if (absent := [name for name in rule.needs if name not in relations])
    }
    scoped = [rule for rule in rules if rule.applies and rule.rule not in why]
    for rule in scoped:
        truth = _ask(con, rule, f"select coalesce(({rule.applies.format(batch=BATCH)}), false) as holds")
        if not truth["holds"][0].as_py():
            why[rule.rule] = "nothing in this table is in the rule's scope"
    return why


def quarantine_rows(
    con: Connection | None,
    report: ValidationReport,
    suite: Suite,
    table: pa.Table | Path,
    relations: Mapping[str, pa.Table] | None = None,
) -> pa.Table:
    """Return the rows to refuse: tables.QUARANTINE without `place` and `text`, one row for each figure and rule.

    The rows are found by the rule's SQL, so they are never held one by one. Raises LmiError when the SQL now finds
    another number of rows than the report says: then the report is not of this table.
    """
    rules = {rule.rule: rule for rule in suite.rules}
    made = [_REFUSED.empty_table()]
    if not report.quarantining:
        return made[0]
    with opened(con, table, relations or {}) as cursor:
        for check in report.quarantining:
            rule = rules[check.rule]
            if (found := count_rows(cursor, rule)) != check.unexpected_count:
                raise LmiError(
                    f"the report on rule {rule.rule} is not of this table.",
                    source=report.source_id,
                    expected=f"{check.unexpected_count} rows",
                    found=f"{found} rows",
                    do="delete the receipts of this source and validate again.",
                )
            sql = (
                f"select distinct o.obs_key, o.snapshot_id, {literal(report.source_id)} as source_id, "
                f"{literal(rule.rule)} as rule, {literal(rule.reason)} as reason "
                f"from {BATCH} as o semi join ({asked(rule)}) as q using (obs_key) order by o.obs_key"
            )
            made.append(_ask(cursor, rule, sql).cast(_REFUSED))
    return pa.concat_tables(made)


def accepted_rows(con: Connection | None, table: pa.Table, quarantined: pa.Table) -> pa.Table:
    """Return the observations that no rule refused, in the order of their key; the table itself when all are good."""
    if not quarantined.num_rows:
        return table
    with opened(con, table, {"refused": quarantined}) as cursor:
        kept = fetch(cursor, f"select o.* from {BATCH} as o anti join refused using (obs_key) order by o.obs_key")
    return kept.cast(table.schema)


def _ask(con: Connection, rule: Rule, sql: str) -> pa.Table:
    try:
        return fetch(con, sql)
    except DatabaseError as error:
        raise LmiError(f"the SQL of rule {rule.rule} cannot be run.", found=str(error), do="mend the suite.") from error


def check_columns(names: Sequence[str]) -> None:
    """Raise ContractError unless these are the columns of observations, in any order."""
    if set(names) != set(OBSERVATIONS.names):
        raise ContractError(
            "the table to validate has other columns than observations.",
            expected=", ".join(OBSERVATIONS.names),
            found=", ".join(names),
            do="mend the step that wrote it.",
        )
