"""The gap is told of the area, of districts and of sectors, and a row that may not be printed names what may be."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lmi.errors import LmiError
from lmi.pipeline.gap_answers import gap
from tests.pipeline.builds import Built


def told(built: Built, **asked: Any) -> list[dict[str, Any]]:
    words = {"route": None, "level": None, "year": 2030, "scenario": "rebased", "today": date(2026, 11, 25)} | asked
    rows: list[dict[str, Any]] = gap(built.data, **words).rows.to_pylist()
    return rows


def test_a_district_has_its_own_rows_by_name_or_code_and_all_districts_add_to_the_area(baseline_build: Built) -> None:
    by_name = told(baseline_build, district="burnley", route="care_services", level="3")
    assert by_name == told(baseline_build, district="E07000117", route="care_services", level="3")
    assert [(r["district"], r["level"], r["year"]) for r in by_name] == [("Burnley", "3", 2030)]
    assert by_name[0]["citation"].startswith("district_skills_gap-")
    every = told(baseline_build, district="all", route="care_services", level="3")
    assert len(every) == 14
    whole = told(baseline_build, route="care_services", level="3")[0]
    assert sum(r["gap"] for r in every) == pytest.approx(whole["gap"], abs=7)  # fourteen roundings of half a person


def test_a_row_that_may_not_be_printed_names_the_cell_that_may_with_that_cell_s_figure(baseline_build: Built) -> None:
    rows = told(baseline_build, district="all")
    assert {r["publish"] for r in rows if r["class"] != "C"} <= {"gap"}
    of_area = {(r["route"], r["level"]): r for r in told(baseline_build)}
    rolled = [r for r in rows if r["publish"] == "gap of Lancashire"]
    assert rolled and all(
        r["figure"] == of_area[r["route"], r["level"]]["gap"] and of_area[r["route"], r["level"]]["class"] != "C"
        for r in rolled
    )
    own = [r for r in rows if r["publish"] == "openings"]
    assert own and all(r["figure"] == r["openings"] and r["class"] == "C" for r in own)
    wider = [r for r in rows if r["publish"] == "openings of Lancashire"]
    assert wider and all(r["figure"] == of_area[r["route"], r["level"]]["openings"] for r in wider)
    levels = [r for r in rows if r["publish"] == "openings of all levels, in jobs"]
    assert levels and all(r["figure"] > r["openings"] for r in levels)
    assert all((r["figure"] is None) == (r["publish"] == "nothing") for r in rows)
    for row in of_area.values():
        assert (row["class"] == "C") == (row["publish"] != "gap")


def test_a_sector_has_rows_by_level_and_no_route(baseline_build: Built) -> None:
    rows = told(baseline_build, sector="construction")
    assert [r["level"] for r in rows] == ["2", "3", "4-5"] and {r["sector"] for r in rows} == {"Construction"}
    assert len(told(baseline_build, sector="all", level="3")) > 5
    assert all((r["figure"] is None) == (r["publish"] == "nothing") for r in rows)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ({"district": "Leeds"}, "Burnley"),
        ({"district": "all", "level": "6"}, "4-5"),
        ({"sector": "steel"}, "aerospace"),
        ({"sector": "aerospace", "route": "digital"}, "without --route"),
        ({"sector": "aerospace", "district": "Burnley"}, "without --route or --district"),
    ],
)
def test_a_word_or_a_pair_that_no_mart_knows_is_refused(
    baseline_build: Built, asked: dict[str, str], known: str
) -> None:
    with pytest.raises(LmiError) as error:
        told(baseline_build, **asked)
    assert known in str(error.value)
