"""Exported marts hold what the build holds, and their metadata is true of them."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lmi.errors import LmiError, StoreError
from lmi.marts.run import mart_names
from lmi.pipeline.export import export
from tests.pipeline.builds import Built

#: One mart with nulls and lists, one with texts that need quoting, one with booleans or dates.
SOME = ("dim_source", "freshness", "skills_gap")


@pytest.fixture(scope="module")
def exported(baseline_build: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every mart as CSV."""
    out = tmp_path_factory.mktemp("export")
    paths = export(baseline_build.data, out, "csv")
    assert {p.name for p in paths} == {f"{name}.csv" for name in mart_names()} | {"datapackage.json", "csvw.json"}
    return out


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


@pytest.mark.parametrize("mart", SOME)
def test_a_csv_file_holds_every_row_and_every_digit_of_its_mart(
    exported: Path, baseline_build: Built, mart: str
) -> None:
    rows = read(exported / f"{mart}.csv")
    stored = baseline_build.ask(f"select * exclude (inputs) from {mart}")
    numbers = {i for i, v in enumerate(stored[0]) if isinstance(v, float)}
    found = {tuple(row.values()) for row in rows}
    assert len(rows) == len(stored) == baseline_build.report.marts[mart]
    for row in stored:
        wanted = tuple(as_text(value) for value in row)
        assert wanted in found or any(
            all(
                float(a) == float(b) if i in numbers and a and b else a == b
                for i, (a, b) in enumerate(zip(other, wanted, strict=True))
            )
            for other in found
        ), wanted


def test_parquet_files_hold_the_marts_with_their_types(baseline_build: Built, tmp_path: Path) -> None:
    paths = export(baseline_build.data, tmp_path, "parquet", ["skills_gap"])
    assert [p.name for p in paths] == ["skills_gap.parquet", "datapackage.json"]
    table = pq.read_table(tmp_path / "skills_gap.parquet")
    gaps = "select gap_p50 from skills_gap order by area_code, route, level, year, scenario"
    assert table["gap_p50"].to_pylist() == [value for (value,) in baseline_build.ask(gaps)]
    assert str(table.schema.field("inputs").type).startswith("list<")


def test_the_data_package_says_what_each_file_is_and_by_which_bytes(exported: Path, baseline_build: Built) -> None:
    told = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))
    assert told["licenses"][0]["name"] == "OGL-UK-3.0"
    assert any("Annual Population Survey" in words for words in told["attributions"])
    for resource in told["resources"]:
        content = (exported / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)
        fields = resource["schema"]["fields"]
        assert [f["name"] for f in fields] == content.splitlines()[0].decode().replace('"', "").split(",")
        assert all(f["description"] and f["unit"] for f in fields)
    gap = next(r for r in told["resources"] if r["name"] == "skills_gap")
    assert gap["schema"]["primaryKey"] == ["area_code", "route", "level", "year", "scenario"]
    assert next(f for f in gap["schema"]["fields"] if f["name"] == "gap_p50")["unit"] == "people a year"


def test_csvw_names_the_columns_of_each_file_in_order_and_which_may_be_empty(exported: Path) -> None:
    told = json.loads((exported / "csvw.json").read_text(encoding="utf-8"))
    assert {t["url"] for t in told["tables"]} == {f"{name}.csv" for name in mart_names()}
    for table in told["tables"]:
        rows = read(exported / table["url"])
        columns = table["tableSchema"]["columns"]
        assert [c["name"] for c in columns] == list(rows[0])
        assert (
            "inputs" not in rows[0] and max(len(v) for r in rows for v in r.values()) < 32_767
        )  # a spreadsheet's cell
        # An empty text and a missing value are the same in CSV, so only other types can be held to it.
        required = [c["name"] for c in columns if c.get("required") and c["datatype"] != "string"]
        assert all(row[name] for row in rows for name in required)


def test_frictionless_finds_every_exported_file_valid(exported: Path) -> None:
    frictionless = pytest.importorskip("frictionless", reason="a development dependency: pip install frictionless")
    report = frictionless.validate(str(exported / "datapackage.json"))
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "message"])[:5]
    assert len(report.tasks) == len(mart_names())


def test_an_unknown_mart_or_form_is_named_and_nothing_is_written(baseline_build: Built, tmp_path: Path) -> None:
    with pytest.raises(LmiError, match=r"skills_gaps.*lmi marts"):
        export(baseline_build.data, tmp_path / "out", "csv", ["skills_gaps"])
    with pytest.raises(LmiError, match=r"'xlsx'.*parquet, csv"):
        export(baseline_build.data, tmp_path / "out", "xlsx")
    with pytest.raises(StoreError, match="nothing is published"):
        export(tmp_path, tmp_path / "out", "csv")
    assert not (tmp_path / "out").exists()
