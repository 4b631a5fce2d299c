"""Census activity: kinds that nest, each as a count and as per cent of everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.rules import broken_rules

SOURCE = "ons/census_2021_economic_activity"
PEOPLE, SHARE = "census_residents_by_activity", "census_activity_share"
#: Blackburn with Darwen in the publisher's answer.
FILE = Path(__file__).parent / "data" / "census_2021_economic_activity.csv"


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text(text, encoding="utf-8")
    return Staged([file], folder / "data")


def test_counts_and_shares_are_told_apart_and_kinds_keep_their_level(tmp_path: Path) -> None:
    file = staged(FILE.read_text(), tmp_path)
    assert [o.account for o in file.outcomes(SOURCE)] == [
        {"found": 62, "observed": 62, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    sql = "select value from figures where indicator_id = '{}' and detail = '{}'"
    counts = [file.one(SOURCE, sql.format(PEOPLE, d)) for d in ("_T", "EA-1001", "EA-1006", "EA-1011")]
    assert counts == [119509, 65345, 2766, 51398]
    assert 65345 + 2766 + 51398 == 119509
    assert file.one(SOURCE, sql.format(SHARE, "EA-1011")) == 43.0  # 51,398 of 119,509
    levels = {r["code"]: r["level"] for r in file.ingest.codes.to_pylist() if r["scheme"] == "census_activity"}
    assert [levels[c] for c in ("EA-7", "EA-1011", "EA-1002", "EA-1003")] == [
        "category", "group", "in_employment", "employment_type",
    ]  # fmt: skip
    assert broken_rules(file, SOURCE) == set()


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (",21250,", ",2125,", {"categories.add_to_everybody", "share_is_count_over_everybody"}),
        (",51398,", ",5139,", {"groups.add_to_everybody", "share_is_count_over_everybody"}),
        (",52826,", ",52286,", {"employment.is_its_types", "share_is_count_over_everybody"}),
    ],
)
def test_a_wrong_count_is_caught_twice(old: str, new: str, rules: set[str], tmp_path: Path) -> None:
    text = FILE.read_text()
    assert old in text
    assert broken_rules(staged(text.replace(old, new), tmp_path), SOURCE) == rules


def test_a_value_that_is_not_normal_stops_the_file(tmp_path: Path) -> None:
    text = FILE.read_text().replace("A,Normal Value", "Q,Suppressed", 1)
    (outcome,) = staged(text, tmp_path).outcomes(SOURCE)
    assert (outcome.state, outcome.quarantined) == ("stopped", {"no_measure": 1})


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_answer_is_a_figure_and_passes(published: Staged) -> None:
    found = 175 * 31 * 2  # areas, kinds, count and share
    assert [o.account for o in published.outcomes(SOURCE)] == [
        {"found": found, "observed": found, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_the_county_and_its_two_unitaries_have_1248767_residents_over_15(published: Staged) -> None:
    sql = f"select sum(value) from figures where indicator_id = '{PEOPLE}' and detail = '_T' and area_code in "
    assert published.one(SOURCE, sql + "('E10000017', 'E06000008', 'E06000009')") == 1012920 + 119509 + 116338
