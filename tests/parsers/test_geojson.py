"""GeoJSON: an outline a feature, with the coordinate system that the document names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import ParseError
from lmi.raw.probe import Probe
from lmi.sources.parsers.geojson import parse

RING = [[0.5, 1.25], [2.0, 1.25], [2.0, 3.0], [0.5, 1.25]]


def feature(code: str, **changed: Any) -> dict[str, Any]:
    made = {"type": "Feature", "properties": {"CD": code, "NM": "A place", "text": 7}}
    return {**made, "geometry": {"type": "Polygon", "coordinates": [RING]}, **changed}


def document(*features: dict[str, Any]) -> dict[str, Any]:
    crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
    return {"type": "FeatureCollection", "crs": crs, "features": list(features)}


def write(path: Path, body: dict[str, Any]) -> Path:
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def test_each_feature_is_a_cell_with_its_properties_and_coordinate_system(tmp_path: Path) -> None:
    cells = parse(write(tmp_path / "map", document(feature("A"), feature("B"))), {}, "geography/places").to_pylist()
    assert [(c["ordinal"], c["row"], c["column"], c["CD"], c["crs"]) for c in cells] == [
        (0, 1, "geometry", "A", "EPSG:27700"),
        (1, 2, "geometry", "B", "EPSG:27700"),
    ]
    assert json.loads(cells[0]["text"]) == {"type": "Polygon", "coordinates": [RING]}
    assert cells[0]["text_label"] == "7"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**document(feature("A")), "crs": {}}, "crs and features"),
        (document(), "crs and features"),
        (document(feature("A"), feature("B", geometry=None)), "feature 2"),
        (document(feature("A"), feature("B", geometry={"type": "Point", "coordinates": [0, 0]})), "feature 2"),
        (document(feature("A"), feature("B", properties={"CD": "B"})), "feature 2"),
    ],
)
def test_a_document_that_is_no_map_of_areas_is_refused(body: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=told):
        parse(write(tmp_path / "map", body), {}, "geography/places")


def test_a_map_is_known_by_the_properties_of_its_features(tmp_path: Path) -> None:
    assert Probe(write(tmp_path / "map", document(feature("A")))).header == ("CD", "NM", "text")
    assert Probe(write(tmp_path / "other", {"features": 5})).header == ()
