"""Districts that went whole into newer ones: an older file is whole with them, and a code that was lost is still found."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lmi.geography import members_in, predecessors_of
from lmi.registry import load
from tests.pipeline.builds import Built

CUMBERLAND = ("E07000026", "E07000028", "E07000029")  # Allerdale, Carlisle, Copeland
FURNESS = ("E07000027", "E07000030", "E07000031")  # Barrow-in-Furness, Eden, South Lakeland
BEFORE = {"E06000063": CUMBERLAND, "E06000064": FURNESS}


def test_the_register_of_codes_says_which_districts_made_up_the_two_of_cumbria(baseline_build: Built) -> None:
    names = ("crosswalk_id", "from_code", "to_code", "weight")
    rows = baseline_build.ask(f"select {', '.join(names)} from crosswalks")
    moves = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    assert predecessors_of(load().area("cumbria"), moves) == BEFORE
    assert predecessors_of(load().area("lancashire"), moves) == {}


def test_a_district_that_was_divided_is_before_neither_of_its_parts() -> None:
    moves = pa.table(
        {
            "crosswalk_id": ["lad_to_current"] * 2 + ["other"],
            "from_code": ["E07000026", "E07000027", "E07000028"],
            "to_code": ["E06000063"] * 3,
            "weight": [0.4, 1.0, 1.0],
        }
    )
    assert predecessors_of(load().area("cumbria"), moves) == {"E06000063": ("E07000027",)}


@pytest.mark.parametrize(
    ("published", "wanted"),
    [
        ((*CUMBERLAND, *FURNESS, "E92000001"), [*CUMBERLAND, *FURNESS]),
        (("E06000063", "E06000064"), ["E06000063", "E06000064"]),
        ((*CUMBERLAND, "E06000064"), [*CUMBERLAND, "E06000064"]),
        (
            (*CUMBERLAND[1:], *FURNESS),
            ["E06000063", *FURNESS],
        ),  # Allerdale is lost: the unitary is asked for, and missed
        ((*CUMBERLAND, "E06000063", "E06000064"), ["E06000063", "E06000064"]),
    ],
)
def test_a_file_must_have_the_districts_of_its_time(published: tuple[str, ...], wanted: list[str]) -> None:
    assert members_in(load().area("cumbria"), BEFORE, published) == wanted
