"""Equal inputs make equal marts, byte for byte in Parquet and figure for figure in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lmi import lineage, warehouse
from lmi.engine import connect, fetch, read_parquet, table_digest
from lmi.marts import build_marts, check_marts, export_marts, mart_names, read_marts
from lmi.registry import load
from lmi.tables import DIMENSIONS, TOTAL

VIEWS = warehouse.series_views(load().indicators.values())
MARTS = read_marts()
YEARS = range(2015, 2021)
DEFINITION = (1001, 1002)  # keys of the cells that name a sector and an industry of it


def rows(name: str, given: Sequence[dict[str, Any]], backwards: bool) -> pa.Table:
    contract = warehouse.CONTRACTS[name]
    ordered = list(given)[::-1] if backwards else list(given)
    return pa.table({c: [r.get(c) for r in ordered] for c in contract.names}, schema=contract.arrow_schema())


def inputs(backwards: bool) -> warehouse.WarehouseInputs:
    day = date(2021, 1, 1)
    observations, projections, series, derivations = [], [], [], []
    for number, (year, industry) in enumerate([(y, i) for y in YEARS for i in ("10", "11")]):
        period = {"period_start": date(year, 1, 1), "period_end": date(year, 12, 31), "period_kind": "calendar_year"}
        observations.append(
            {
                "obs_key": number,
                "snapshot_id": 0,
                "indicator_id": "bres_employment",
                "area_code": "X",
                "status": "ok",
                "maturity": "final",
                "value": 100.0 / (number + 3),
                "source_id": "survey",
                "vintage": "v1",
                "released": day,
                "supersede": "cell",
                **period,
                **dict.fromkeys(DIMENSIONS, TOTAL),
                "industry": industry,
            }
        )
    for number, measure in enumerate(("jobs", "openings", "openings_people", "inflow", "gap"), start=1):
        series.append({"series_key": -number, "step": "D2", "formula": "f", "label": measure})
        derivations.append({"series_key": -number, "input_key": number})
        projections += [
            {
                "model_id": "m",
                "origin": 2020,
                "scenario": "rebased",
                "measure": measure,
                "breakdown": "route",
                "area_code": "X",
                "code": "care",
                "level": "3",
                "year": year,
                "p10": 1 / 3,
                "p50": year / 7,
                "p90": 9e9,
                "probability": 0.9,
                "base_people": 1.0,
                "quality_class": "A",
                "quality_reason": "r",
                "series_key": -number,
            }
            for year in YEARS
        ]
    assumption = {"unit": "u", "quality": "amber", "basis": "b"}
    thresholds = {
        "shortfall_probability": 0.8,
        "surplus_probability": 0.2,
        "quality_a_people": 10.0,
        "quality_b_people": 1.0,
    }
    divisions = [{"scheme": "sic2007", "code": c, "name": c, "level": "division", "obs_key": 0} for c in ("10", "11")]

    def table(name: str, *given: dict[str, Any]) -> pa.Table:
        return rows(name, given, backwards)

    return warehouse.WarehouseInputs(
        parameters=table(
            "parameters", {"area_id": "x", "area_code": "X", "as_of": date(2026, 1, 1), "base_year": 2020}
        ),
        areas=table("areas", {"area_code": "X", "area_id": "x", "name": "X", "kind": "area"}),
        area_aliases=table("area_aliases", {"published_code": "X", "area_code": "X"}),
        sources=None,
        snapshots=None,
        indicators=None,
        observations=table("observations", *observations),
        cells=table(
            "cells",
            *(
                {"obs_key": key, "snapshot_id": 0, "place": "A1", "text": "1"}
                for key in (*(o["obs_key"] for o in observations), *DEFINITION)
            ),
        ),
        codes=table("codes", *divisions),
        sectors=table(
            "sectors", {"sector_id": "s", "title": "S", "definition_status": "proxy", "obs_key": DEFINITION[0]}
        ),
        sector_members=table(
            "sector_members",
            *(
                {
                    "area_id": "x",
                    "sector_id": "s",
                    "industry": i,
                    "level": "division",
                    "weight": 1 / 3,
                    "obs_key": DEFINITION[1],
                }
                for i in ("10", "11")
            ),
        ),
        assumptions=table(
            "assumptions",
            *(
                assumption | {"obs_key": 10**6 + n, "assumption_id": k, "value": v}
                for n, (k, v) in enumerate(thresholds.items())
            ),
        ),
        series=table("series", *series),
        derivations=table("derivations", *derivations),
        projections=table("projections", *projections),
    )


def build(folder: Path, backwards: bool) -> Path:
    folder.mkdir()
    with warehouse.create(folder / "lmi.duckdb", inputs(backwards), VIEWS) as con:
        build_marts(con, MARTS)
        check_marts(con, MARTS)
    return folder / "lmi.duckdb"


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("builds")
    return build(folder / "one", False), build(folder / "two", True)


def test_two_builds_from_equal_inputs_export_the_same_bytes(builds: tuple[Path, Path]) -> None:
    exported = []
    for database in builds:
        with connect(database, read_only=True) as con:
            exported.append(export_marts(con, database.parent / "export", mart_names()))
    assert [p.name for p in exported[0]] == [f"{name}.parquet" for name in mart_names()]
    for one, two in zip(*exported, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_an_export_holds_the_rows_units_and_order_of_the_mart(builds: tuple[Path, Path]) -> None:
    with connect(builds[0], read_only=True) as con:
        (path,) = export_marts(con, builds[0].parent / "one_mart", ["sector_profile"])
        assert table_digest(read_parquet(path)) == table_digest(
            fetch(con, "from sector_profile order by area_code, sector_id, year")
        )
        assert read_parquet(path)["year"].to_pylist() == list(YEARS)


def test_every_table_and_view_of_two_builds_is_equal(builds: tuple[Path, Path]) -> None:
    digests = []
    for database in builds:
        with connect(database, read_only=True) as con:
            names = [
                n for (n,) in con.execute("select table_name from information_schema.tables order by 1").fetchall()
            ]
            digests.append({n: table_digest(fetch(con, f'select * from "{n}" order by all')) for n in names})
    assert digests[0] == digests[1]
    assert {"skills_gap", "known", "dim_citation", "bres_employment_by_division"} <= set(digests[0])


def test_every_figure_of_a_build_can_be_cited_and_traced(builds: tuple[Path, Path]) -> None:
    with connect(builds[0], read_only=True) as con:
        cited = con.execute(
            "select citation, mart, value from dim_citation where mart in ('skills_gap', 'sector_profile')"
        ).fetchall()
        assert len({c for c, _, _ in cited}) == len(cited) > 100
        for name, mart, value in cited[:: len(cited) // 10]:
            told = lineage.explain(con, name)
            assert told.figure.mart == mart
            assert (told.figure.value is None) == (value is None)
            assert told.leaves.num_rows > 0
