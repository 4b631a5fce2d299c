"""Delimited text: wide columns, flows that are figures of two places, prose above the header, other encodings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lmi.engine import connect, fetch
from lmi.errors import ParseError
from lmi.raw.probe import Probe
from lmi.sources.cells import batches, column_names, relation
from lmi.sources.parsers.delimited import write_cells


def cells_of(text: str | bytes, options: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return the cells as staging reads them, after checking that lineage reads the same."""
    path, out = folder / "file.csv", folder / "cells.parquet"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    number = write_cells(path, options, "ons/file", out)
    read = [row for batch in batches(out, options) for row in batch.to_pylist()]
    assert number == len(read)
    with connect() as con:
        assert fetch(con, f"select * from {relation(out, options)} order by ordinal").to_pylist() == read
    assert list(read[0]) == column_names(out, options)
    return read


def test_columns_that_match_a_pattern_are_figures_in_the_order_of_the_file(tmp_path: Path) -> None:
    cells = cells_of("area,2021,2022\nX,1,2\nY,3,\n", {"values_like": r"\d{4}"}, tmp_path)
    assert [(c["ordinal"], c["row"], c["measure"], c["area"], c["text"]) for c in cells] == [
        (0, 2, "2021", "X", "1"),
        (1, 2, "2022", "X", "2"),
        (2, 3, "2021", "Y", "3"),
        (3, 3, "2022", "Y", None),
    ]


def test_a_pattern_that_no_column_matches_is_another_header(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="header is not the declared one"):
        cells_of("area,value\nX,1\n", {"values_like": r"\d{4}"}, tmp_path)


def test_a_flow_is_read_once_from_each_end_and_both_cells_stand_in_one_place(tmp_path: Path) -> None:
    options = {"values": ["Count"], "readings": ["from", "to"]}
    cells = cells_of("home,work,Count\nX,Y,5\nY,Y,7\n", options, tmp_path)
    assert [(c["ordinal"], c["row"], c["column"], c["reading"], c["text"]) for c in cells] == [
        (0, 2, "Count", "from", "5"),
        (1, 2, "Count", "to", "5"),
        (2, 3, "Count", "from", "7"),
        (3, 3, "Count", "to", "7"),
    ]


def test_prose_above_the_header_is_passed_over_and_windows_text_keeps_its_signs(tmp_path: Path) -> None:
    text = "May not add, because of rounding\n\narea,value\nKing’s Lynn,£5\n".encode("cp1252")
    cells = cells_of(text, {"values": ["value"], "skip": 2, "encoding": "cp1252"}, tmp_path)
    assert [(c["area"], c["text"]) for c in cells] == [("King’s Lynn", "£5")]
    probe = Probe(tmp_path / "file.csv")
    assert (probe.header_after(2), probe.header) == (("area", "value"), ("May not add", "because of rounding"))


def test_text_in_another_encoding_than_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="not in the declared encoding"):
        cells_of(b"area,value\nX\x81,1\n", {"values": ["value"], "encoding": "cp1252"}, tmp_path)


def test_a_table_of_hundreds_of_columns_is_read_in_groups_in_order_and_a_ragged_record_still_ends_it(
    tmp_path: Path,
) -> None:
    names = [f"c{i}" for i in range(200)]
    lines = [
        ",".join(str(row * 200 + i) for i in range(200)) for row in range(6000)
    ]  # a group holds 5,000 such records
    options = {"values": ["c199"]}
    cells = cells_of("\n".join([",".join(names), *lines]) + "\n", options, tmp_path)
    assert [(c["row"], c["c0"], c["text"]) for c in cells[::2500]] == [
        (2, "0", "199"),
        (2502, "500000", "500199"),
        (5002, "1000000", "1000199"),
    ]
    lines[5500] += ",1"
    (tmp_path / "file.csv").write_text("\n".join([",".join(names), *lines]) + "\n", encoding="utf-8")
    with pytest.raises(ParseError, match="5502"):
        write_cells(tmp_path / "file.csv", options, "ons/file", tmp_path / "again.parquet")
    assert not (tmp_path / "again.parquet").exists()
