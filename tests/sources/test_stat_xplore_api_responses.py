"""Recorded answers of Stat-Xplore: cubes in the order of their fields, totals without a uri, items of several values.

The small answer holds two regions of August 2018 as the publisher's service gave them.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import assert_all_checks_pass, stopped_by

SOURCE = "dwp/stat_xplore_api_responses"
VIEW = "UC_Households:V_F_UC_HOUSEHOLDS"
FAMILIES = {
    "1": "Single, no child dependant", "2": "Single, with child dependant(s)", "3": "Couple, no child dependant",
    "4": "Couple, with child dependant(s)", "99": "Unknown or missing family type",
}  # fmt: skip
NORTH_WEST = [100314, 52893, 5700, 15881, 0, 174791]


def answer(values: list[list[list[Any]]], month: str = "August 2018") -> dict[str, Any]:
    """Return an answer by two regions, one month and six items of family type, the last of them the total."""

    def item(label: str, uri: str, **more: Any) -> dict[str, Any]:
        return {"type": "RecodeItem", "labels": [label], "uris": [f"str:value:{VIEW}:{uri}"], **more}

    regions = [item("North West", "COA_CODE:V:E12000002"), item("South West", "COA_CODE:V:E12000009")]
    total = {"type": "Total", "labels": ["Total"]}
    count = f"str:count:{VIEW}"
    return {
        "query": {},
        "database": {
            "id": "UC_Households",
            "uri": "str:database:UC_Households",
            "label": "Households on Universal Credit",
        },
        "measures": [{"uri": count, "label": "Households on Universal Credit", "measure": count, "function": "COUNT"}],
        "fields": [
            {"uri": f"str:field:{VIEW}:COA_CODE", "label": "National - Regional - LA - OAs", "items": regions},
            {
                "uri": "str:field:UC_Households:F_UC_DATE:DATE_NAME",
                "label": "Month",
                "items": [item(month, "C_UC_DATE:201808", annotationKeys=["r"])],
            },
            {
                "uri": f"str:field:{VIEW}:HNFAMILY_TYPE",
                "label": "Family Type",
                "items": [*(item(label, f"T:{code}") for code, label in FAMILIES.items()), total],
            },
        ],
        "cubes": {count: {"values": values, "precision": 0}},
        "annotationMap": {"r": "revised"},
    }


def staged(body: dict[str, Any], folder: Path) -> Staged:
    file = folder / "answer.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return Staged([file], folder / "data")


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_households_of_the_north_west_by_family(tmp_path: Path) -> None:
    small = staged(answer([[NORTH_WEST], [[1, 2, 3, 4, "..", 10]]]), tmp_path)
    told = small.ask(
        SOURCE, "select detail, value, maturity from figures where area_code = 'E12000002' order by obs_key"
    )
    assert [r["value"] for r in told] == NORTH_WEST
    assert [r["detail"] for r in told] == [
        "single",
        "single_with_children",
        "couple",
        "couple_with_children",
        "unknown",
        "_T",
    ]
    assert {r["maturity"] for r in told} == {"revised"}
    assert small.one(SOURCE, "select status from figures where value is null") == "rounded_to_zero"
    assert_all_checks_pass(small, SOURCE)


def test_a_cube_in_another_order_is_stopped(tmp_path: Path) -> None:
    moved = [[[*NORTH_WEST[1:], NORTH_WEST[0]]], [[1, 2, 3, 4, 0, 10]]]
    assert "families_add_to_total" in stopped_by(staged(answer(moved), tmp_path), SOURCE)


def test_an_unknown_month_is_stopped(tmp_path: Path) -> None:
    assert "unknown_period" in stopped_by(staged(answer([[NORTH_WEST], [NORTH_WEST]], "Summer 2018"), tmp_path), SOURCE)


@pytest.mark.data
def test_every_cell_of_three_answers_is_a_figure_or_ignored(full: Staged) -> None:
    accounts = {o.part: (o.account["found"], o.account["observed"]) for o in full.outcomes(SOURCE)}
    assert accounts == {
        "by_family": (10 * 4 * 6, 240), "with_award": (2 * 10 * 4, 80), "housing_benefit": (635 * 3, 633 * 3),
    }  # fmt: skip
    assert_all_checks_pass(full, SOURCE)


@pytest.mark.data
@pytest.mark.parametrize(
    ("indicator", "area", "detail", "age", "end", "value"),
    [
        ("uc_households_by_family", "E12000001", "single", "_T", date(2018, 5, 31), 36393),  # cubes, values[0][0][0]
        ("uc_households_by_family", "E92000001", "_T", "_T", date(2018, 8, 31), 855275),  # values[9][3][5]
        ("uc_households", "E12000001", "_T", "_T", date(2018, 6, 30), 52321),  # first cube, values[0][1]
        ("uc_mean_award", "E92000001", "_T", "_T", date(2018, 7, 31), 556.8124548231001),  # second cube, values[9][2]
        ("housing_benefit_claimants", "E14000554", "_T", "0-64", date(2018, 11, 30), 2566),  # values[0][0][0]
        ("housing_benefit_claimants", "K03000001", "_T", "_T", date(2018, 11, 30), 3927676),  # values[634][0][2]
    ],
)
def test_figures_are_those_of_the_recorded_cubes(
    full: Staged, indicator: str, area: str, detail: str, age: str, end: date, value: float
) -> None:
    sql = (
        f"select value from figures where indicator_id = '{indicator}' and area_code = '{area}' and "
        f"detail = '{detail}' and age = '{age}' and period_end = '{end}'"
    )
    assert full.one(SOURCE, sql) == pytest.approx(value, abs=1e-9)


@pytest.mark.data
def test_two_answers_tell_the_same_households(full: Staged) -> None:
    sql = (
        "select count(*) from figures as a join figures as b using (area_code, period_end) where a.part = 'by_family' and "
        "a.detail = '_T' and b.part = 'with_award' and b.indicator_id = 'uc_households' and a.value = b.value"
    )
    assert full.one(SOURCE, sql) == 40
