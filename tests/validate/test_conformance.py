"""Every type in use is really evaluated on DuckDB: good rows pass, bad rows fail, and trouble is never bad data."""

from __future__ import annotations

from typing import Any

import pytest

from lmi.engine import connect
from lmi.errors import DeclarationError, LmiError
from lmi.validate import demand_passed, validate
from lmi.validate.suites import TYPES, contract_rules
from tests.validate.conftest import rows_rule, rule, suite_of
from tests.validate.tables import observations

pytestmark = pytest.mark.slow

GOOD = observations({"area_code": "E07000117", "value": 10.0}, {"area_code": "E07000118", "value": 20.0})

# type -> arguments, a table that breaks it, how many rows do, and the keys of those rows
CASES: dict[str, tuple[dict[str, Any], Any, int, tuple[int, ...]]] = {
    "expect_column_values_to_not_be_null": (
        {"column": "area_code"},
        observations({}, {"area_code": None}),
        1,
        (2,),
    ),
    "expect_column_values_to_be_in_set": (
        {"column": "status", "value_set": ["ok", "suppressed"]},
        observations({"status": "fine"}, {}, {"status": "good"}),
        2,
        (1, 3),
    ),
    "expect_column_values_to_match_regex": (
        {"column": "area_code", "regex": r"^(?:E0[67]\d{6})$"},
        observations({}, {"area_code": "E07000117 "}, {"area_code": "Burnley"}),
        2,
        (2, 3),
    ),
    "expect_column_values_to_be_between": (
        {"column": "value", "min_value": 10, "max_value": 20},
        observations({"value": 9.5}, {"value": 10.0}, {"value": 20.5}, {"value": None, "status": "suppressed"}),
        2,
        (1, 3),
    ),
    "expect_column_distinct_values_to_be_in_set": (
        {"column": "indicator_id", "value_set": ["jobs"]},
        observations({}, {"indicator_id": "wages"}),
        1,
        (),
    ),
    "expect_table_row_count_to_be_between": ({"min_value": 2}, observations({}), 1, ()),
    "unexpected_rows_expectation": (
        {"unexpected_rows_query": "select obs_key, 'value: ' || value as detail from {batch} where value < 10"},
        observations({"value": 1.0}, {"value": 10.0}, {"value": 2.0}),
        2,
        (1, 3),
    ),
}


def test_every_type_that_a_suite_may_use_has_a_case() -> None:
    assert set(CASES) == set(TYPES)


@pytest.mark.parametrize("kind", sorted(CASES))
def test_good_rows_pass(kind: str, library: Any) -> None:
    report = validate(None, GOOD, suite_of(rule(kind, **CASES[kind][0])), "made/up")
    assert [c.status for c in report.checks] == ["passed"]
    assert (report.intended, report.run) == (1, 1)


@pytest.mark.parametrize("kind", sorted(CASES))
def test_bad_rows_fail_with_their_number_and_keys(kind: str, library: Any) -> None:
    kwargs, table, count, keys = CASES[kind]
    check = validate(None, table, suite_of(rule(kind, **kwargs)), "made/up").checks[0]
    assert (check.status, check.unexpected_count, check.sample_keys) == ("failed", count, keys)


def test_the_contract_holds_for_good_rows_and_each_of_its_rules_can_fail(library: Any) -> None:
    rules = contract_rules()
    assert {c.status for c in validate(None, GOOD, suite_of(*rules), "made/up").checks} == {"passed"}
    broken = observations(
        {"obs_key": 7, "status": "fine", "maturity": "ripe", "period_kind": "moon", "snapshot_id": -1},
        {"obs_key": 7, "area_code": None, "industry": None},
        {"obs_key": -1},
    )
    failed = {c.rule for c in validate(None, broken, suite_of(*rules), "made/up").having("failed")}
    assert failed == {
        "observations.key_is_unique", "observations.status_is_known", "observations.maturity_is_known",
        "observations.period_kind_is_known", "observations.area_code_is_present", "observations.industry_is_present",
        "observations.obs_key_is_in_range", "observations.snapshot_id_is_in_range",
    }  # fmt: skip


def test_trouble_in_evaluating_is_an_error_and_never_bad_data(library: Any) -> None:
    suite = suite_of(
        rows_rule("select obs_key from {batch} where no_such_column = 1"),
        rule("expect_table_row_count_to_be_between", "rows", min_value=1),
    )
    report = validate(None, GOOD, suite, "made/up")
    assert [c.status for c in report.checks] == ["error", "passed"]
    assert "no_such_column" in report.checks[0].note
    assert (report.intended, report.run) == (2, 1)
    with pytest.raises(LmiError, match="could not be run, which says nothing of the figures"):
        demand_passed(report)


def test_a_type_the_library_does_not_know_raises(library: Any) -> None:
    with pytest.raises(DeclarationError, match="expect_the_moon"):
        validate(None, GOOD, suite_of(rule("expect_the_moon")), "made/up")


def test_an_argument_the_library_does_not_know_raises(library: Any) -> None:
    with pytest.raises(DeclarationError, match=r"does not accept rule a\.rule"):
        validate(None, GOOD, suite_of(rule("expect_column_values_to_not_be_null", colunm="value")), "made/up")


def test_colons_percents_and_braces_reach_duckdb_as_written(library: Any) -> None:
    table = observations({"area_code": "a:b", "value": 15.0}, {"area_code": "a{2}", "value": 20.0})
    query = (
        "select obs_key from {batch} where area_code = 'a:b' and value % 10 <> 0 and '1'::int = 1 "
        "or regexp_full_match(area_code, '(?:a){{1}}[{{]2[}}]')"
    )
    assert validate(None, table, suite_of(rows_rule(query)), "made/up").checks[0].sample_keys == (1, 2)


def test_many_bad_rows_are_counted_in_full_and_sampled_twenty_deep(library: Any) -> None:
    table = observations(*({"value": -1.0} for _ in range(250)))
    suite = suite_of(
        rows_rule("select obs_key from {batch} where value < 0", "by.rows"),
        rule("expect_column_values_to_be_between", "by.column", column="value", min_value=0),
    )
    for check in validate(None, table, suite, "made/up").checks:
        assert check.unexpected_count == 250
        assert len(check.sample_keys) == 20


def test_the_callers_connection_keeps_its_tables_and_its_transaction(library: Any) -> None:
    with connect() as con:
        con.execute("create table observations as select 42 as answer")
        con.execute("begin transaction")
        con.execute("insert into observations values (43)")
        report = validate(con, GOOD, suite_of(rule("expect_table_row_count_to_be_between", min_value=2)), "made/up")
        assert report.checks[0].status == "passed"
        assert con.execute("select sum(answer) from observations").fetchall() == [(85,)]
        con.execute("rollback")
        assert con.execute("select sum(answer) from observations").fetchall() == [(42,)]


def test_a_file_is_checked_where_it_lies(tmp_path: Any, library: Any) -> None:
    from lmi.engine import write_parquet

    path = tmp_path / "it's.parquet"
    write_parquet(GOOD, path)
    suite = suite_of(rule("expect_table_row_count_to_be_between", min_value=2))
    assert validate(None, path, suite, "made/up") == validate(None, GOOD, suite, "made/up")
