"""Outlines of areas: look-ups that a map can read, each in the coordinate system that its publisher names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lmi.lookups import merge_lookups
from tests.sources.conftest import DISTRICTS, Holdings, Staged

FOLDERS = ("lad_boundaries", "lep_boundaries", "lsip_boundaries")


def outlines(staged: Staged) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = {}
    for row in merge_lookups(staged.ingest.lookups)["boundaries"].to_pylist():
        made.setdefault(row["boundary_set"], []).append(row)
    return made


def test_a_map_of_two_districts_is_recognised_and_keeps_their_outlines(tmp_path: Path) -> None:
    ring = [[384000.5, 432000], [385000, 432000], [385000, 433000], [384000.5, 432000]]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"LAD22CD": code, "LAD22NM": name, "BNG_E": 384000},
        }
        for code, name in (("E07000117", "Burnley"), ("E07000122", "Pendle"))
    ]
    crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
    body = {"type": "FeatureCollection", "crs": crs, "features": features}
    file = tmp_path / "outlines"
    file.write_text(json.dumps(body), encoding="utf-8")
    staged = Staged([file], tmp_path / "data")
    (rows,) = outlines(staged).values()
    assert [(r["boundary_set"], r["area_code"], r["name"], r["crs"]) for r in rows] == [
        ("lad_2022", "E07000117", "Burnley", "EPSG:27700"),
        ("lad_2022", "E07000122", "Pendle", "EPSG:27700"),
    ]
    assert json.loads(rows[0]["geometry"]) == {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings


@pytest.mark.data
def test_every_published_area_has_one_outline_in_its_coordinate_system(published: Staged) -> None:
    found = {name: (len(rows), {r["crs"] for r in rows}) for name, rows in outlines(published).items()}
    assert found == {
        "lad_2022": (374, {"EPSG:27700"}),
        "lep_2021": (38, {"urn:ogc:def:crs:OGC:1.3:CRS84"}),
        "lsip_2023": (38, {"EPSG:27700"}),
    }


@pytest.mark.data
def test_the_fourteen_districts_and_the_area_have_outlines(published: Staged) -> None:
    sets = {name: {r["area_code"] for r in rows} for name, rows in outlines(published).items()}
    assert set(DISTRICTS) <= sets["lad_2022"]
    assert "E37000019" in sets["lep_2021"]
    assert "E69000019" in sets["lsip_2023"]


@pytest.mark.data
def test_an_outline_is_the_publishers_to_the_last_digit(published: Staged, shared_data: Path) -> None:
    document = json.loads((shared_data / "geography/lad_boundaries/lad22_buc.geojson").read_text(encoding="utf-8"))
    burnley = next(f for f in document["features"] if f["properties"]["LAD22CD"] == "E07000117")
    (row,) = [r for r in outlines(published)["lad_2022"] if r["area_code"] == "E07000117"]
    assert json.loads(row["geometry"]) == burnley["geometry"]
