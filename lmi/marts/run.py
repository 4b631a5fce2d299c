"""Run the marts in order of dependency, and refuse one that does not keep its own contract.

Owns: the order, the checks (columns, types, grain, inputs), the export. Never: changes a mart's SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lmi.contract import quoted
from lmi.engine import Connection, DatabaseError, fetch, write_query
from lmi.errors import ContractError, CoverageError, DeclarationError, TraceError
from lmi.marts.citations import grain_of, marts_in, register_citations
from lmi.marts.parsed import Mart, Parsed

__all__ = [
    "MartBuilt",
    "MartsMade",
    "build_marts",
    "check_marts",
    "export_marts",
    "grain_of",
    "make_tables",
    "mart_names",
    "marts_without",
    "read_marts",
    "render_graph",
]


#: Marts made at the same time: most are too small for DuckDB to share among processors, and each takes memory.
_AT_ONCE = 2


@dataclass(frozen=True)
class MartBuilt:
    """A mart that was made: its name and its number of rows."""

    name: str
    rows: int


def mart_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the marts, sorted; fast, since no file is parsed."""
    return tuple(sorted(path.stem for path in (folder or Path(__file__).parent).glob("*.sql")))


def read_marts(folder: Path | None = None) -> tuple[Mart, ...]:
    """Return every mart, each after the marts that it reads. Raises DeclarationError for a bad file or a circle.

    A file that has not changed since `parsed.json` was written is not parsed again.
    """
    where = folder or Path(__file__).parent
    parsed = Parsed(where)
    marts = {name: parsed.find(where / f"{name}.sql") or _parse(where / f"{name}.sql") for name in mart_names(where)}
    order: TopologicalSorter[str] = TopologicalSorter({n: sorted(set(m.reads) & set(marts)) for n, m in marts.items()})
    try:
        return tuple(marts[name] for name in order.static_order())
    except CycleError as error:
        raise DeclarationError("marts read each other in a circle.", found=" -> ".join(error.args[1])) from error


def _parse(path: Path) -> Mart:
    from lmi.marts.parse import read_mart  # slow to import, and mostly done without

    return read_mart(path)


def render_graph(marts: Iterable[Mart]) -> str:
    """Return one line per mart: its name, then what it reads."""
    return "".join(f"{m.name} <- {', '.join(m.reads)}\n" for m in sorted(marts, key=lambda m: m.name))


@dataclass(frozen=True)
class MartsMade:
    """Marts whose tables stand in the database, each with its number of rows and the keys that it names."""

    rows: Mapping[str, int]
    keys: Mapping[str, pa.Array]


def build_marts(con: Connection, marts: Sequence[Mart], made: MartsMade | None = None) -> tuple[MartBuilt, ...]:
    """Make a table of each mart that is not `made` already, and the view of citations; return the marts.

    Raises what `make_tables` raises, and TraceError when a key that a row names leads nowhere.
    """
    made = make_tables(con, marts, made)
    _check_known(con, {mart.name: made.keys[mart.name] for mart in marts})
    register_citations(con)
    return tuple(MartBuilt(mart.name, made.rows[mart.name]) for mart in marts)


def make_tables(
    con: Connection,
    marts: Sequence[Mart],
    made: MartsMade | None = None,
    *,
    at_once: int = _AT_ONCE,
    long_first: bool = True,
    enough: Callable[[], bool] = bool,
) -> MartsMade:
    """Make a table of each mart that is not `made` already, sorted on its grain, with its comments; return all of them.

    Marts that do not read each other are made side by side, each in a transaction of its own. No further one is begun
    once `enough` says so. Nothing is asked through `con` itself, which another thread may use.
    Raises ContractError when a mart's rows do not keep its file's contract, CoverageError when a relation that it
    reads is missing, TraceError when a row's inputs are empty, unsorted or repeated.
    """
    rows, keys = (dict(made.rows), dict(made.keys)) if made else ({}, {})
    with con.cursor() as mine:
        columns = _columns_of_relations(mine)
    wanted = {mart.name: mart for mart in marts if mart.name not in rows}
    order = TopologicalSorter({m.name: sorted(set(m.reads) & set(wanted)) for m in wanted.values()})
    order.prepare()
    ready = list(order.get_ready())
    running: dict[Future[tuple[int, pa.Array]], str] = {}
    with ThreadPoolExecutor(at_once) as pool:
        while running or (ready and not enough()):
            # Long SQL is mostly long work: begun first, it is not what everything waits for in the end.
            ready.sort(key=lambda name: (len(wanted[name].sql) if long_first else -len(wanted[name].sql), name))
            while ready and len(running) < at_once and not enough():
                name = ready.pop()
                running[pool.submit(_build, con.cursor(), wanted[name], columns, {*columns, *rows})] = name
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(done)
                rows[name], keys[name] = done.result()
                order.done(name)
                ready += order.get_ready()
    return MartsMade(rows, keys)


def marts_without(marts: Sequence[Mart], relations: Collection[str]) -> tuple[Mart, ...]:
    """Return the marts that read none of `relations`, neither themselves nor through another mart, in their order."""
    reached = set(relations)
    free = []
    for mart in marts:  # each stands after those that it reads
        if reached.isdisjoint(mart.reads):
            free.append(mart)
        else:
            reached.add(mart.name)
    return tuple(free)


def _columns_of_relations(con: Connection) -> dict[str, set[str]]:
    """Return the tables and views that a mart can read, each with its columns."""
    found: dict[str, set[str]] = {}
    query = "select table_name, column_name from duckdb_columns() where not internal"
    for relation, column in con.execute(query).fetchall():
        found.setdefault(relation, set()).add(column)
    return found


def check_marts(con: Connection, marts: Sequence[Mart]) -> None:
    """Check that the database holds every mart as its file states it: the last look before a build is published."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    query = "select table_name, column_name, data_type, comment from duckdb_columns() order by table_name, column_index"
    for table, column, kind, comment in con.execute(query).fetchall():
        found.setdefault(table, []).append((column, kind, comment))
    for mart in marts:
        expected = [(c.name, _duckdb_type(mart, c.name), f"{c.unit} | {c.meaning}") for c in mart.contract.columns]
        if found.get(mart.name) != expected:
            raise ContractError(
                f"mart {mart.name} does not stand in the build as its file states it.",
                found="no such table" if mart.name not in found else "other columns, types or comments",
                do="build again.",
            )


def export_marts(con: Connection, folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Write each mart to `folder`/<mart>.parquet, in the order of its grain, and return the paths."""
    paths = []
    for mart in marts_in(con, list(names)):
        paths.append(folder / f"{mart.name}.parquet")
        by = ", ".join(quoted(column) for column in mart.grain)
        write_query(con, f"select * from {quoted(mart.name)} order by {by}", paths[-1])
    return tuple(paths)


def _build(con: Connection, mart: Mart, columns: Mapping[str, set[str]], have: Collection[str]) -> tuple[int, pa.Array]:
    """Make one mart through a connection of its own, where `have` are the relations to read; return its rows and keys."""
    missing = sorted(set(mart.reads) - set(have))
    if missing:
        raise CoverageError("the mart reads what the build lacks.", place=f"{mart.name}.sql", found=", ".join(missing))
    try:
        with con:
            con.execute("begin")
            if mart.by_year_alone:
                _check_years(con, mart, columns)
            con.execute(f"create or replace temp table made as {mart.sql}")
            _check_types(con, mart)
            cited = _check_rows(con, mart)
            con.execute(mart.contract.ddl())
            by = ", ".join(quoted(k) for k in mart.contract.key)
            con.execute(f"insert into {quoted(mart.name)} select * from made order by {by}")
            rows = con.execute("select count(*) from made").fetchall()[0][0]
            con.execute("commit")
    except DatabaseError as error:
        raise ContractError("the mart cannot be made.", place=f"{mart.name}.sql", found=str(error)) from error
    return rows, cited


def _check_years(con: Connection, mart: Mart, columns: Mapping[str, set[str]]) -> None:
    """Refuse a mart that joins by year a view with several periods to a year: each would be counted once for each other.

    A survey's years to June and to December end in one year, as twelve months do.
    """
    for view in sorted(set(mart.reads) & set(columns)):
        if not {"year", "period_kind", "period_start", "period_end"} <= columns[view]:
            continue
        found = con.execute(
            f"""select area_code, year, count(distinct (period_kind, period_start, period_end)) as periods
                from {quoted(view)} group by all having periods > 1 order by all limit 1"""
        ).fetchall()
        if found:
            area, year, periods = found[0]
            raise ContractError(
                f"the mart tells periods of {view} apart by year alone, and several end in one year.",
                place=f"{mart.name}.sql",
                found=f"{periods} periods that end in {year} for {area}",
                do="choose by period_kind and period_end, or join on them.",
            )


def _check_types(con: Connection, mart: Mart) -> None:
    types = [(name, kind) for name, kind, *_ in con.execute("describe made").fetchall()]
    expected = [(c.name, _duckdb_type(mart, c.name)) for c in mart.contract.columns]
    if types != expected:
        raise ContractError(
            "the mart's columns are not what its file states.",
            place=f"{mart.name}.sql",
            expected=str(expected),
            found=str(types),
        )


def _check_rows(con: Connection, mart: Mart) -> pa.Array:
    by = ", ".join(quoted(k) for k in mart.contract.key)
    twice = con.execute(f"select {by} from made group by {by} having count(*) > 1 order by {by} limit 1").fetchall()
    if twice:
        raise ContractError(
            "two rows of the mart have one grain.", place=f"{mart.name}.sql", found=", ".join(map(str, twice[0]))
        )
    never = [c.name for c in mart.contract.columns if not c.nullable]
    counts = con.execute(
        "select " + ", ".join(f"count({quoted(c)})" for c in never) + ", count(*) from made"
    ).fetchall()[0]
    for column in (c for c, n in zip(never, counts[:-1], strict=True) if n < counts[-1]):
        where = con.execute(f"select {by} from made where {quoted(column)} is null order by {by} limit 1").fetchall()
        raise ContractError(
            f"column {column} is null, and its meaning does not say when it may be.",
            place=f"{mart.name}.sql, row {', '.join(map(str, where[0]))}",
        )
    return _check_inputs(con, mart, by)


def _check_inputs(con: Connection, mart: Mart, by: str) -> pa.Array:
    """Check the lists of inputs where they lie flat, sorted, none twice, none empty; return each key once."""
    lists = fetch(con, "select inputs from made")["inputs"].combine_chunks()
    keys, row = pc.list_flatten(lists), pc.list_parent_indices(lists)
    same_row = pc.equal(row.slice(1), row.slice(0, max(len(row) - 1, 0)))
    rising = pc.greater(keys.slice(1), keys.slice(0, max(len(keys) - 1, 0)))
    bad = row.slice(1).filter(pc.and_not(same_row, rising)).cast(pa.uint64())
    if not mart.inputs_optional:
        bad = pa.concat_arrays([bad, pc.indices_nonzero(pc.equal(pc.list_value_length(lists), 0))])
    if len(bad):
        where = con.execute(f"select {by} from made order by rowid limit 1 offset {bad[0].as_py()}").fetchall()
        raise TraceError(
            "a row's inputs are empty, unsorted or repeated.",
            place=f"{mart.name}.sql",
            found=", ".join(map(str, where[0])),
            do="keep the keys of what the row was made from.",
        )
    return pc.unique(keys)


def _check_known(con: Connection, cited: Mapping[str, pa.Array]) -> None:
    """Check that every key that a mart names is a cell, an assumption or a series of the build."""
    known = fetch(
        con,
        "select obs_key as key from cells union all select obs_key from assumptions union all select series_key from series",
    )["key"].combine_chunks()
    everything = pc.unique(pa.chunked_array(list(cited.values()), pa.int64()))
    lost = everything.filter(pc.invert(pc.is_in(everything, value_set=known)))
    for mart, keys in cited.items():
        mine = keys.filter(pc.is_in(keys, value_set=lost)) if len(lost) else keys.slice(len(keys))
        if len(mine):
            raise TraceError(
                "an input is no cell, assumption or series.",
                place=f"{mart}.sql",
                found=str(pc.min(mine).as_py()),
                do="keep the keys of what the row was made from.",
            )


def _duckdb_type(mart: Mart, column: str) -> str:
    kinds = {"text": "VARCHAR", "integer": "INTEGER", "number": "DOUBLE", "bigint[]": "BIGINT[]"}
    kind = next(c.type for c in mart.contract.columns if c.name == column)
    return kinds.get(kind, kind.upper())
