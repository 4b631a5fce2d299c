"""The database of one build: what it holds and which vintage counts.

Owns: loading the build's tables, `known` (latest vintage of each figure on the as-of date) and when its views are made.
Never: computes a figure, opens a publisher's file, decides what an indicator means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from lmi.contract import Contract, literal, quoted
from lmi.engine import Connection, DatabaseError, connect, load_table
from lmi.errors import ContractError, CoverageError
from lmi.tables import DIMENSIONS
from lmi.warehouse.moves import load_moves
from lmi.warehouse.relations import CELLS, KNOWN, RELATIONS
from lmi.warehouse.views import SeriesView

Rows: TypeAlias = pa.Table | Path | Sequence[Path] | None
_PIECE_ROWS = 2 * 122_880  # whole row groups of DuckDB, which are written once and not looked at again
#: What `known` is chosen with.
_FOR_KNOWN = ("parameters", "areas", "area_aliases")
_TEMPORARY, _HELD = "observations", "held_observations"


@dataclass(frozen=True)
class WarehouseInputs:
    """What one build is made from: Arrow tables or Parquet files in the contracts' columns; None is no row."""

    parameters: Rows
    areas: Rows
    area_aliases: Rows
    sources: Rows
    snapshots: Rows
    indicators: Rows
    observations: Rows
    cells: Rows
    codes: Rows
    area_parts: Rows = None
    area_members: Rows = None
    crosswalks: Rows = None
    sectors: Rows = None
    sector_members: Rows = None
    assumptions: Rows = None
    backtest_scores: Rows = None
    backtest_widths: Rows = None
    overrides: Rows = None
    core_measures: Rows = None
    series: Rows = None
    derivations: Rows = None
    projections: Rows = None
    sensitivity: Rows = None
    quarantine: Rows = None
    outcomes: Rows = None
    checks: Rows = None
    dimension_schemes: Rows = None
    moves: Rows = None  # left empty: made from the observations by `create`
    run_steps: Rows = None
    extra: tuple[tuple[Contract, pa.Table], ...] = ()  # tables with a contract of their own


CONTRACTS: Mapping[str, Contract] = {contract.name: contract for contract in RELATIONS}


def create(
    path: Path | None,
    inputs: WarehouseInputs,
    views: Iterable[SeriesView],
    *,
    needed: Collection[str] | None = None,
    memory_limit_mb: int | None = None,
) -> Connection:
    """Return a writable connection to the new database `path` (or one in memory) that holds `inputs` and `views`.

    With `needed`, a view of an indicator without a figure is made only when its name is among them.
    Raises ContractError when a table breaks its contract and CoverageError when the as-of date or the area is missing.
    """
    con = create_tables(path, inputs, memory_limit_mb=memory_limit_mb)
    try:
        make_known(con, inputs, views, needed=needed)
        complete(con, inputs, views, needed=needed)
    except BaseException:
        con.close()
        raise
    return con


def create_tables(
    path: Path | None,
    inputs: WarehouseInputs,
    *,
    first: Collection[str] | None = None,
    memory_limit_mb: int | None = None,
    threads: int | None = None,
) -> Connection:
    """Create the database as `create` does, without the rows of `known`, `cells` and `moves` and without views.

    With `first`, the rows of other tables are left to `complete` as well.
    """
    con = connect(path, memory_limit_mb=memory_limit_mb, threads=threads)
    try:
        con.execute("begin")  # one flush to the disk at the end instead of one a statement
        for name, contract in CONTRACTS.items():
            if name == _TEMPORARY:
                continue
            con.execute(replace(contract, key=()).ddl())
            if name != CELLS.name and _is_first(name, first):
                load(con, name, getattr(inputs, name))
        for contract, table in inputs.extra:
            con.execute(replace(contract, key=()).ddl())
            if _is_first(contract.name, first):
                _insert(con, contract, table)
        con.execute(replace(KNOWN, key=()).ddl())
        _check_parameters(con)
        con.execute("commit")
    except BaseException:
        con.close()
        raise
    return con


def make_known(
    con: Connection,
    inputs: WarehouseInputs,
    views: Iterable[SeriesView],
    *,
    needed: Collection[str] | None = None,
    first: Collection[str] | None = None,
) -> None:
    """Fill `known` in a database of `create_tables`, and make the views over it: with `first`, only those named there.

    Raises ContractError when two observations have one key.
    """
    con.execute("begin")
    _show_observations(con, inputs.observations)
    _check_key(con, CONTRACTS[_TEMPORARY])
    _load_known(con)
    con.execute("commit; begin")
    _make_views(con, views, needed, lambda name: _is_first(name, first))
    con.execute("commit")
    _hide_observations(con)


def complete(
    con: Connection,
    inputs: WarehouseInputs,
    views: Iterable[SeriesView],
    *,
    needed: Collection[str] | None = None,
    first: Collection[str] | None = None,
    known: Callable[[], object] = bool,
) -> None:
    """Make what `create_tables` and `make_known` left, through a connection of its own: `con` can serve meanwhile.

    It may begin before `known` is filled: the call `known` returns once that is so.
    Raises ContractError when a table breaks its contract.
    """
    with con.cursor() as mine:
        mine.execute("begin")
        for name in CONTRACTS:
            if name == CELLS.name or not (name == _TEMPORARY or _is_first(name, first)):
                load(mine, name, getattr(inputs, name))
        for contract, table in inputs.extra:
            if not _is_first(contract.name, first):
                _insert(mine, contract, table)
        mine.execute("commit; begin")
        _show_observations(mine, inputs.observations)
        load_moves(mine)
        mine.execute("commit")
        known()
        mine.execute("begin")
        _make_views(mine, views, needed, lambda name: not _is_first(name, first))
        mine.execute("commit")


def _is_first(name: str, first: Collection[str] | None) -> bool:
    return first is None or name in first or name in _FOR_KNOWN


def _make_views(
    con: Connection, views: Iterable[SeriesView], needed: Collection[str] | None, now: Callable[[str], bool]
) -> None:
    known = {name for (name,) in con.execute("select distinct indicator_id from known").fetchall()}
    wanted = [v for v in views if needed is None or v.indicator_id in known or v.name in needed]
    made = [view.sql() for view in wanted if now(view.name)]
    if made:
        con.execute("\n".join(made))


def _show_observations(con: Connection, rows: Rows) -> None:
    """Let the connection see the observations: a file where it lies, a table from memory.

    What no newer vintage replaces is kept as `known`, so the observations themselves are only looked at. All of them
    stay in the curated files.
    """
    contract = CONTRACTS[_TEMPORARY]
    if isinstance(rows, Path):
        shown = f"read_parquet({literal(str(rows))})"
    else:
        held = replace(contract, name=_HELD, key=())
        con.execute(held.ddl().replace("create table", "create temp table", 1))
        if rows is not None:
            _insert(con, replace(held, key=contract.key), rows)
        shown = quoted(_HELD)
    con.execute(f"create temp view {quoted(_TEMPORARY)} as select * from {shown}")


def _hide_observations(con: Connection) -> None:
    con.execute(f"drop view {quoted(_TEMPORARY)}")
    con.execute(f"drop table if exists {quoted(_HELD)}")


def _load_known(con: Connection) -> None:
    """Make `known`, in the order of its keys and piece by piece: rows are wide, and sorting them all at once would need
    the memory of the whole build."""
    con.execute(_CHOOSE)
    counted = con.execute(
        "select obs_key // 4294967296 as snapshot, min(obs_key), max(obs_key), count(*) from chosen group by 1 order by 1"
    ).fetchall()
    pieces: list[list[int]] = []
    for _, first, last, rows in counted:
        if pieces and pieces[-1][2] + rows <= _PIECE_ROWS:
            pieces[-1] = [pieces[-1][0], last, pieces[-1][2] + rows]
        else:
            pieces.append([first, last, rows])
    for first, last, _ in pieces:
        con.execute("commit; begin")  # what is not committed is held in memory
        con.execute(
            f"insert into known select {_KNOWN_COLUMNS} from observations join chosen using (obs_key) "
            f"where observations.obs_key between {first} and {last} and chosen.obs_key between {first} and {last} "
            "order by obs_key"
        )
    con.execute("commit; begin")
    con.execute("drop table chosen")


def load(con: Connection, name: str, rows: Rows) -> None:
    """Append `rows` to the build's table `name`, sorted on its key. Raises ContractError, also for a key used twice."""
    if rows is not None:
        _insert(con, replace(CONTRACTS[name], name=name), rows)


def _insert(con: Connection, contract: Contract, rows: pa.Table | Path | Sequence[Path]) -> None:
    name, columns = quoted(contract.name), ", ".join(quoted(c) for c in contract.names)
    try:
        if isinstance(rows, pa.Table):
            load_table(con, contract.name, _sorted(contract.conform(rows), contract.key))
        else:
            files = [rows] if isinstance(rows, Path) else list(rows)
            # Several files may come in any order; a single one is written in the order of its key.
            order = f" order by {', '.join(quoted(k) for k in contract.key)}" if contract.key and len(files) > 1 else ""
            if files:
                con.execute(
                    f"insert into {name} ({columns}) select {columns} from read_parquet(?){order}",
                    [[str(f) for f in files]],
                )
    except DatabaseError as error:
        raise ContractError(
            f"table {contract.name} breaks its contract.", found=str(error), do="mend the step that wrote it."
        ) from error
    _check_key(con, contract)


def _sorted(table: pa.Table, key: Sequence[str]) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in key]) if key else table


def _check_key(con: Connection, contract: Contract) -> None:
    # A primary key would build an index for each table and double the file, so uniqueness is asked once instead.
    if not contract.key:
        return
    by = ", ".join(quoted(k) for k in contract.key)
    twice = con.execute(
        f"select {by}, count(*) from {quoted(contract.name)} group by {by} having count(*) > 1 order by {by} limit 1"
    ).fetchall()
    if twice:
        raise ContractError(
            f"table {contract.name} holds two rows with one key.",
            expected=f"unique {', '.join(contract.key)}",
            found=", ".join(str(v) for v in twice[0]),
            do="mend the step that wrote it.",
        )


def _check_parameters(con: Connection) -> None:
    found = con.execute(
        """select count(*), count(areas.area_code)
           from parameters left join areas on areas.area_code = parameters.area_code and areas.kind = 'area'"""
    ).fetchall()[0]
    if found != (1, 1):
        raise CoverageError(
            "the build does not know its area.",
            expected="one row of parameters whose area_code stands in areas with kind 'area'",
            found=f"{found[0]} rows of parameters, {found[1]} of them in areas",
            do="mend the declared area or the step that lists areas.",
        )


_FIGURE = ("indicator_id", "period_start", "period_end", "period_kind", *DIMENSIONS)
_OF_OBSERVATION = ", ".join(f"observations.{name}" for name in _FIGURE)
_KNOWN_COLUMNS = ", ".join(
    "chosen.known_code as area_code" if c.name == "area_code" else f"observations.{c.name}" for c in KNOWN.columns
)
# A suppressed latest figure stays: the choice is by release, never by whether there is a value. An edition is one
# vintage of a source for one area, and where the source supersedes by edition only the newest one is seen at all.
# Most figures are printed once, so only those that two rows claim are ordered; a hash that two figures share by chance
# puts both among the claimed ones, where they are told apart by their columns. Until the last step rows are keys only:
# a wide copy of a national file would need the memory of the whole build.
_CHOOSE = f"""
create temp table chosen as
with scoped as (
    select
        observations.obs_key, observations.source_id, observations.vintage, observations.released, observations.supersede,
        area_aliases.area_code as known_code,
        area_aliases.area_code = observations.area_code as is_own_code,
        hash(area_aliases.area_code, {_OF_OBSERVATION}) as figure
    from observations
    join area_aliases on area_aliases.published_code = observations.area_code
    cross join parameters
    where observations.released <= parameters.as_of
),
editions as (
    select source_id, vintage, max(released) as edition_released
    from scoped
    where supersede = 'edition'
    group by source_id, vintage
),
newest_editions as (
    select printed.source_id, printed.known_code, printed.vintage
    from (select distinct source_id, known_code, vintage from scoped where supersede = 'edition') as printed
    join editions using (source_id, vintage)
    qualify row_number() over (
        partition by printed.source_id, printed.known_code order by editions.edition_released desc, printed.vintage desc
    ) = 1
),
seen as (
    select scoped.*
    from scoped
    left join newest_editions
        on newest_editions.source_id = scoped.source_id and newest_editions.known_code = scoped.known_code
    where scoped.supersede = 'cell' or scoped.vintage = newest_editions.vintage
),
claimed as (
    select figure from seen group by figure having count(*) > 1
)
(
    select obs_key, known_code from seen anti join claimed using (figure)
    union all
    select seen.obs_key, seen.known_code
    from seen
    semi join claimed using (figure)
    join observations using (obs_key)
    qualify row_number() over (
        partition by seen.known_code, {_OF_OBSERVATION}
        order by seen.released desc, seen.source_id, seen.vintage desc, seen.is_own_code desc, seen.obs_key desc
    ) = 1
)
"""
