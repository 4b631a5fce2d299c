"""Refused rows leave with the name of the rule, the others stay as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lmi import tables
from lmi.engine import write_parquet
from lmi.errors import LmiError, ValidationFailed
from lmi.validate import CheckResult, ValidationReport, accepted_rows, demand_passed, quarantine_rows
from lmi.validate.model import Rule, Status
from tests.validate.conftest import idiom_rule, rows_rule, suite_of
from tests.validate.tables import observations

TABLE = observations({"value": 5.0}, {"value": -1.0}, {"value": 400.0}, {"value": -400.0})
NEGATIVE = rows_rule("select obs_key from {batch} where value < 0", "value.is_not_negative", "quarantine")
LARGE = rows_rule("select obs_key from {batch} where abs(value) > 100", "value.is_a_percentage", "quarantine")
LISTED = rows_rule("select obs_key from {batch} where value = 5", "value.is_not_five", "report")
SUITE = suite_of(NEGATIVE, LARGE, LISTED)


def reported(
    *failed: tuple[Rule, int], status: Status = "failed", note: str = "", details: tuple[str, ...] = ()
) -> ValidationReport:
    checks = tuple(
        CheckResult(r.rule, r.type, r.severity, r.action, status, n, (7, 8), details, "Because it must.", note)
        for r, n in failed
    )
    return ValidationReport("made/up", checks, len(checks), len(checks), "0" * 64, False, 4)


def test_a_row_refused_by_two_rules_is_listed_under_both_and_removed_once() -> None:
    refused = quarantine_rows(None, reported((NEGATIVE, 2), (LARGE, 2), (LISTED, 1)), SUITE, TABLE)
    assert [(r["obs_key"], r["rule"]) for r in refused.to_pylist()] == [
        (2, "value.is_not_negative"), (4, "value.is_not_negative"),
        (3, "value.is_a_percentage"), (4, "value.is_a_percentage"),
    ]  # fmt: skip
    assert accepted_rows(None, TABLE, refused)["obs_key"].to_pylist() == [1]


def test_refused_rows_have_the_columns_of_quarantine_but_those_of_the_cell() -> None:
    refused = quarantine_rows(None, reported((NEGATIVE, 2)), SUITE, TABLE)
    assert refused.column_names == [n for n in tables.QUARANTINE.names if n not in ("place", "text")]
    assert refused.schema.field("obs_key").type == pa.int64()
    assert set(refused["source_id"].to_pylist()) == {"made/up"}
    assert set(refused["reason"].to_pylist()) == {"because"}


def test_nothing_failed_means_nothing_refused_and_the_same_table_back() -> None:
    refused = quarantine_rows(None, reported((LISTED, 1)), SUITE, TABLE)
    assert refused.num_rows == 0
    assert accepted_rows(None, TABLE, refused) is TABLE


def test_rows_are_found_in_a_file_too(tmp_path: Path) -> None:
    write_parquet(TABLE, tmp_path / "t.parquet")
    assert quarantine_rows(None, reported((LARGE, 2)), SUITE, tmp_path / "t.parquet")["obs_key"].to_pylist() == [3, 4]


def test_coded_columns_stay_coded() -> None:
    coded = TABLE.set_column(3, "area_code", TABLE["area_code"].dictionary_encode())
    refused = quarantine_rows(None, reported((LARGE, 2)), SUITE, coded)
    kept = accepted_rows(None, coded, refused)
    assert kept.schema.field("area_code").type == coded.schema.field("area_code").type
    assert kept["area_code"].to_pylist() == ["E07000117", "E07000117"]


def test_a_rule_that_returns_a_row_twice_refuses_it_once() -> None:
    twice = rows_rule(
        "select obs_key from {batch} where value < 0 union all select obs_key from {batch} where value < 0",
        "twice",
        "quarantine",
    )
    assert quarantine_rows(None, reported((twice, 4)), suite_of(twice), TABLE)["obs_key"].to_pylist() == [2, 4]


def test_a_rule_that_speaks_of_nothing_published_cannot_refuse_a_row() -> None:
    absent = rows_rule(
        "select cast(null as bigint) as obs_key, 'no such district' as detail from {batch} limit 1",
        "absent",
        "quarantine",
    )
    assert quarantine_rows(None, reported((absent, 1)), suite_of(absent), TABLE).num_rows == 0


def test_the_second_row_of_a_unitary_goes_and_the_sum_is_right_again() -> None:
    # 10 + 20 + 30, with 30 listed twice as in July 2023: a naive sum gives 90
    july = observations(
        *(
            {"area_code": a, "value": v}
            for a, v in (("E07000117", 10.0), ("E07000118", 20.0), ("E06000008", 30.0), ("E06000008", 30.0))
        )
    )
    once = idiom_rule("stands_once")
    rule = Rule(once.rule, once.type, once.kwargs, "critical", "quarantine", "because", "source")
    refused = quarantine_rows(None, reported((rule, 1)), suite_of(rule), july)
    assert sum(july["value"].to_pylist()) == 90.0
    assert sum(accepted_rows(None, july, refused)["value"].to_pylist()) == 60.0


def test_a_failed_check_that_stops_is_one_paragraph_with_source_rule_reason_and_finding() -> None:
    stop = rows_rule("select 1", "districts.are_all_there", "stop")
    report = reported(
        (stop, 2), (rows_rule("select 1", "other.rule", "stop"), 1), details=("no row for E07000118", "b", "c", "d")
    )
    with pytest.raises(ValidationFailed) as caught:
        demand_passed(report)
    assert str(caught.value) == (
        "made/up: check districts.are_all_there failed, 2 times in 4 rows. Because it must. 1 more failed: other.rule. "
        "Found: no row for E07000118; b; c. What to do: the last good vintage stays in use; see the page of checks, "
        "ask the publisher or declare a correction."
    )


@pytest.mark.parametrize("action", ["quarantine", "report"])
def test_a_failed_check_that_does_not_stop_lets_the_source_pass(action: Any) -> None:
    demand_passed(reported((rows_rule("select 1", "a.rule", action), 2)))


def test_a_check_that_could_not_be_run_is_not_taken_for_bad_data() -> None:
    report = reported((rows_rule("select 1", "a.rule", "stop"), 0), status="error", note="no such column")
    with pytest.raises(LmiError, match="could not be run") as caught:
        demand_passed(report)
    assert not isinstance(caught.value, ValidationFailed)
    assert report.verdict == "1 check could not be run"
