"""What a mart's file must be: its own contract, portable, and free of any area, year or sector."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from lmi.engine import Connection, connect
from lmi.errors import ContractError, CoverageError, DeclarationError, TraceError
from lmi.marts import build_marts, check_marts, make_tables, marts_without, read_marts, render_graph
from lmi.marts.parse import read_mart, to_spark
from lmi.marts.parsed import Mart
from lmi.registry import load
from lmi.warehouse import CONTRACTS, series_views

MARTS = read_marts()
SNAPSHOT = Path(__file__).parents[1] / "snapshots" / "graph.txt"
GOOD = """/* mart: good
   purpose: a mart for
      tests
   grain: area_code, year */
with a_thought as (
    select area_code, year, value, obs_key from jobs_view
)
select
    cast(area_code as varchar) as area_code, -- gss | area
    cast(year as integer) as year, -- year | reference year
    cast(sum(value) as double) as jobs, -- jobs | jobs, null when none is known
    list_sort(array_agg(distinct obs_key)) as inputs -- obs_key[] | cells
from a_thought
group by area_code, year
"""


def written(folder: Path, sql: str = GOOD, name: str = "good") -> Path:
    path = folder / f"{name}.sql"
    path.write_text(sql)
    return path


def test_a_mart_file_is_its_own_contract(tmp_path: Path) -> None:
    mart = read_mart(written(tmp_path))
    assert mart.contract.purpose == "a mart for tests"
    assert mart.contract.key == ("area_code", "year")
    assert mart.reads == ("jobs_view",)
    assert [(c.name, c.type, c.unit, c.nullable) for c in mart.contract.columns] == [
        ("area_code", "text", "gss", False),
        ("year", "integer", "year", False),
        ("jobs", "number", "jobs", True),
        ("inputs", "bigint[]", "obs_key[]", False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("sum(value)", "round(sum(value))", "rounding"),
        ("sum(value)", "quantile_cont(value, 0.1)", "quantiles"),
        ("sum(value)", "max(value) * 1.08", "declared assumption"),
        ("sum(value)", "any_value(value)", "which row"),
        ("sum(value)", "arg_max(value, year)", "ties"),
        ("sum(value)", "random()", "chance"),
        ("sum(value)", "no_such_function(value)", "every engine has"),
        ("cast(year as integer)", "cast(year / 10 as integer)", "fraction"),
        ("cast(year as integer)", "cast(extract(year from now()) as integer)", "every engine has"),
        ("cast(year as integer)", "cast(extract(year from current_date) as integer)", "clock"),
        ("array_agg(distinct obs_key)", "array_agg(obs_key order by obs_key)", "sort the list"),
        (
            "select area_code, year, value",
            "select area_code, year, sum(value) over (partition by year) as value",
            "order",
        ),
        ("from jobs_view", "from jobs_view limit 1", "every row"),
        ("from jobs_view", "from jobs_view using sample 10%", "every row"),
        ("from jobs_view", "from range(10)", "one engine"),
        ("from jobs_view", "from jobs_view where year = $year", "parameters"),
        ("from jobs_view", "from jobs_view where year = ?", "parameters"),
        ("from jobs_view", "from (pivot jobs_view on year using sum(value))", "pivot"),
        ("from jobs_view", "from jobs_view -- {{ area }}", "template"),
        ("with a_thought as", "with a_thought as (select 2 as b), a_thought2 as", "declared assumption"),
    ],
)
def test_sql_that_another_engine_answers_otherwise_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in GOOD
    with pytest.raises(DeclarationError, match=reason):
        read_mart(written(tmp_path, GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("mart: good", "mart: other", "name of its file"),
        ("   grain: area_code, year", "", "no grain"),
        ("cast(sum(value) as double)", "sum(value)", "no stated type"),
        (" -- jobs | jobs, null when none is known", "", "a comment"),
        ("-- jobs | jobs, null when none is known", "-- jobs", "a comment"),
        ("as inputs", "as keys", "no stated type"),
        ("group by area_code, year\n", "group by area_code, year; select 1\n", "one select"),
        ("select\n", "selec\n", "not SQL"),
        ("grain: area_code, year", "grain: area_code, month", "month"),
    ],
)
def test_a_file_that_is_no_mart_is_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in GOOD
    with pytest.raises((DeclarationError, ContractError), match=reason):
        read_mart(written(tmp_path, GOOD.replace(old, new, 1)))


def test_a_final_star_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="names its columns"):
        read_mart(written(tmp_path, "/* mart: good purpose: p grain: a */ select * from jobs_view"))


@pytest.mark.parametrize("mart", MARTS, ids=lambda m: m.name)
def test_a_mart_translates_to_spark(mart) -> None:  # type: ignore[no-untyped-def]
    assert "list_sort" not in to_spark(mart).lower()


@pytest.mark.parametrize("mart", MARTS, ids=lambda m: m.name)
def test_a_mart_names_no_area_no_year_and_no_sector(mart) -> None:  # type: ignore[no-untyped-def]
    areas = load().areas
    words = {sector.id for area in areas.values() for sector in area.sectors} | set(areas)
    code = re.sub(r"/\*.*?\*/|--[^\n]*", "", mart.sql, flags=re.DOTALL)
    assert not re.search(r"'[EWSNKTU][A-Z0-9]\d{2,7}'|\b(19|20)\d\d\b", code)
    assert not {w for w in words if w in mart.sql}


@pytest.mark.parametrize("mart", MARTS, ids=lambda m: m.name)
def test_a_mart_is_written_in_lower_case(mart) -> None:  # type: ignore[no-untyped-def]
    code = re.sub(r"/\*.*?\*/|--[^\n]*|'[^']*'", "", mart.sql, flags=re.DOTALL)
    assert code == code.lower()


@pytest.mark.parametrize("mart", MARTS, ids=lambda m: m.name)
def test_a_mart_reads_figures_through_the_series_views_only(mart) -> None:  # type: ignore[no-untyped-def]
    allowed = (
        {view.name for view in series_views(load().indicators.values())} | set(CONTRACTS) | {m.name for m in MARTS}
    )
    assert "observations" not in mart.reads
    # freshness counts the figures of each source; it quotes none.
    assert set(mart.reads) - allowed <= ({"known"} if mart.name == "freshness" else set())


def test_the_graph_of_marts_is_the_one_in_the_snapshot() -> None:
    """A change of lineage is seen in review: rewrite the snapshot with `render_graph` and commit it."""
    assert render_graph(MARTS) == SNAPSHOT.read_text(encoding="utf-8")


def test_a_mart_stands_after_what_it_reads(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, GOOD.replace("mart: good", "mart: after").replace("jobs_view", "good"), "after")
    assert [m.name for m in read_marts(tmp_path)] == ["good", "after"]


def test_marts_that_read_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("jobs_view", "after"))
    written(tmp_path, GOOD.replace("mart: good", "mart: after").replace("jobs_view", "good"), "after")
    with pytest.raises(DeclarationError, match="circle"):
        read_marts(tmp_path)


def database(rows: str):  # type: ignore[no-untyped-def]
    con = connect()
    con.execute(
        f"""create table jobs_view as select * from (values {rows}) as t(area_code, year, value, obs_key);
            create table cells as select unnest([1, 2, 10]::bigint[]) as obs_key;
            create table assumptions as select 7::bigint as obs_key;
            create table series as select -1::bigint as series_key"""
    )
    return con


def test_types_and_comments_reach_the_database(tmp_path: Path) -> None:
    marts = [read_mart(written(tmp_path))]
    with database("('A', 2020, 1.5, 1::bigint), ('A', 2020, 2.0, 2)") as con:
        assert [(m.name, m.rows) for m in build_marts(con, marts)] == [("good", 1)]
        assert con.execute("select * from good").fetchall() == [("A", 2020, 3.5, [1, 2])]
        comments = con.execute("select comment from duckdb_columns() where table_name = 'good' order by column_index")
        assert comments.fetchall()[1] == ("year | reference year",)
        assert con.execute("select comment from duckdb_tables() where table_name = 'good'").fetchall() == [
            ("a mart for tests",)
        ]
        check_marts(con, marts)
        con.execute("comment on column good.year is 'other'")
        with pytest.raises(ContractError, match="other columns, types or comments"):
            check_marts(con, marts)


#: Marts, each with what it reads; the projection is made after some of them.
CHAIN = {"one": "jobs_view", "two": "one", "three": "projected", "four": "three"}


def chain(tmp_path: Path) -> Sequence[Mart]:
    for name, read in CHAIN.items():
        sql = GOOD.replace("mart: good", f"mart: {name}").replace("from jobs_view", f"from {read}")
        if read in CHAIN:  # a mart has jobs and a list of keys where the view has a value and one key
            sql = sql.replace("value, obs_key from", "jobs as value, inputs[1] as obs_key from")
        (tmp_path / f"{name}.sql").write_text(sql)
    return read_marts(tmp_path)


def test_marts_that_read_no_projection_can_be_made_before_it(tmp_path: Path) -> None:
    marts = chain(tmp_path)
    early = marts_without(marts, ["projected"])
    assert {mart.name for mart in early} == {"one", "two"}
    with database(ONE) as con:
        made = make_tables(con, early, at_once=1, long_first=False)
        assert made.rows == {"one": 1, "two": 1}
        con.execute("create table projected as from jobs_view")
        assert [(m.name, m.rows) for m in build_marts(con, marts, made)] == [(mart.name, 1) for mart in marts]
        assert con.execute("select jobs, inputs from four").fetchall() == [(1.0, [1])]


def test_no_further_mart_is_begun_once_there_are_enough(tmp_path: Path) -> None:
    with database(ONE) as con:
        assert make_tables(con, chain(tmp_path), enough=lambda: True).rows == {}


class OnlyCursors:
    """A connection that another thread is using: a question put to it would get that thread's answer."""

    def __init__(self, con: Connection) -> None:
        self.cursor = con.cursor


def test_marts_are_made_beside_whoever_uses_the_connection(tmp_path: Path) -> None:
    marts = [mart for mart in chain(tmp_path) if mart.name in ("one", "two")]
    with database(ONE) as con:
        assert make_tables(cast("Connection", OnlyCursors(con)), marts).rows == {"one": 1, "two": 1}


KEYS = "list_sort(array_agg(distinct obs_key))"
ONE = "('A', 2020, 1.0, 1::bigint)"


@pytest.mark.parametrize(
    ("rows", "old", "new", "error", "reason"),
    [
        (
            f"{ONE}, ('A', 2020, 1.0, 2)",
            "by area_code, year",
            "by area_code, year, obs_key",
            ContractError,
            "one grain",
        ),
        ("(null, 2020, 1.0, 1::bigint)", "", "", ContractError, "area_code is null"),
        ("('A', 2020, 1.0, 9::bigint)", "", "", TraceError, "9"),
        ("('A', 2020, 1.0, null::bigint)", "", "", TraceError, "input"),
        (ONE, KEYS, "cast([] as bigint[])", TraceError, "empty"),
        (ONE, KEYS, "cast([10, 1] as bigint[])", TraceError, "unsorted"),
        (ONE, KEYS, "cast([1, 1] as bigint[])", TraceError, "repeated"),
        (ONE, KEYS, "[1]", ContractError, "not what its file states"),
        (ONE, "jobs_view", "elsewhere", CoverageError, "elsewhere"),
        (ONE, "sum(value)", "sum(missing)", ContractError, "cannot be made"),
    ],
)
def test_a_mart_that_breaks_its_contract_is_refused(  # type: ignore[no-untyped-def]
    tmp_path: Path, rows, old, new, error, reason
) -> None:
    sql = GOOD.replace(old, new) if old else GOOD
    with database(rows) as con, pytest.raises(error, match=reason):
        build_marts(con, [read_mart(written(tmp_path, sql))])


def test_a_row_may_lack_inputs_only_where_the_header_says_why(tmp_path: Path) -> None:
    sql = GOOD.replace("list_sort(array_agg(distinct obs_key))", "cast([] as bigint[])")
    sql = sql.replace("grain: area_code, year", "grain: area_code, year\n   inputs: optional, a test needs none")
    with database("('A', 2020, 1.0, 1::bigint)") as con:
        assert build_marts(con, [read_mart(written(tmp_path, sql))])[0].rows == 1


ROLLING = """create table jobs_view as select * from (values
    ('A', 2021, 1.0, 1::bigint, date '2020-07-01', date '2021-06-30', 'rolling_year'),
    ('A', 2021, 2.0, 2::bigint, date '2021-01-01', date '2021-12-31', 'rolling_year')
) as t(area_code, year, value, obs_key, period_start, period_end, period_kind)"""


def test_a_mart_that_would_count_two_periods_of_one_year_is_refused(tmp_path: Path) -> None:
    with database(ONE) as con:
        con.execute("drop table jobs_view")
        con.execute(ROLLING)
        with pytest.raises(ContractError, match=r"2 periods that end in 2021 for A.*period_kind and period_end"):
            build_marts(con, [read_mart(written(tmp_path))])


def test_a_mart_that_chooses_its_period_is_not(tmp_path: Path) -> None:
    chosen = GOOD.replace("from jobs_view", "from jobs_view where extract(month from period_end) = 10 + 1 + 1")
    with database(ONE) as con:
        con.execute("drop table jobs_view")
        con.execute(ROLLING)
        build_marts(con, [read_mart(written(tmp_path, chosen))])
        assert con.execute("select jobs from good").fetchall() == [(2.0,)]


def test_one_period_a_year_may_be_joined_by_year(tmp_path: Path) -> None:
    with database(ONE) as con:
        con.execute("drop table jobs_view")
        con.execute(ROLLING.replace("2020-07-01", "2021-01-01").replace("2021-06-30", "2021-12-31"))
        build_marts(con, [read_mart(written(tmp_path))])
        assert con.execute("select jobs from good").fetchall() == [(3.0,)]
