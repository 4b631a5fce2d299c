"""From figures of the marts back to the publishers' cells, and from there to the publishers' files, text for text."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lmi.contract import literal, quoted
from lmi.engine import connect, fetch
from lmi.lineage import trace
from lmi.marts.citations import marts_in
from lmi.publish import published_build
from lmi.raw.readers import Workbook, text_of
from lmi.registry import load, repository_root
from lmi.sources.cells import relation
from lmi.sources.parsers import write_cells
from tests.pipeline.builds import Built

BASELINE = repository_root() / "data" / "raw" / "baseline"
ROWS_A_MART = 3
SEED = "2035"
#: Rows of this mart tell of our own work and stand on no published figure.
WITHOUT_INPUTS = {"runs", "data_quality"}  # of steps and refusals: what was refused is in no build


def manifests() -> list[tuple[Path, dict[str, Any]]]:
    """Return each restated file of the baseline with its papers."""
    found = [p for p in sorted(BASELINE.rglob("*.json")) if "receipts" not in p.relative_to(BASELINE).parts]
    return [(p.with_suffix(".parquet"), json.loads(p.read_text(encoding="utf-8"))) for p in found]


@pytest.fixture(scope="module")
def leaves(baseline_build: Built) -> pa.Table:
    """The published cells and assumptions behind rows drawn from every mart, each once, with the marts they are behind."""
    tables = []
    with connect(published_build(baseline_build.data / "curated").database, read_only=True) as con:
        for mart in marts_in(con):
            if mart.name in WITHOUT_INPUTS:
                continue
            keys = ", ".join(quoted(k) for k in mart.grain)
            drawn = f"md5(concat_ws('|', {literal(SEED)}, {keys}))"
            rows = con.execute(
                f"select {keys} from {mart.name} where len(inputs) > 0 order by {drawn} limit {ROWS_A_MART}"
            )
            for row in rows.fetchall():
                found = trace(con, mart.name, dict(zip(mart.grain, row, strict=True)), mart.figures[0][0])
                assert found.num_rows, (mart.name, row)
                tables.append(found.append_column("mart", pa.array([mart.name] * found.num_rows)))
    return pa.concat_tables(tables)


def test_every_mart_is_traced(baseline_build: Built, leaves: pa.Table) -> None:
    filled = {m for m, rows in baseline_build.report.marts.items() if rows} - WITHOUT_INPUTS
    assert set(leaves["mart"].to_pylist()) == filled
    assert set(leaves["kind"].to_pylist()) == {"cell", "assumption"}


def test_every_sampled_cell_says_what_the_committed_baseline_says_at_its_place(leaves: pa.Table) -> None:
    wanted = defaultdict(set)
    for leaf in cells_of(leaves, {"baseline"}):
        wanted[leaf["sha256"]].add((leaf["place"], leaf["text"], leaf["conf_text"], leaf["flag_text"]))
    assert sum(map(len, wanted.values())) > 1000 and len(wanted) > 20
    for path, papers in manifests():
        mine = wanted.pop(papers["sha256"], set())
        if mine:
            table = pq.read_table(
                path, columns=["sheet", "row", "column", "text", "conf_text", "flag_text"]
            ).to_pydict()
            columns = zip(*table.values(), strict=True)
            assert mine <= {(place_of(s, r, c), *texts) for s, r, c, *texts in columns}, path.name
    assert not wanted


def test_every_sampled_cell_of_our_own_lists_is_a_record_of_them(leaves: pa.Table) -> None:
    own, records = cells_of(leaves, {"declared"}), {}
    for name in {leaf["file_name"] for leaf in own}:
        with (repository_root() / "lmi" / name).open(newline="", encoding="utf-8") as file:
            records[name] = list(csv.reader(file))
    assert {"declared/codes.csv", "declared/backtest/scores.csv", "declared/backtest/widths.csv"} <= set(records)
    for leaf in own:
        rows = records[leaf["file_name"]]
        number, column = leaf["place"].removeprefix("record ").split(", column ")
        assert rows[int(number) - 1][rows[0].index(column)] == leaf["text"]


def test_every_sampled_assumption_is_a_declared_one(leaves: pa.Table) -> None:
    declared = tomllib.loads((repository_root() / "lmi" / "declared" / "assumptions.toml").read_text(encoding="utf-8"))
    found = {(r["assumption_id"], r["value"]) for r in leaves.to_pylist() if r["kind"] == "assumption"}
    assert len(found) > 5
    assert found <= {(said["id"], float(said["value"])) for said in declared["assumption"]}


def cells_of(leaves: pa.Table, origins: set[str]) -> list[dict[str, Any]]:
    return [r for r in leaves.to_pylist() if r["kind"] == "cell" and r["origin"] in origins]


def place_of(sheet: str | None, row: int, column: str) -> str:
    return f"record {row}, column {column}" if sheet is None else f"{sheet}!{column}{row}"


# ---------------------------------------------------------------- the publishers' own files


@pytest.fixture(scope="module")
def published(shared_data: Path, shared_method: Path) -> dict[str, Path]:
    """The publishers' file for each file of the baseline, by the digest of its bytes."""
    sizes = {papers["bytes"] for _, papers in manifests()}
    found = {}
    for path in (p for root in (shared_data, shared_method) for p in root.rglob("*")):
        if path.is_file() and path.stat().st_size in sizes:
            found[hashlib.sha256(path.read_bytes()).hexdigest()] = path
    missing = [papers["file_name"] for _, papers in manifests() if papers["sha256"] not in found]
    assert not missing
    return found


def texts_at(path: Path, places: set[str]) -> dict[str, str]:
    """Return what stands in a publisher's file at each `Sheet!A1`, or record and column; "" where nothing does.

    Records are read by other means than the pipeline's.
    """
    if not any(place.startswith("record ") for place in places):
        book = Workbook.open(path, path.name)
        parts = {place: place.rpartition("!") for place in places}
        return {place: text_of(book.grid(sheet).at(address)) for place, (sheet, _, address) in parts.items()}
    wanted = {place: place.removeprefix("record ").split(", column ") for place in places}
    if path.suffix == ".parquet":
        columns = {c: pq.read_table(path, columns=[c])[c] for c in {column for _, column in wanted.values()}}
        return {place: said(columns[c][int(number) - 2].as_py()) for place, (number, c) in wanted.items()}
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    records = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(records)]
    numbers = {int(number) for number, _ in wanted.values()}
    kept = {number: record for number, record in enumerate(records, start=2) if number in numbers}
    return {place: kept[int(number)][header.index(column)] for place, (number, column) in wanted.items()}


def said(value: object) -> str:
    return "" if value is None else str(value)


@pytest.mark.data
def test_every_sampled_cell_says_the_same_in_the_publisher_s_own_file(
    leaves: pa.Table, published: dict[str, Path]
) -> None:
    wanted = defaultdict(set)
    for leaf in cells_of(leaves, {"baseline"}):
        wanted[leaf["sha256"]].add((leaf["place"], leaf["text"]))
    for sha256, leaves_of_file in wanted.items():
        there = texts_at(published[sha256], {place for place, _ in leaves_of_file})
        differing = {place: (text, there[place]) for place, text in leaves_of_file if there[place] != (text or "")}
        assert not differing, published[sha256].name


@pytest.mark.data
@pytest.mark.parametrize(("restated", "papers"), manifests(), ids=lambda v: v.stem if isinstance(v, Path) else "")
def test_every_restated_cell_is_the_cell_of_the_publisher_s_file(
    restated: Path, papers: dict[str, Any], published: dict[str, Path], tmp_path: Path
) -> None:
    source = load().sources[papers["source_id"]]
    layout = source.layouts[papers["layout"]]
    parsed = tmp_path / "cells.parquet"
    write_cells(published[papers["sha256"]], source, layout, parsed)
    names = pq.read_schema(restated).names
    assert names[:7] == ["ordinal", "sheet", "row", "column", "text", "conf_text", "flag_text"]
    differs = " or ".join(f"b.{quoted(n)} is distinct from p.{quoted(n)}" for n in names)
    with connect() as con:
        told = fetch(
            con,
            f"""select count(*) as cells, count(distinct b.ordinal) as places, count(*) filter (where {differs}) as other
                from read_parquet({literal(str(restated))}) as b
                left join {relation(parsed, layout.options)} as p using (ordinal)""",
        ).to_pylist()[0]
    assert told == {"cells": papers["rows"], "places": papers["rows"], "other": 0}
    assert hashlib.sha256(restated.read_bytes()).hexdigest() == papers["cells_sha256"]
