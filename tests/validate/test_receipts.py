"""A receipt spares a run on exactly the same bytes, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import lmi.validate as validation
from lmi.engine import write_parquet
from lmi.errors import ContractError, LmiError
from lmi.registry import repository_root
from lmi.validate import Receipts, load_suites, quarantine_rows, validate
from lmi.validate.model import CheckResult, Rule, Suite, sha256_of
from lmi.validate.receipts import _code, content_of
from lmi.validate.rows import opened, sample_rows
from tests.validate.conftest import rows_rule, suite_of
from tests.validate.tables import members, observations, snapshots

TABLE = observations({"value": 5.0}, {"value": -1.0, "area_code": "E07000118"})
SUITE = suite_of(rows_rule("select obs_key from {batch} where value < 0", "value.is_not_negative", "quarantine"))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the library by the rules' own SQL, and note each time that checks are run."""
    noted: list[str] = []

    def run(con: Any, table: Any, suite: Suite, relations: Mapping[str, pa.Table]) -> tuple[CheckResult, ...]:
        noted.append(suite.source_id)
        with opened(con, table, relations) as cursor:
            return tuple(_checked(cursor, rule) for rule in suite.rules)

    monkeypatch.setattr(validation, "_run", run)
    return noted


def _checked(con: Any, rule: Rule) -> CheckResult:
    keys, details = sample_rows(con, rule)
    status: Any = "failed" if keys else "passed"
    return CheckResult(rule.rule, rule.type, rule.severity, rule.action, status, len(keys), keys, details, rule.reason)


def kept(folder: Path) -> Receipts:
    return Receipts(read=(folder,), write=folder)


def test_the_same_bytes_and_suite_are_not_run_twice(tmp_path: Path, runs: list[str]) -> None:
    first = validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    second = validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    assert runs == ["made/up"]
    assert second == replace(first, receipt_used=True)
    assert second.verdict == "passed, rows refused by 1 check, checked before on the same bytes"


def test_rows_in_another_order_or_chunks_are_the_same_bytes(tmp_path: Path, runs: list[str]) -> None:
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    shuffled = pa.concat_tables([TABLE.slice(1), TABLE.slice(0, 1)])
    assert validate(None, shuffled, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used
    write_parquet(TABLE, tmp_path / "t.parquet")
    assert validate(None, tmp_path / "t.parquet", SUITE, "made/up", receipts=kept(tmp_path)).receipt_used


def test_one_changed_value_is_run_again(tmp_path: Path, runs: list[str]) -> None:
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    moved = observations({"value": 5.000001}, {"value": -1.0, "area_code": "E07000118"})
    assert not validate(None, moved, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used
    assert len(runs) == 2


def test_a_changed_rule_is_run_again_and_replaces_the_receipt(tmp_path: Path, runs: list[str]) -> None:
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    other = suite_of(rows_rule("select obs_key from {batch} where value < 1", "value.is_not_negative", "quarantine"))
    assert not validate(None, TABLE, other, "made/up", receipts=kept(tmp_path)).receipt_used
    assert len(json.loads((tmp_path / "made" / "up.json").read_text())["receipts"]) == 1


def test_a_table_of_another_vintage_has_a_receipt_beside_the_first(tmp_path: Path, runs: list[str]) -> None:
    for table in (TABLE, TABLE.slice(1)):
        validate(None, table, SUITE, "made/up", receipts=kept(tmp_path))
    assert all(
        validate(None, t, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used for t in (TABLE, TABLE.slice(1))
    )
    assert len(runs) == 2


@pytest.mark.parametrize("what", ["great_expectations", "duckdb", "code"])
def test_another_version_is_run_again(what: str, tmp_path: Path, runs: list[str]) -> None:
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    path = tmp_path / "made" / "up.json"
    body = json.loads(path.read_text())
    body["receipts"][0]["key"][what] = "another"
    path.write_text(json.dumps(body))
    assert not validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used


def test_a_tampered_receipt_is_rejected_and_the_checks_are_run(tmp_path: Path, runs: list[str]) -> None:
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    path = tmp_path / "made" / "up.json"
    body = json.loads(path.read_text())
    body["receipts"][0]["checks"][0] |= {"status": "passed", "unexpected_count": 0, "sample_keys": []}
    path.write_text(json.dumps(body))
    report = validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    assert not report.receipt_used
    assert report.checks[0].status == "failed"
    assert "its own digest does not match" in report.receipt_note
    assert validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used  # and is mended


@pytest.mark.parametrize("text", ["", "{", "[]", '{"receipts": 3}', '{"receipts": [null, 3, {}]}'])
def test_a_file_that_is_no_receipt_is_written_anew(text: str, tmp_path: Path, runs: list[str]) -> None:
    path = tmp_path / "made" / "up.json"
    path.parent.mkdir()
    path.write_text(text)
    assert not validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used
    assert validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path)).receipt_used


def test_receipts_of_the_baseline_are_read_first_and_never_written(tmp_path: Path, runs: list[str]) -> None:
    baseline, own = tmp_path / "baseline", tmp_path / "own"
    validate(None, TABLE, SUITE, "made/up", receipts=Receipts((), baseline))
    both = Receipts((baseline, own), own)
    assert validate(None, TABLE, SUITE, "made/up", receipts=both).receipt_used
    assert not own.exists()
    before = (baseline / "made" / "up.json").read_bytes()
    validate(None, TABLE.slice(1), SUITE, "made/up", receipts=both)
    assert (baseline / "made" / "up.json").read_bytes() == before


def test_what_a_rule_needs_beside_the_rows_belongs_to_the_key(tmp_path: Path, runs: list[str]) -> None:
    rule = rows_rule("select o.obs_key from {batch} as o anti join members using (area_code)", "area.is_a_member")
    suite = suite_of(replace(rule, needs=("members",)))
    both, one = {"members": members("E07000117", "E07000118")}, {"members": members("E07000117")}
    backwards = {"members": members("E07000118", "E07000117")}
    assert validate(None, TABLE, suite, "made/up", relations=both, receipts=kept(tmp_path)).verdict == "passed"
    assert validate(None, TABLE, suite, "made/up", relations=backwards, receipts=kept(tmp_path)).receipt_used
    assert validate(None, TABLE, suite, "made/up", relations=one, receipts=kept(tmp_path)).verdict == "passed, 1 remark"


def test_a_snapshot_of_another_table_does_not_belong_to_the_key(tmp_path: Path, runs: list[str]) -> None:
    rule = rows_rule(
        "select o.obs_key from {batch} as o join snapshots using (snapshot_id) where period_end > released"
    )
    suite = suite_of(replace(rule, needs=("snapshots",)))
    own, more = (1, "2021", date(2021, 1, 1)), (2, "2022", date(2022, 1, 1))
    validate(None, TABLE, suite, "made/up", relations={"snapshots": snapshots(own)}, receipts=kept(tmp_path))
    assert validate(
        None, TABLE, suite, "made/up", relations={"snapshots": snapshots(own, more)}, receipts=kept(tmp_path)
    ).receipt_used
    later = (1, "2021", date(2021, 2, 1))
    assert not validate(
        None, TABLE, suite, "made/up", relations={"snapshots": snapshots(later)}, receipts=kept(tmp_path)
    ).receipt_used


def test_a_check_that_could_not_run_leaves_no_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = CheckResult(
        "value.is_not_negative", "t", "critical", "stop", "error", 0, (), (), "because", "no such column"
    )
    monkeypatch.setattr(validation, "_run", lambda *_: (trouble,))
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    assert not (tmp_path / "made").exists()


def test_a_receipt_that_lies_about_numbers_does_not_quarantine(tmp_path: Path, runs: list[str]) -> None:
    report = validate(None, TABLE, SUITE, "made/up")
    lied = replace(report, checks=(replace(report.checks[0], unexpected_count=3),))
    with pytest.raises(LmiError, match=r"not of this table.*Expected: 3 rows.*Found: 1 rows"):
        quarantine_rows(None, lied, SUITE, TABLE)


def test_a_table_over_several_windows_has_one_digest_from_memory_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lmi.validate.receipts._WINDOW", 10)
    table = observations(*({"value": float(i)} for i in range(35)))
    path = tmp_path / "t.parquet"
    write_parquet(table, path)
    assert content_of(path) == content_of(table)
    assert content_of(table).rows == 35
    assert content_of(table.slice(0, 34)).digest != content_of(table).digest


def test_a_file_that_is_not_sorted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_parquet(pa.concat_tables([TABLE.slice(1), TABLE.slice(0, 1)]), path)
    with pytest.raises(ContractError, match="not sorted on obs_key"):
        content_of(path)


def test_a_table_with_other_columns_is_refused(runs: list[str]) -> None:
    with pytest.raises(ContractError, match="other columns than observations"):
        validate(None, TABLE.drop_columns(["value"]), SUITE, "made/up")


def test_an_empty_table_has_a_digest_and_a_receipt(tmp_path: Path, runs: list[str]) -> None:
    assert validate(None, TABLE.slice(0, 0), SUITE, "made/up", receipts=kept(tmp_path)).rows == 0
    assert validate(None, TABLE.slice(0, 0), SUITE, "made/up", receipts=kept(tmp_path)).receipt_used


@pytest.mark.slow
def test_with_a_receipt_the_library_is_not_imported(tmp_path: Path, library: Any) -> None:
    validate(None, TABLE, SUITE, "made/up", receipts=kept(tmp_path))
    program = (
        "import sys; from pathlib import Path; from lmi.validate import Receipts, validate;"
        "from tests.validate.test_receipts import TABLE, SUITE;"
        f"r = validate(None, TABLE, SUITE, 'made/up', receipts=Receipts((Path({str(tmp_path)!r}),)));"
        "print(r.receipt_used, 'great_expectations' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=repository_root(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["True", "False"]


def test_committed_receipts_have_their_own_digest_and_are_of_todays_suites() -> None:
    suites = load_suites(repository_root() / "expectations")
    folder = repository_root() / "data" / "raw" / "baseline" / "receipts"
    for path in sorted(folder.rglob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8"))["receipts"]:
            assert entry["digest"] == sha256_of({k: v for k, v in entry.items() if k != "digest"}), path
            if entry["source_id"] in suites:
                assert entry["key"]["suite"] == suites[entry["source_id"]].digest, f"{path}: run lmi baseline"
            assert entry["key"]["code"] == _code(), f"{path}: run lmi baseline"
