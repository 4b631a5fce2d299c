"""The marks by which a workbook is known: texts that stand in it, and cells that hold nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lmi.raw.probe import Probe
from lmi.raw.recognise import misses
from lmi.registry import Recognise
from tests.parsers.workbooks import write_workbook

MARKS = Recognise(format="workbook", cells={"Data!A1": "^survey$"}, empty=("Data!C1",))


@pytest.mark.parametrize(
    ("row", "missed"),
    [
        (["survey", "age"], []),
        (["survey", "age", ""], []),
        (["survey", "age", "occupation"], ["nothing in cell Data!C1"]),
        (["census", "age"], ["cell Data!A1 like '^survey$'"]),
    ],
)
def test_a_workbook_that_goes_on_where_another_ends_is_another(
    row: list[str], missed: list[str], tmp_path: Path
) -> None:
    assert misses(Probe(write_workbook(tmp_path / "w.xlsx", {"Data": [row]})), MARKS) == missed


@pytest.mark.parametrize(
    ("body", "missed"),
    [
        ({"ons": {"area": {"label": "E07000117"}}}, []),
        ({"ons": {"area": {"label": "Burnley"}}}, ["first record's ons.area.label like '^E'"]),
        ({"ons": 5}, ["first record's ons.area.label like '^E'"]),
    ],
)
def test_a_document_is_known_by_the_text_at_a_path(body: dict[str, object], missed: list[str], tmp_path: Path) -> None:
    (tmp_path / "d").write_text(json.dumps(body), encoding="utf-8")
    marks = Recognise(format="json", keys=("ons",), first={"ons.area.label": "^E"})
    assert misses(Probe(tmp_path / "d"), marks) == missed


def test_a_header_below_lines_of_prose_is_found_where_they_are_declared(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("Some words, and more\n\narea,value\nX,1\n", encoding="utf-8")
    probe = Probe(tmp_path / "d")
    assert misses(probe, Recognise(format="delimited", skip=2, header=("area", "value"))) == []
    assert misses(probe, Recognise(format="delimited", header=("area",))) == ["column 'area'"]


def test_a_map_is_known_by_the_properties_of_its_features(tmp_path: Path) -> None:
    features = [{"type": "Feature", "properties": {"LAD22CD": "E07000117"}, "geometry": None}]
    (tmp_path / "d").write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    assert misses(Probe(tmp_path / "d"), Recognise(format="json", keys=("features",), header=("LAD22CD",))) == []
