"""Cells to observations: every cell accounted for, nothing guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lmi.engine import read_parquet, write_parquet
from lmi.errors import UnknownCode
from lmi.lookups import CodeBook
from lmi.raw.manifest import Snapshot
from lmi.registry import load
from lmi.staging import Account, stage
from lmi.tables import CODES, OBSERVATIONS
from tests.raw.conftest import write_declarations

SOURCE = """
title = "Jobs"
publisher = "A publisher"
department = "ONS"
licence = "OGL-3.0"
attribution = "OGL v3.0"
[layouts.main]
recognise = { format = "delimited", header = ["jobs"] }
parser = "delimited"
measures = [{ indicator = "jobs", when = { what = "Jobs" }, scale = 1000.0, maturity_when = MATURITY }]
period = { label = "date", form = "calendar_year" }
symbols = { "!" = "suppressed", "c" = "suppressed", "z" = "not_applicable", "" = "not_available" }
conf_symbols = { "*" = "unreliable" }
flag_symbols = { "p" = "unreliable", "A" = "ok" }
ignore = [{ label = "area", pattern = "Total.*", reason = "a total of the copier" }]
[layouts.main.dimensions]
area = { label = "area", map = { Burnley = "E07000117", Pendle = "E07000122" } }
[layouts.main.dimensions.industry]
label = "kind|code"
rules = [
  { pattern = "sic\\\\|(.*)", by = "const", value = "C" },
  { pattern = "all\\\\|.*", by = "const", value = "_T" },
]
""".replace("MATURITY", '{ "date~2030" = "projected_by_publisher" }')
NO_CODES = CodeBook(CODES.arrow_schema().empty_table())
LABELS = ("what", "date", "area", "kind", "code")


def cells(rows: list[tuple[str | None, str | None, str | None, dict[str, str]]]) -> pa.Table:
    """Rows of (text, conf, flag, labels that differ from a good cell)."""
    good = {"what": "Jobs", "date": "2020", "area": "Burnley", "kind": "all", "code": "x"}
    return pa.table(
        {
            "ordinal": pa.array(range(len(rows)), pa.int64()),
            "sheet": pa.array(["Data"] * len(rows), pa.string()),
            "row": pa.array([i + 9 for i in range(len(rows))], pa.int32()),
            "column": pa.array(["B"] * len(rows)),
            "text": pa.array([r[0] for r in rows], pa.string()),
            "conf_text": pa.array([r[1] for r in rows], pa.string()),
            "flag_text": pa.array([r[2] for r in rows], pa.string()),
            **{name: pa.array([{**good, **r[3]}[name] for r in rows]) for name in LABELS},
        }
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_declarations(tmp_path_factory.mktemp("house"), {"ons/jobs": SOURCE})


def staged(house: Path, rows: list) -> tuple[Account, list[dict], list[dict], UnknownCode | None]:
    source = load(house).sources["ons/jobs"]
    snapshot = Snapshot(
        "ons/jobs",
        "main",
        "2020",
        "",
        "jobs.csv",
        "ab" * 32,
        1,
        date(2021, 1, 1),
        "test",
        "landed",
        "OGL-3.0",
        "OGL v3.0",
    )
    write_parquet(cells(rows), house / "cells.parquet")
    error, account = None, None
    out, refused = house / "observations.parquet", house / "quarantine.parquet"
    try:
        account = stage(snapshot, source, source.layouts["main"], house / "cells.parquet", NO_CODES, out, refused)
    except UnknownCode as caught:
        error = caught
    table = OBSERVATIONS.conform(read_parquet(out))
    return account, table.to_pylist(), read_parquet(refused).to_pylist(), error  # type: ignore[return-value]


def test_a_number_is_scaled_and_keeps_its_interval(house: Path) -> None:
    account, rows, _, _ = staged(house, [("12.5", "1.5", None, {})])
    assert account == Account(1, 1, 0, 0, {})
    row = rows[0]
    assert (row["value"], row["ci_half_width"], row["status"]) == (12500.0, 1500.0, "ok")
    assert (row["area_code"], row["period_start"], row["period_end"]) == (
        "E07000117",
        date(2020, 1, 1),
        date(2020, 12, 31),
    )
    assert (row["industry"], row["sex"], row["maturity"]) == ("_T", "_T", "final")
    assert row["obs_key"] == (int("abababab", 16) >> 1) * 2**32


def test_a_comma_between_thousands_is_read_only_where_it_is_declared(house: Path, tmp_path: Path) -> None:
    rows = [("1,234,567.5", None, None, {}), ("-1,000", None, None, {}), ("12", None, None, {})]
    assert staged(house, rows)[3] is not None
    comma = write_declarations(tmp_path, {"ons/jobs": SOURCE.replace("symbols =", 'thousands = ","\nsymbols =', 1)})
    assert [row["value"] for row in staged(comma, rows)[1]] == [1234567500.0, -1000000.0, 12000.0]
    assert staged(comma, [("1,23", None, None, {})])[3] is not None


def test_a_label_that_is_itself_the_code_is_kept_where_its_form_is_declared(tmp_path: Path) -> None:
    text = """detail = { label = "code", rules = [{ pattern = "E05[0-9]+", by = "text" }] }
[layouts.main.dimensions.industry]"""
    wards = write_declarations(tmp_path, {"ons/jobs": SOURCE.replace("[layouts.main.dimensions.industry]", text)})
    assert staged(wards, [("1", None, None, {"code": "E05001643"})])[1][0]["detail"] == "E05001643"
    assert staged(wards, [("1", None, None, {"code": "Burnley"})])[3] is not None


def test_a_symbol_is_no_number_and_keeps_its_reason(house: Path) -> None:
    account, rows, _, _ = staged(
        house, [("!", None, None, {}), ("z", None, None, {}), (None, None, None, {}), ("0", None, None, {})]
    )
    assert [(r["value"], r["status"]) for r in rows] == [
        (None, "suppressed"), (None, "not_applicable"), (None, "not_available"), (0.0, "ok")
    ]  # fmt: skip
    assert (account.observed, account.missing) == (1, 3)


def test_an_unreliable_interval_keeps_the_value_and_says_so(house: Path) -> None:
    _, rows, _, _ = staged(house, [("5", "*", None, {}), ("6", None, "p", {}), ("7", "*", "A", {})])
    assert [(r["value"], r["ci_half_width"], r["status"]) for r in rows] == [
        (5000.0, None, "unreliable"), (6000.0, None, "unreliable"), (7000.0, None, "unreliable")
    ]  # fmt: skip


def test_labels_may_be_joined_and_decide_the_maturity(house: Path) -> None:
    _, rows, _, _ = staged(house, [("1", None, None, {"kind": "sic", "date": "2030"})])
    assert (rows[0]["industry"], rows[0]["maturity"]) == ("C", "projected_by_publisher")


def test_what_is_ignored_is_counted_with_its_reason(house: Path) -> None:
    account, rows, refused, error = staged(house, [("1", None, None, {}), ("?", None, None, {"area": "Total of both"})])
    assert (len(rows), refused, error) == (1, [], None)
    assert account.ignored == {"a total of the copier": 1} and account.balanced


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("low", None, None, {}), "unknown_symbol"),
        (("NaN", None, None, {}), "unknown_symbol"),
        (("Inf", None, None, {}), "unknown_symbol"),
        (("1,250", None, None, {}), "unknown_symbol"),
        (("1", "?", None, {}), "unknown_conf"),
        (("1", None, "?", {}), "unknown_flag"),
        (("1", None, None, {"area": "Wyre Forest"}), "unknown_area"),
        (("1", None, None, {"date": "20"}), "unknown_period"),
        (("1", None, None, {"what": "People"}), "no_measure"),
        (("1", None, None, {"kind": "soc"}), "unknown_industry"),
    ],
)
def test_what_no_declaration_knows_stops_the_source_and_is_quarantined(house: Path, row: tuple, rule: str) -> None:
    _, rows, refused, error = staged(house, [("1", None, None, {}), row])
    assert len(rows) == 1, "the good cell is still there"
    assert [r["rule"] for r in refused] == [rule]
    assert refused[0]["place"] == "Data!B10" and refused[0]["text"] == row[0]
    assert (
        error is not None
        and rule in str(error)
        and "jobs.csv, Data!B10" in str(error)
        and "ons/jobs.toml" in str(error)
    )


def test_a_column_that_the_declaration_reads_and_the_file_lacks_is_named(house: Path) -> None:
    source = load(house).sources["ons/jobs"]
    write_parquet(cells([("1", None, None, {})]).drop_columns(["area"]), house / "c.parquet")
    snapshot = Snapshot("ons/jobs", "main", "1", "", "jobs.csv", "ab" * 32, 1, date(2021, 1, 1), "", "landed", "", "")
    with pytest.raises(UnknownCode, match="no column 'area'"):
        stage(snapshot, source, source.layouts["main"], house / "c.parquet", NO_CODES, house / "o", house / "q")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "2.5", "-3", "!", "z", "", None, "low", "1e3"]),
            st.sampled_from([None, "0.5", "*"]),
            st.just(None),
            st.fixed_dictionaries({"area": st.sampled_from(["Burnley", "Pendle", "Total"])}),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_cell_is_accounted_for_once(house: Path, rows: list) -> None:
    account, observed, refused, error = staged(house, rows)
    ignored = sum(r[3]["area"] == "Total" for r in rows)
    assert len(observed) + len(refused) + ignored == len(rows)
    if error is None:
        assert account.balanced
        assert all(
            (r["value"] is None) == (r["status"] in ("suppressed", "not_applicable", "not_available")) for r in observed
        )
