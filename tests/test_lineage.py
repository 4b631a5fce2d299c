"""Citations and the walk from a mart's figure to published cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmi import lineage
from lmi.contract import Column, Contract
from lmi.engine import Connection, connect, load_table, sandboxed
from lmi.errors import CoverageError, TraceError
from lmi.marts.citations import marts_in
from lmi.warehouse import CONTRACTS
from lmi.warehouse.relations import KNOWN

GAP = Contract(
    "some_gap",
    "a mart for tests",
    (
        Column("route", "text", "id", "route"),
        Column("day", "date", "date", "day"),
        Column("year", "integer", "year", "year"),
        Column("gap", "number", "people a year", "openings less inflow, null when unknown", nullable=True),
        Column("verdict", "text", "words", "what it means"),
        Column("inputs", "bigint[]", "key[]", "series behind the row"),
    ),
    key=("route", "day", "year"),
)
DAY = date(2024, 1, 31)
#: -10 is made of -11 and an assumption; -11 and -12 share the cell 1; -12 is of another row.
ROWS: dict[str, list[dict[str, Any]]] = {
    "cells": [
        {"obs_key": 1, "snapshot_id": 0, "place": "Sheet!B7", "text": "12.5", "conf_text": "3", "flag_text": "p"},
        {"obs_key": 2, "snapshot_id": 0, "place": "Sheet!B8", "text": "low"},
    ],
    "snapshots": [
        {
            "snapshot_id": 0,
            "source_id": "survey",
            "vintage": "v1",
            "part": "",
            "file_name": "s.xlsx",
            "sha256": "ab" * 32,
            "bytes": 1,
            "released": date(2023, 1, 1),
            "released_basis": "stated",
            "origin": "landed",
            "licence": "OGL-3.0",
        }
    ],
    "sources": [
        {
            "source_id": "survey",
            "title": "The survey",
            "publisher": "ONS",
            "department": "ONS",
            "kind": "statistics",
            "licence": "OGL-3.0",
            "attribution": "Contains public sector information",
            "url": "",
            "notice": "",
        }
    ],
    "assumptions": [
        {
            "obs_key": 5,
            "assumption_id": "second_job_share",
            "value": 0.04,
            "unit": "share",
            "quality": "amber",
            "basis": "a guess",
        }
    ],
    "series": [
        {"series_key": -10, "step": "G1", "formula": "openings less inflow", "label": "gap"},
        {"series_key": -11, "step": "D7", "formula": "none below zero", "label": "openings"},
        {"series_key": -12, "step": "S3", "formula": "achievements times shares", "label": "inflow"},
    ],
    "derivations": [
        {"series_key": -10, "input_key": -11},
        {"series_key": -10, "input_key": 5},
        {"series_key": -11, "input_key": 1},
        {"series_key": -12, "input_key": 1},
        {"series_key": -12, "input_key": 2},
    ],
    "known": [],
    "indicators": [],
}


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect() as made:
        fill(made)
        yield made


def fill(con: Connection) -> None:
    for name, rows in ROWS.items():
        contract = KNOWN if name == "known" else CONTRACTS[name]
        con.execute(contract.ddl())
        columns = {c: [r.get(c) for r in rows] for c in contract.names}
        load_table(con, name, pa.table(columns, schema=contract.arrow_schema()))
    con.execute(GAP.ddl())
    con.execute(
        """insert into some_gap values ('care', date '2024-01-31', 2030, 4.5, 'shortfall likely', [-10]),
           ('care', date '2024-01-31', 2031, null, 'not assessed', [-12, 5]),
           ('digital', date '2024-01-31', 2030, 4.5, 'shortfall likely', [-10])"""
    )


KEY: dict[str, lineage.KeyValue] = {"route": "care", "day": DAY, "year": 2030}


def test_a_trace_ends_at_published_cells_and_assumptions_each_once(con: Connection) -> None:
    leaves = lineage.trace(con, "some_gap", KEY, "gap").to_pylist()
    assert [(row["key"], row["kind"]) for row in leaves] == [(1, "cell"), (5, "assumption")]
    assert leaves[0] | {"place": "Sheet!B7", "text": "12.5", "conf_text": "3", "flag_text": "p"} == leaves[0]
    assert (leaves[0]["source_title"], leaves[0]["vintage"], leaves[0]["sha256"]) == ("The survey", "v1", "ab" * 32)
    assert (leaves[1]["assumption_id"], leaves[1]["value"], leaves[1]["unit"]) == ("second_job_share", 0.04, "share")


def test_an_explanation_names_formula_steps_cells_and_licence(con: Connection) -> None:
    told = lineage.explain(con, lineage.citation("some_gap", KEY, "gap"))
    assert (told.figure.value, told.figure.unit) == (4.5, "people a year")
    assert told.figure.meaning == "openings less inflow, null when unknown"
    assert told.figure.key == (("route", "care"), ("day", DAY), ("year", 2030))
    steps = [(s["depth"], s["step"], s["series_used"], s["cells_used"]) for s in told.steps.to_pylist()]
    assert steps == [(0, "G1", 1, 1), (1, "D7", 0, 1)]
    assert told.cells["place"].to_pylist() == ["Sheet!B7"]
    assert told.assumptions["basis"].to_pylist() == ["a guess"]
    assert told.attributions == ("Contains public sector information",)


def test_a_citation_names_one_figure_and_resolves_to_it(con: Connection) -> None:
    seen = set()
    for key in (KEY, KEY | {"year": 2031}, KEY | {"route": "digital"}):
        for column in ("gap", "verdict"):
            cited = lineage.citation("some_gap", key, column)
            found = lineage.resolve(con, cited)
            assert (dict(found.key), found.column, found.citation) == (key, column, cited)
            seen.add(cited)
    assert len(seen) == 6


def test_a_citation_does_not_depend_on_the_order_of_its_key() -> None:
    assert lineage.citation("m", {"a": 1, "b": "x"}, "c") == lineage.citation("m", {"b": "x", "a": 1}, "c")


def test_a_citation_is_the_same_on_every_machine_and_in_every_build() -> None:
    # printf 'some_gap\x1fday=2024-01-31\x1froute=care\x1fyear=2030\x1fgap' | md5sum
    assert lineage.citation("some_gap", KEY, "gap") == "some_gap-a22c0e582ab2"


def test_the_view_of_citations_lists_every_figure(con: Connection) -> None:
    lineage.register_citations(con)
    rows = con.execute("select citation, key, column_name, value from dim_citation order by all").fetchall()
    assert len(rows) == 6
    assert (lineage.citation("some_gap", KEY, "gap"), "route=care, day=2024-01-31, year=2030", "gap", "4.5") in rows


texts = st.text(max_size=5).filter(lambda t: "\x00" not in t)


@settings(max_examples=40, deadline=None)
@given(texts, st.dates(), st.integers(-(2**31), 2**31 - 1))
def test_sql_and_python_write_the_same_citation(route: str, day: date, year: int) -> None:
    with connect() as con:
        con.execute(GAP.ddl())
        con.execute("insert into some_gap values (?, ?, ?, 1.0, 'x', [1])", [route, day, year])
        sql = lineage.citation_sql(GAP.key, "some_gap", "gap")
        made = con.execute(f"select {sql} from some_gap").fetchall()[0][0]
    assert made == lineage.citation("some_gap", {"route": route, "day": day, "year": year}, "gap")


@pytest.mark.parametrize(
    "cited", ["some_gap-000000000000", "no_mart-a22c0e582ab2", "nonsense", "", "'; drop table x; --"]
)
def test_an_unknown_citation_is_a_stated_failure(con: Connection, cited: str) -> None:
    with pytest.raises(TraceError, match="no figure"):
        lineage.resolve(con, cited)


def test_a_figure_that_is_not_there_is_a_stated_failure(con: Connection) -> None:
    with pytest.raises(TraceError, match="no such row"):
        lineage.trace(con, "some_gap", KEY | {"year": 1999}, "gap")
    with pytest.raises(TraceError, match="whole key"):
        lineage.trace(con, "some_gap", {"route": "care"}, "gap")
    with pytest.raises(TraceError, match="column one of gap, verdict"):
        lineage.trace(con, "some_gap", KEY, "inputs")
    with pytest.raises(CoverageError, match="no mart 'other'"):
        lineage.trace(con, "other", KEY, "gap")


def test_a_key_that_leads_nowhere_is_an_error_and_not_a_shorter_trace(con: Connection) -> None:
    con.execute("delete from cells where obs_key = 1")
    with pytest.raises(TraceError, match="neither a cell nor an assumption"):
        lineage.trace(con, "some_gap", KEY, "gap")


def test_a_trace_needs_no_right_to_write(tmp_path: Path) -> None:
    with connect(tmp_path / "build.duckdb") as con:
        fill(con)
    for opened in (connect(tmp_path / "build.duckdb", read_only=True), sandboxed(tmp_path / "build.duckdb")):
        with opened as reader:
            assert lineage.trace(reader, "some_gap", KEY, "gap")["key"].to_pylist() == [1, 5]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=40))
def test_a_walk_reaches_what_a_plain_search_reaches(pairs: list[tuple[int, int]]) -> None:
    # A series may only use what was made before it, so edges run from the higher number to the lower.
    edges = {(-max(a, b), -min(a, b) if min(a, b) > 4 else min(a, b)) for a, b in pairs if a != b and max(a, b) > 4}
    reached, waiting = set(), [-12]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.add(key)
            waiting += [used for made, used in edges if made == key]
    with connect() as con:
        con.execute(GAP.ddl())
        con.execute("insert into some_gap values ('care', date '2024-01-31', 2030, 1.0, 'x', [-12])")
        con.execute("create table derivations (series_key bigint, input_key bigint)")
        for edge in sorted(edges):
            con.execute("insert into derivations values (?, ?)", edge)
        walked = lineage._walk(con, marts_in(con)[0], KEY)
    assert sorted(walked["key"].to_pylist()) == sorted(reached)
