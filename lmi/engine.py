"""The one door to DuckDB, and Parquet in and out with the same bytes for the same rows.

Owns: opening connections (limits, no extensions, no network), the sandbox for a person's own SQL, atomic
file replacement, Parquet files, content digests. Never: knows what a table means, reads the clock.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import itertools
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.contract import literal, quoted
from lmi.errors import LmiError, StoreError

Connection = duckdb.DuckDBPyConnection
DatabaseError = duckdb.Error
#: What the machine may mend: a full or failing disk, or too little memory. Any other is a fault of SQL or of rows.
MACHINE_ERRORS = (duckdb.IOException, duckdb.OutOfMemoryException)
#: Rows of one Parquet row group: fixed, so that the same rows make the same file on any machine.
ROW_GROUP_ROWS = 10**5
_OBJECTS_BETWEEN = 50_000  # new objects between two looks for circles
_M_ARENA_MAX = -8  # the number of the option in malloc.h
_COUNT = itertools.count()  # of the names under which Arrow tables were held


def connect(
    path: Path | str | None = None,
    *,
    read_only: bool = False,
    memory_limit_mb: int | None = None,
    threads: int | None = None,
    preserve_insertion_order: bool = True,
) -> Connection:
    """Return a connection to the database file `path`, or to a new database in memory.

    No extension is ever fetched and no Python variable is ever read as a table. A read-only connection can reach no
    file but `path`. Within a process every read-only connection to one file must name the same limits, since DuckDB
    shares the database behind them. Raises StoreError when the file is missing, locked by a writer or unreadable.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
        "preserve_insertion_order": str(preserve_insertion_order).lower(),
        "allocator_bulk_deallocation_flush_threshold": "16MB",
        "allocator_flush_threshold": "128MB",  # a large query's memory is given back, else it stands beside the next one's
    }
    if memory_limit_mb is not None:
        config["memory_limit"] = f"{memory_limit_mb}MB"
    if threads is not None:
        config["threads"] = str(threads)
    if read_only:
        # Spilling writes files, which a reader must not do: a query that needs it fails with a memory error instead.
        config |= {"enable_external_access": "false", "temp_directory": ""}
    elif path is None:
        config["temp_directory"] = tempfile.gettempdir()  # the default is a folder in whatever directory we stand in
    if read_only and not (path and Path(path).is_file()):
        raise StoreError(
            "there is no database file to read.", place=str(path), do="build and publish first: lmi refresh."
        )
    try:
        con = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config)
        con.execute("set enable_progress_bar = false")  # progress is told step by step, by those who know the steps
        return con
    except duckdb.Error as error:
        raise _unopenable(path, error) from error


def sandboxed(path: Path | str, *, memory_limit_mb: int | None = None, threads: int | None = None) -> Connection:
    """Return a connection that can read the database `path` and nothing else, for SQL that a person types; see `query`.

    Each sandbox is a database of its own with the file attached, so that any number with any limits can be open at
    once, beside readers. Its settings are locked. Raises StoreError as `connect` does.
    """
    if not Path(path).is_file():
        raise StoreError(
            "there is no database file to read.", place=str(path), do="build and publish first: lmi refresh."
        )
    con = connect(memory_limit_mb=memory_limit_mb, threads=threads)
    try:
        con.execute(f"attach {literal(str(path))} as build (read_only)")
        for setting in ("temp_directory = ''", "enable_external_access = false", "lock_configuration = true"):
            con.execute(f"set {setting}")
        con.execute("use build")
    except duckdb.Error as error:
        con.close()
        raise _unopenable(path, error) from error
    return con


def query(
    con: Connection,
    sql: str,
    parameters: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    timeout_seconds: float | None = None,
) -> pa.Table:
    """Return the rows of one `select` (or `explain`, `describe`, `show`) as an Arrow table.

    Anything else is refused before it runs: no attach, copy, create, insert, install, load, pragma, set, export.
    Raises LmiError with DuckDB's own words when the statement is refused, fails or runs past `timeout_seconds`.
    """
    try:
        kinds = [statement.type.name for statement in con.extract_statements(sql)]
    except duckdb.Error as error:
        raise LmiError("the query cannot be read.", found=str(error), do="mend the SQL.") from error
    if len(kinds) != 1 or kinds[0] not in ("SELECT", "EXPLAIN"):
        raise LmiError(
            "the query is refused.",
            expected="one select statement",
            found=", ".join(kinds).lower() or "nothing",
            do="ask with select; marts are read-only. To keep rows, use lmi export.",
        )
    timer = threading.Timer(timeout_seconds, con.interrupt) if timeout_seconds is not None else None
    if timer:
        timer.start()
    try:
        return fetch(con, sql, parameters)
    except duckdb.InterruptException as error:
        raise LmiError(f"the query ran past {timeout_seconds} seconds and was stopped.", do="ask for less.") from error
    except duckdb.Error as error:
        raise LmiError("the query failed.", found=str(error), do="mend the SQL; lmi describe lists columns.") from error
    finally:
        if timer:
            timer.cancel()


def fetch(con: Connection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> pa.Table:
    """Return every row of our own `sql` as an Arrow table. Raises DatabaseError."""
    return con.execute(sql, parameters).to_arrow_table() if parameters else con.execute(sql).to_arrow_table()


def load_table(con: Connection, name: str, table: pa.Table) -> None:
    """Append the rows of `table` to the existing table `name`, by column name."""
    with registered(con, table) as view:
        columns = ", ".join(quoted(c) for c in table.column_names)
        con.execute(f"insert into {quoted(name)} ({columns}) select {columns} from {view}")


@contextmanager
def registered(con: Connection, table: pa.Table) -> Iterator[str]:
    """Hold `table` under a temporary name that SQL on `con` can read, and yield that name quoted."""
    name = f"arrow_table_{next(_COUNT)}"
    con.register(name, table)
    try:
        yield quoted(name)
    finally:
        con.unregister(name)


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what is written there replaces `path` in one step, or not at all.

    A durable file is flushed to the disk first, so that it outlives a power cut. What can be made again need not be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        if durable:
            _sync(part)
        os.replace(part, path)
        if durable:
            _sync(path.parent)
    except OSError as error:
        raise StoreError(
            "the file cannot be written.", place=str(path), found=str(error), do="free disk space or grant the right."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def share(path: Path, out: Path) -> None:
    """Make `out` the same file as `path`, without a second copy where the disk allows it; neither is ever written again."""
    with replacing(out, durable=False) as part:
        try:
            os.link(path, part)
        except OSError:
            shutil.copyfile(path, part)


def parquet_writer(path: Path, schema: pa.Schema, key: str = "", *, store_schema: bool = True) -> pq.ParquetWriter:
    """Return a writer of a long table: `key` is a rising whole number, other columns repeat themselves or are fractions.

    Keys are written as differences, fractions byte by byte, everything else once a distinct value, with the least and
    greatest of keys only: half the size and a third of the time of the library's own choice. Without `store_schema`
    dictionary columns read back as plain text.
    """
    fractions = [f.name for f in schema if pa.types.is_floating(f.type)]
    keys = [key] if key else []
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        store_schema=store_schema,
        use_dictionary=[f.name for f in schema if f.name not in (*fractions, *keys)],
        column_encoding=dict.fromkeys(fractions, "BYTE_STREAM_SPLIT") | dict.fromkeys(keys, "DELTA_BINARY_PACKED"),
        write_statistics=keys,
    )


def write_parquet(table: pa.Table, path: Path, *, sort_by: Sequence[str] = (), key: str = "") -> None:
    """Write `table` to `path`, sorted on `sort_by` (nulls last), zstd, fixed row groups, atomically.

    With `key`, a rising whole number, it is written as `parquet_writer` writes a long table.
    """
    if sort_by:
        table = table.sort_by([(name, "ascending") for name in sort_by])
    with replacing(path, durable=False) as part:
        if not key:
            pq.write_table(table, part, compression="zstd", row_group_size=ROW_GROUP_ROWS)
            return
        with parquet_writer(part, table.schema, key) as writer:
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)


def write_query(con: Connection, sql: str | Iterable[str], path: Path, row_group_rows: int = ROW_GROUP_ROWS) -> int:
    """Write the rows of `sql`, which must state its order, to `path` without holding them all; return their number.

    Of several queries the rows follow one another, so that a long table is sorted piece by piece. A table of hundreds
    of columns wants groups of fewer rows, since a group is held whole.
    """
    written = 0
    waiting: list[pa.RecordBatch] = []
    with ExitStack() as stack:
        part = stack.enter_context(replacing(path, durable=False))
        writer: pq.ParquetWriter | None = None
        for query in [sql] if isinstance(sql, str) else sql:
            reader = con.execute(query).to_arrow_reader(row_group_rows)
            writer = writer or stack.enter_context(pq.ParquetWriter(part, reader.schema, compression="zstd"))
            for batch in _batches(reader):
                waiting.append(batch)
                written += batch.num_rows
                # The reader cuts where it likes; row groups are cut here so that they do not depend on it.
                while sum(b.num_rows for b in waiting) >= row_group_rows:
                    held = pa.Table.from_batches(waiting, writer.schema)
                    writer.write_table(held.slice(0, row_group_rows), row_group_size=row_group_rows)
                    waiting = held.slice(row_group_rows).to_batches()
        if writer is not None and (waiting or not written):
            writer.write_table(pa.Table.from_batches(waiting, writer.schema), row_group_size=row_group_rows)
    return written


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield batches; what DuckDB cannot read comes through Arrow as a fault of a file, and is told as DuckDB's again."""
    try:
        yield from reader
    except (OSError, pa.ArrowException) as error:
        raise DatabaseError(str(error)) from error


def read_parquet(path: Path, columns: Sequence[str] | None = None, filters: Any = None) -> pa.Table:
    """Return the rows of a Parquet file. Raises StoreError when it is missing or damaged."""
    try:
        return pq.read_table(path, columns=list(columns) if columns is not None else None, filters=filters)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            "the Parquet file cannot be read.", place=str(path), found=str(error), do="delete it and run lmi refresh."
        ) from error


def release_memory() -> None:
    """Give memory that is free but still held back to the system, where its allocator can (the GNU one)."""
    trim = _allocator("malloc_trim")
    if trim is not None:
        trim(0)


@contextmanager
def few_collections() -> Iterator[None]:
    """Let Python look for circles of forgotten objects seldom, and not at all among those that are there already.

    A refresh makes a million small objects that no circle holds: looking at them again and again is a fiftieth of it.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def share_memory() -> None:
    """Let threads take from two pools of free memory instead of many that none gives back, where the allocator can."""
    set_option = _allocator("mallopt")
    if set_option is not None:
        set_option(_M_ARENA_MAX, 2)


def _allocator(function: str) -> Any:
    return getattr(ctypes.CDLL(None), function, None) if os.name == "posix" else None


def table_digest(table: pa.Table) -> str:
    """Return the sha256 (hex) of a table's content: column names, kinds, nulls and values, in row order.

    Chunking, dictionary encoding, integer width and string width do not change it; nor does the library's version.
    """
    digest = hashlib.sha256()
    for name in table.column_names:
        column = table[name]
        digest.update(f"{name}\x00{len(column)}\x00".encode())
        chunks = column.chunks
        _digest_array(digest, chunks[0] if len(chunks) == 1 else pa.concat_arrays(_plain(chunks, column.type)))
    return digest.hexdigest()


def _unopenable(path: Path | str | None, error: Exception) -> StoreError:
    return StoreError(
        "the database cannot be opened.",
        place=str(path),
        found=str(error),
        do="end the process that writes to it, or build it again with lmi refresh.",
    )


def _plain(chunks: Sequence[pa.Array], kind: pa.DataType) -> list[pa.Array]:
    """Return chunks that can be joined: dictionaries differ from chunk to chunk, so they are decoded."""
    if not chunks:
        return [pa.array([], kind.value_type if pa.types.is_dictionary(kind) else kind)]
    return [c.cast(kind.value_type) if pa.types.is_dictionary(kind) else c for c in chunks]


def _digest_array(digest: Any, values: pa.Array) -> None:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    digest.update(_bytes_of(pc.is_null(values).cast(pa.int8())))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        digest.update(b"list")
        digest.update(_bytes_of(pc.list_value_length(values).cast(pa.int64()).fill_null(0)))
        _digest_array(digest, pc.list_flatten(values))
    elif pa.types.is_floating(kind):
        digest.update(b"number")
        # Adding zero turns minus zero into zero; every NaN is made the same NaN.
        whole = pc.add(values.cast(pa.float64()).fill_null(0.0), 0.0)
        digest.update(_bytes_of(pc.if_else(pc.is_nan(whole), float("nan"), whole)))
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        digest.update(b"integer" if pa.types.is_integer(kind) else b"boolean" if pa.types.is_boolean(kind) else b"null")
        digest.update(_bytes_of(values.cast(pa.int64()).fill_null(0)))
    elif pa.types.is_date(kind):
        digest.update(b"date")
        digest.update(_bytes_of(values.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()).fill_null(0)))
    elif pa.types.is_timestamp(kind):
        digest.update(b"timestamp")
        digest.update(_bytes_of(values.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).fill_null(0)))
    else:
        digest.update(b"text")
        coded = values.cast(pa.large_string()).dictionary_encode()  # values in order of first appearance
        digest.update(_bytes_of(coded.indices.cast(pa.int64()).fill_null(-1)))
        words = pa.concat_arrays([coded.dictionary])
        digest.update(_bytes_of(pc.call_function("binary_length", [words]).cast(pa.int64())))
        offsets = _bytes_of(
            pa.Array.from_buffers(pa.int64(), len(words) + 1, [None, words.buffers()[1]], 0, words.offset)
        )
        first, last = (int.from_bytes(end, sys.byteorder) for end in (offsets[:8], offsets[-8:]))
        digest.update(memoryview(words.buffers()[2] or b"")[first:last])


def _bytes_of(values: pa.Array) -> memoryview:
    """Return the value buffer of a fixed-width array without nulls, cut to its slice."""
    width = values.type.bit_width // 8
    buffer = values.buffers()[1]
    if buffer is None or not len(values):
        return memoryview(b"")
    return memoryview(buffer)[values.offset * width : (values.offset + len(values)) * width]


def _sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to the disk; a folder cannot be opened on Windows and needs none there."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
