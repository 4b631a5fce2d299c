"""Census qualifications: two header rows, areas without a code, and levels that add to everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/census_2021_qualifications"
FILE = Path(__file__).parent / "data" / "census_2021_qualifications.csv"


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text(text, encoding="utf-8")
    return Staged([file], folder / "data")


def test_a_column_is_a_group_and_a_level_and_an_area_without_code_is_found_by_name(tmp_path: Path) -> None:
    file = staged(FILE.read_text() + "," * 49 + "\n", tmp_path)
    assert [o.account for o in file.outcomes(SOURCE)] == [
        {"found": 96, "observed": 96, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    sql = "select qualification, value from figures where area_code = 'E07000117' and detail = '{}' order by 1"
    assert {r["qualification"]: r["value"] for r in file.ask(SOURCE, sql.format("_T"))} == {
        "CEN0": 18347, "CEN1": 8369, "CEN2": 10415, "CENA": 4921, "CEN3": 12607, "CEN4": 18299, "CENO": 2237, "_T": 75195,
    }  # fmt: skip
    assert 18347 + 8369 + 10415 + 4921 + 12607 + 18299 + 2237 == 75195
    assert file.ask(SOURCE, sql.format("asian"))[0] == {"qualification": "CEN0", "value": 3000.0}
    assert file.one(SOURCE, "select distinct area_code from figures where area_code <> 'E07000117'") == "E06000063"
    assert broken_rules(file, SOURCE) == {"districts.are_all_there"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",,total,no_qualification", ",,no_qualification,total", ""),
        ("total,no_qualification,level_1", "total,no_qualification,no_qualification", "pairs of ethnic group"),
        ("E07000117,Burnley,75195", "E07000117,Burnley,1,75195", "50 fields"),
    ],
)
def test_a_header_or_record_out_of_place_is_refused_or_caught(old: str, new: str, told: str, tmp_path: Path) -> None:
    file = staged(FILE.read_text().replace(old, new, 1), tmp_path)
    (outcome,) = file.outcomes(SOURCE)
    if told:
        assert outcome.state == "stopped"
        assert told in outcome.error
    else:
        assert {"levels.add_to_everybody", "ethnic_groups.add_to_everybody"} <= broken_rules(file, SOURCE)


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_count_of_318_areas_is_a_figure_and_passes(published: Staged) -> None:
    assert [o.account for o in published.outcomes(SOURCE)] == [
        {"found": 318 * 48, "observed": 318 * 48, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    assert published.one(SOURCE, "select count(distinct area_code) from figures") == 318
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_fourteen_districts_have_1248773_residents_over_15_and_245943_without_qualifications(published: Staged) -> None:
    sql = f"select sum(value) from figures where {in_districts()} and detail = '_T' and qualification = "
    assert [published.one(SOURCE, sql + code) for code in ("'_T'", "'CEN0'", "'CEN4'")] == [1248773, 245943, 368312]
