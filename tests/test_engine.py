"""The engine: what a connection may do, what a digest depends on, what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmi import engine
from lmi.errors import LmiError, StoreError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a file's name.duckdb"
    with engine.connect(path) as con:
        con.execute("create table jobs as select 'A' as area, 10 as jobs union all select 'B', 20")
    return path


def test_a_sandbox_answers_a_select(database: Path) -> None:
    with engine.sandboxed(database) as con:
        assert engine.query(con, "select sum(jobs) as jobs from jobs").to_pylist() == [{"jobs": 30}]
        assert engine.query(con, "select jobs from jobs where area = ?", ["B"]).to_pylist() == [{"jobs": 20}]


@pytest.mark.parametrize(
    "sql",
    [
        "attach ':memory:' as other",
        "copy jobs to 'out.csv'",
        "copy jobs from 'in.csv'",
        "install httpfs",
        "load httpfs",
        "set threads = 1",
        "pragma enable_profiling",
        "create table t as select 1",
        "create temp table t as select 1",
        "insert into jobs values ('C', 1)",
        "update jobs set jobs = 0",
        "drop table jobs",
        "export database 'out'",
        "call enable_logging()",
        "select 1; drop table jobs",
        "checkpoint",
        "",
    ],
)
def test_a_query_that_is_no_select_is_refused(database: Path, sql: str) -> None:
    with engine.sandboxed(database) as con, pytest.raises(LmiError, match="one select statement"):
        engine.query(con, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{0}')",
        "select * from read_text('{0}')",
        "select * from '{0}'",
        "select * from read_parquet('https://example.org/a.parquet')",
        "select * from glob('/*')",
        "from sniff_csv('{0}')",
    ],
)
def test_a_select_reaches_no_file_and_no_network(database: Path, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with engine.sandboxed(database) as con, pytest.raises(LmiError, match="failed"):
        engine.query(con, sql.format(secret))


def test_settings_of_a_sandbox_are_locked(database: Path) -> None:
    with engine.sandboxed(database) as con, pytest.raises(engine.DatabaseError, match="locked"):
        con.execute("set enable_external_access = true")


def test_sandboxes_with_their_own_limits_stand_beside_each_other_and_a_reader(database: Path) -> None:
    with (
        engine.sandboxed(database) as one,
        engine.connect(database, read_only=True) as reader,
        engine.sandboxed(database, memory_limit_mb=100, threads=1) as two,
    ):
        for con in (one, two, reader):
            assert engine.query(con, "select count(*) as n from jobs").to_pylist() == [{"n": 2}]
        limit = engine.query(two, "select current_setting('memory_limit') as m").to_pylist()[0]["m"]
        assert limit == "95.3 MiB"


def test_a_sandbox_lists_the_tables_of_the_build_only(database: Path) -> None:
    with engine.sandboxed(database) as con:
        assert engine.query(con, "show tables").to_pylist() == [{"name": "jobs"}]
        assert engine.query(con, "select table_name from information_schema.tables")["table_name"].to_pylist() == [
            "jobs"
        ]


def test_a_reader_and_a_sandbox_share_one_process(database: Path) -> None:
    with engine.connect(database, read_only=True) as reader, engine.sandboxed(database) as con:
        assert engine.fetch(reader, "select count(*) as n from jobs").equals(
            engine.query(con, "select count(*) as n from jobs")
        )


def test_a_python_variable_is_not_a_table() -> None:
    jobs = pa.table({"a": [1]})
    with engine.connect() as con, pytest.raises(engine.DatabaseError, match="does not exist"):
        con.execute("select * from jobs").fetchall()
    assert jobs.num_rows == 1


def test_a_query_past_its_time_is_stopped(database: Path) -> None:
    with engine.sandboxed(database) as con, pytest.raises(LmiError, match="ran past"):
        engine.query(con, "select count(*) from range(1000000) a, range(1000000) b", timeout_seconds=0.2)


def test_a_missing_database_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nothing\.duckdb"):
        engine.connect(tmp_path / "nothing.duckdb", read_only=True)
    with pytest.raises(StoreError, match=r"nothing\.duckdb"):
        engine.sandboxed(tmp_path / "nothing.duckdb")


def test_a_damaged_database_is_a_stated_failure(tmp_path: Path) -> None:
    path = tmp_path / "damaged.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="cannot be opened"):
        engine.connect(path, read_only=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        engine.sandboxed(path)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="halfway"), engine.replacing(path) as part:
        part.write_text("new")
        raise ValueError("halfway")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["kept.txt"]


def test_rows_in_another_order_make_the_same_file(tmp_path: Path) -> None:
    rows = pa.table({"key": [3, 1, 2], "text": ["c", "a", None]})
    engine.write_parquet(rows, tmp_path / "one.parquet", sort_by=["key"])
    engine.write_parquet(rows.take([2, 0, 1]), tmp_path / "two.parquet", sort_by=["key"])
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert engine.read_parquet(tmp_path / "one.parquet")["text"].to_pylist() == ["a", None, "c"]


@pytest.mark.parametrize("rows", [0, 1, engine.ROW_GROUP_ROWS, 2 * engine.ROW_GROUP_ROWS + 1])
def test_a_query_writes_every_row_in_fixed_row_groups(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "numbers.parquet"
    with engine.connect() as con:
        assert engine.write_query(con, f"select i::bigint as i from range({rows}) r(i) order by i", path) == rows
    file = pq.ParquetFile(path)
    assert file.metadata.num_rows == rows
    groups = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
    assert all(g == engine.ROW_GROUP_ROWS for g in groups[:-1])
    assert file.read()["i"].to_pylist() == list(range(rows))


def test_a_damaged_parquet_file_is_a_stated_failure(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(StoreError, match=r"x\.parquet"):
        engine.read_parquet(tmp_path / "x.parquet")


texts = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b", "é"])), min_size=1, max_size=8)


@given(texts, st.integers(0, 8))
def test_a_digest_does_not_see_chunks_or_dictionaries(values: list[str | None], cut: int) -> None:
    whole = pa.table({"t": pa.array(values, pa.string())})
    parts = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    coded = pa.concat_tables([part for part in (whole.slice(0, cut), whole.slice(cut)) if part.num_rows])
    coded = pa.table({"t": pa.chunked_array([c.dictionary_encode() for c in coded["t"].chunks])})
    assert engine.table_digest(whole) == engine.table_digest(parts) == engine.table_digest(coded)


@given(st.lists(st.one_of(st.none(), st.floats()), max_size=6), st.lists(st.one_of(st.none(), st.floats()), max_size=6))
def test_a_digest_tells_numbers_apart(left: list[float | None], right: list[float | None]) -> None:
    one, two = (pa.table({"v": pa.array(values, pa.float64())}) for values in (left, right))
    same = [_printed(v) for v in left] == [_printed(v) for v in right]
    assert (engine.table_digest(one) == engine.table_digest(two)) == same


def _printed(value: float | None) -> str:
    return "0.0" if value == 0 else repr(value)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"a": pa.array([0, None])}, {"a": pa.array([None, 0])}),
        ({"a": pa.array([1])}, {"b": pa.array([1])}),
        ({"a": pa.array(["ab", "c"])}, {"a": pa.array(["a", "bc"])}),
        ({"a": pa.array([[1], [2]])}, {"a": pa.array([[1, 2], []])}),
        ({"a": pa.array([[1], None])}, {"a": pa.array([[1], []])}),
        ({"a": pa.array([1])}, {"a": pa.array([1.0])}),
        ({"a": pa.array([True])}, {"a": pa.array([1])}),
        ({"a": pa.array([0], pa.int32()).cast(pa.date32())}, {"a": pa.array([0])}),
    ],
)
def test_different_content_has_different_digests(one: dict[str, pa.Array], two: dict[str, pa.Array]) -> None:
    assert engine.table_digest(pa.table(one)) != engine.table_digest(pa.table(two))


def test_integer_width_does_not_change_a_digest() -> None:
    narrow, wide = pa.table({"a": pa.array([1, 2], pa.int32())}), pa.table({"a": pa.array([1, 2], pa.int64())})
    assert engine.table_digest(narrow) == engine.table_digest(wide)


def test_a_slice_has_the_digest_of_its_rows() -> None:
    table = pa.table(
        {"n": [1, 2, 3, 4], "t": ["a", "b", "c", "d"], "l": [[1], [2, 3], [], [4]], "b": [True, False, True, True]}
    )
    copied = pa.table({"n": [2, 3], "t": ["b", "c"], "l": [[2, 3], []], "b": [False, True]})
    copied = copied.cast(table.schema)
    assert engine.table_digest(table.slice(1, 2)) == engine.table_digest(copied)
