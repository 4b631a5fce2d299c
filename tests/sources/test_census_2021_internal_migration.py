"""Moves within a year: each is a figure of both its ends; who stayed and who came from abroad left no district."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/census_2021_internal_migration"
FILE = Path(__file__).parent / "data" / "census_2021_internal_migration.csv"
IN, OUT, SAME = "migrants_in_by_origin", "migrants_out_by_destination", "residents_at_the_same_address"


def staged(text: str, folder: Path) -> Staged:
    file = folder / "odmg.csv.gz"
    file.write_bytes(gzip.compress(text.encode()))
    return Staged([file], folder / "data")


def test_origin_stands_first_and_each_move_is_read_from_both_ends(tmp_path: Path) -> None:
    file = staged(FILE.read_text(), tmp_path)
    (account,) = [o.account for o in file.outcomes(SOURCE)]
    assert (account["found"], account["observed"], list(account["ignored"].values())) == (10, 8, [2])
    rows = file.ask(SOURCE, "select indicator_id, area_code, detail, value from figures order by all")
    assert [tuple(r.values()) for r in rows] == [
        (IN, "E07000117", "E07000117", 4785.0),
        (IN, "E07000117", "E07000122", 657.0),
        (IN, "E07000117", "abroad", 891.0),
        (IN, "E07000122", "E07000117", 672.0),
        (OUT, "E07000117", "E07000117", 4785.0),
        (OUT, "E07000117", "E07000122", 672.0),
        (OUT, "E07000122", "E07000117", 657.0),
        (SAME, "E07000117", "_T", 85154.0),
    ]
    assert file.ask(SOURCE, "select distinct period_start, period_end, period_kind from figures") == [
        {"period_start": date(2020, 4, 1), "period_end": date(2021, 3, 31), "period_kind": "rolling_year"}
    ]
    assert broken_rules(file, SOURCE) == {"districts.are_all_there"}


def test_the_ends_taken_for_each_other_are_caught(tmp_path: Path) -> None:
    """Where the few who came from abroad are read as those who stayed, hardly anybody stays."""
    text = FILE.read_text().replace("-8,Does", "x,Does").replace("999999999", "-8").replace("x,Does", "999999999,Does")
    assert "most_people.stay" in broken_rules(staged(text, tmp_path), SOURCE)


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_file_is_accounted_for_from_both_ends(published: Staged) -> None:
    (account,) = [o.account for o in published.outcomes(SOURCE)]
    # 96,468 records: 331 districts' people who stayed, and 331 who came from abroad, left no district
    assert (account["found"], account["observed"]) == (2 * 96468, 2 * 96468 - 2 * 331)
    assert (account["missing"], account["quarantined"], list(account["ignored"].values())) == (0, 0, [2 * 331])
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_moves_within_burnley_and_between_fourteen_districts_are_the_same_from_both_ends(published: Staged) -> None:
    within = "select value from figures where indicator_id = '{}' and area_code = 'E07000117' and detail = 'E07000117'"
    assert [published.one(SOURCE, within.format(i)) for i in (IN, OUT)] == [4785, 4785]
    fourteen = ", ".join(f"'{d}'" for d in DISTRICTS)
    between = f"select sum(value) from figures where {in_districts()} and detail in ({fourteen}) and indicator_id = "
    assert published.one(SOURCE, between + f"'{IN}'") == published.one(SOURCE, between + f"'{OUT}'")
    everyone = "select sum(value) from figures where indicator_id = "
    assert published.one(SOURCE, everyone + f"'{SAME}'") == 52496511
