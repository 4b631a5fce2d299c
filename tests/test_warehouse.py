"""The build's database: which vintage a view shows, and that nothing is counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmi import warehouse
from lmi.contract import Contract
from lmi.engine import Connection, fetch, write_parquet
from lmi.errors import ContractError, CoverageError, DeclarationError
from lmi.registry import Indicator
from lmi.tables import DIMENSIONS

JOBS = Indicator(
    indicator_id="jobs",
    title="Jobs",
    unit="jobs",
    basis="workplace",
    kind="stock",
    views={
        "total": {},
        "by_division": {"industry": "sic2007:division"},
        "by_section": {"industry": "sic2007:section"},
        "by_division_and_age": {"industry": "sic2007:division", "age": "*"},
    },
)
VIEWS = warehouse.series_views([JOBS])


def rows(contract: Contract, *given_rows: dict[str, Any]) -> pa.Table:
    return contract.conform(
        pa.table({n: [r.get(n) for r in given_rows] for n in contract.names}, schema=contract.arrow_schema())
    )


def observation(key: int, value: float | None, **other: Any) -> dict[str, Any]:
    row = {
        "obs_key": key, "snapshot_id": key // 100, "indicator_id": "jobs", "area_code": "HERE",
        "period_start": date(2020, 1, 1), "period_end": date(2020, 12, 31), "period_kind": "calendar_year",
        "value": value, "status": "ok" if value is not None else "suppressed", "maturity": "final",
        "source_id": "survey", "vintage": "one", "released": date(2021, 1, 1), "supersede": "cell",
    }  # fmt: skip
    return row | dict.fromkeys(DIMENSIONS, "_T") | other


def build(
    observations: Sequence[dict[str, Any]], as_of: date = date(2026, 1, 1), path: Path | None = None, **other: Any
) -> Connection:
    tables = warehouse.CONTRACTS
    return warehouse.create(
        path,
        warehouse.WarehouseInputs(
            parameters=rows(
                tables["parameters"], {"area_id": "here", "area_code": "HERE", "as_of": as_of, "base_year": 2020}
            ),
            areas=rows(
                tables["areas"],
                {"area_code": "HERE", "area_id": "here", "name": "Here", "kind": "area"},
                {"area_code": "TOWN", "area_id": "here", "name": "Town", "kind": "district", "parent": "HERE"},
            ),
            area_aliases=rows(
                tables["area_aliases"],
                {"published_code": "HERE", "area_code": "HERE"},
                {"published_code": "SAME", "area_code": "HERE"},
                {"published_code": "TOWN", "area_code": "TOWN"},
            ),
            sources=None,
            snapshots=None,
            indicators=None,
            cells=None,
            codes=other.pop("codes", None)
            or rows(
                tables["codes"],
                {"scheme": "sic2007", "code": "C", "name": "Making", "level": "section", "obs_key": 1},
                {"scheme": "sic2007", "code": "10", "name": "Food", "level": "division", "parent": "C", "obs_key": 2},
                {"scheme": "sic2007", "code": "11", "name": "Drink", "level": "division", "parent": "C", "obs_key": 3},
            ),
            observations=rows(tables["observations"], *observations),
            **other,
        ),
        VIEWS,
    )


def shown(con: Connection, view: str, columns: str = "area_code, value") -> list[tuple[Any, ...]]:
    return con.execute(f"select {columns} from {view} order by all").fetchall()


def test_a_view_shows_the_latest_vintage() -> None:
    with build([observation(1, 10.0), observation(2, 11.0, vintage="two", released=date(2022, 1, 1))]) as con:
        assert shown(con, "jobs_total", "value, vintage") == [(11.0, "two")]


def test_a_vintage_released_after_the_as_of_date_is_not_seen() -> None:
    later = observation(2, 11.0, vintage="two", released=date(2022, 1, 1))
    with build([observation(1, 10.0), later], as_of=date(2021, 12, 31)) as con:
        assert shown(con, "jobs_total") == [("HERE", 10.0)]
    with build([observation(1, 10.0), later], as_of=date(2022, 1, 1)) as con:
        assert shown(con, "jobs_total") == [("HERE", 11.0)]


def test_a_suppressed_latest_figure_is_not_replaced_by_an_older_one() -> None:
    with build([observation(1, 10.0), observation(2, None, vintage="two", released=date(2022, 1, 1))]) as con:
        assert shown(con, "jobs_total", "value, status") == [(None, "suppressed")]


def test_by_cell_an_older_vintage_serves_what_the_newer_one_lacks() -> None:
    old_year = {"period_start": date(2019, 1, 1), "period_end": date(2019, 12, 31)}
    newer = {"vintage": "two", "released": date(2022, 1, 1)}
    with build([observation(1, 9.0, **old_year), observation(2, 10.0), observation(3, 11.0, **newer)]) as con:
        assert shown(con, "jobs_total", "year, value") == [(2019, 9.0), (2020, 11.0)]


def test_by_edition_an_older_edition_is_never_mixed_in() -> None:
    old_year = {"period_start": date(2019, 1, 1), "period_end": date(2019, 12, 31)}
    newer = {"vintage": "two", "released": date(2022, 1, 1)}
    given_rows = [observation(1, 9.0, **old_year), observation(2, 10.0), observation(3, 11.0, **newer)]
    with build([r | {"supersede": "edition"} for r in given_rows]) as con:
        assert shown(con, "jobs_total", "year, value") == [(2020, 11.0)]


def test_parts_of_one_edition_released_on_two_days_stay_together() -> None:
    town = observation(4, 4.0, area_code="SAME", industry="10", released=date(2021, 3, 1), supersede="edition")
    with build([observation(1, 9.0, supersede="edition"), town]) as con:
        assert shown(con, "jobs_total") == [("HERE", 9.0)]
        assert shown(con, "jobs_by_division") == [("HERE", 4.0)]


def test_codes_of_one_extent_are_one_area_and_its_own_code_wins() -> None:
    with build([observation(9, 10.0, area_code="SAME"), observation(1, 12.0)]) as con:
        assert shown(con, "jobs_total") == [("HERE", 12.0)]


def test_an_area_outside_the_build_is_not_shown() -> None:
    with build([observation(1, 10.0, area_code="ELSEWHERE")]) as con:
        assert shown(con, "jobs_total") == []


def test_a_view_fixes_every_other_dimension_at_its_total() -> None:
    with build(
        [observation(1, 10.0), observation(2, 4.0, sex="F"), observation(3, 3.0, industry="10", sex="F")]
    ) as con:
        assert shown(con, "jobs_total") == [("HERE", 10.0)]
        assert shown(con, "jobs_by_division") == []


def test_a_starred_dimension_shows_every_code_but_the_total() -> None:
    given_rows = [observation(1, 5.0, industry="10"), observation(2, 2.0, industry="10", age="16-24")]
    with build(given_rows) as con:
        assert shown(con, "jobs_by_division_and_age", "industry, age, value") == [("10", "16-24", 2.0)]


def test_figures_in_no_view_are_listed() -> None:
    with build([observation(1, 5.0), observation(2, 2.0, sex="F"), observation(3, 1.0, sex="M")]) as con:
        assert warehouse.rows_in_no_view(con, VIEWS).to_pylist() == [
            {"indicator_id": "jobs", "dimensions": "sex", "figures": 2, "example": 2}
        ]


codes = st.sampled_from(["_T", "C", "10", "11"])
vintages = st.sampled_from([("one", date(2021, 1, 1)), ("two", date(2022, 1, 1)), ("three", date(2022, 1, 1))])
published = st.tuples(
    codes, codes, vintages, st.sampled_from(["HERE", "SAME", "TOWN"]), st.one_of(st.none(), st.floats(0, 9))
)


@settings(max_examples=40, deadline=None)
@given(st.lists(published, max_size=12), st.sampled_from(["cell", "edition"]))
def test_no_code_in_a_view_is_anothers_ancestor_and_no_figure_stands_twice(
    given_rows: list[Any], supersede: str
) -> None:
    observations = [
        observation(
            key,
            value,
            industry=industry,
            age=age,
            vintage=vintage,
            released=released,
            area_code=area,
            supersede=supersede,
        )
        for key, (industry, age, (vintage, released), area, value) in enumerate(given_rows, start=1)
    ]
    with build(observations) as con:
        for view in VIEWS:
            free = ["area_code", "period_start", *view.levels]
            twice = f"select 1 from {view.name} group by {', '.join(free)} having count(*) > 1"
            assert con.execute(twice).fetchall() == []
            for dimension, (scheme, _) in view.levels.items():
                parents = f"""
                    with recursive above as (
                        select code, parent from codes where scheme = '{scheme}' and parent is not null
                        union select above.code, codes.parent from above join codes on codes.code = above.parent
                        where codes.parent is not null
                    )
                    select 1 from above join {view.name} as a on a.{dimension} = above.code
                    join {view.name} as b on b.{dimension} in (above.parent, '_T')"""
                assert con.execute(parents).fetchall() == []
        mixed = "select source_id, area_code from known group by all having count(distinct vintage) > 1"
        assert supersede == "cell" or con.execute(mixed).fetchall() == []


def test_the_order_of_rows_given_does_not_change_the_database() -> None:
    given_rows = [
        observation(k, float(k), industry=i, area_code=a)
        for k, (i, a) in enumerate([("10", "HERE"), ("11", "SAME"), ("10", "TOWN")])
    ]
    with build(given_rows) as one, build(given_rows[::-1]) as two:
        assert fetch(one, "select * from known").equals(fetch(two, "select * from known"))


def test_tables_come_from_parquet_too(tmp_path: Path) -> None:
    contract = warehouse.CONTRACTS["quarantine"]
    one = {
        "obs_key": 1,
        "snapshot_id": 1,
        "source_id": "survey",
        "rule": "r",
        "reason": "why",
        "place": "A1",
        "text": "x",
    }
    for name, key in (("b", 2), ("a", 1)):
        write_parquet(rows(contract, one | {"obs_key": key}), tmp_path / f"{name}.parquet")
    with build([], quarantine=[tmp_path / "b.parquet", tmp_path / "a.parquet"]) as con:
        assert con.execute("select count(*) from quarantine").fetchall() == [(2,)]


def test_unit_and_meaning_reach_the_database() -> None:
    with build([]) as con:
        assert con.execute(
            "select comment from duckdb_columns() where table_name = 'areas' and column_name = 'area_code'"
        ).fetchall() == [("gss | code under which every view shows the area",)]
        assert con.execute("select comment from duckdb_views() where view_name = 'jobs_by_division'").fetchall() == [
            ("jobs | Jobs; industry at sic2007:division",)
        ]


def test_a_key_used_twice_is_refused() -> None:
    with pytest.raises(ContractError, match="two rows with one key"):
        build([observation(1, 10.0), observation(1, 11.0)])


def test_an_area_that_is_not_listed_is_refused() -> None:
    with pytest.raises(CoverageError, match="does not know its area"):
        warehouse.create(
            None,
            warehouse.WarehouseInputs(
                parameters=rows(
                    warehouse.CONTRACTS["parameters"],
                    {"area_id": "x", "area_code": "NOWHERE", "as_of": date(2020, 1, 1), "base_year": 2020},
                ),
                **dict.fromkeys(
                    ["areas", "area_aliases", "sources", "snapshots", "indicators", "observations", "cells", "codes"]
                ),
            ),
            [],
        )


def test_a_view_with_a_badly_written_level_names_its_key() -> None:
    with pytest.raises(DeclarationError, match=r"jobs\.views\.by_age"):
        warehouse.series_views([JOBS.model_copy(update={"views": {"by_age": {"age": "band"}}})])
