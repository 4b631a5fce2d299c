"""Journeys to work: each is a figure of its home and of its workplace, and those who stay at home are no journeys."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.sources.conftest import DISTRICTS, Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/census_2021_commuting_flows"
FILE = Path(__file__).parent / "data" / "census_2021_commuting_flows.csv"
OUT, IN, HOME = "commuters_by_workplace", "commuters_by_home", "home_workers"
#: What a file of two districts cannot hold: Pendle's own workers, and twelve more districts.
PARTIAL = {"every_district.keeps_some_of_its_own", "districts.are_all_there"}


def staged(text: str, folder: Path) -> Staged:
    file = folder / "odwp.csv.gz"
    file.write_bytes(gzip.compress(text.encode()))
    return Staged([file], folder / "data")


def test_each_journey_is_read_from_both_ends_and_no_other_record_is(tmp_path: Path) -> None:
    file = staged(FILE.read_text(), tmp_path)
    (account,) = [o.account for o in file.outcomes(SOURCE)]
    assert (account["found"], account["observed"], sorted(account["ignored"].values())) == (14, 9, [2, 3])
    rows = file.ask(SOURCE, "select indicator_id, area_code, detail, value from figures order by all")
    assert [tuple(r.values()) for r in rows] == [
        (IN, "E07000117", "E07000117", 14412.0),
        (IN, "E07000117", "E07000122", 4687.0),
        (IN, "E07000122", "E07000117", 4024.0),
        (OUT, "E07000117", "E07000117", 14412.0),
        (OUT, "E07000117", "E07000122", 4024.0),
        (OUT, "E07000122", "E07000117", 4687.0),
        (HOME, "E07000117", "_T", 12489.0),
        ("workers_offshore_or_abroad", "E07000117", "abroad", 80.0),
        ("workers_offshore_or_abroad", "E07000117", "offshore", 19.0),
    ]
    assert broken_rules(file, SOURCE) == PARTIAL


def test_a_workplace_that_nobody_knows_stops_the_file(tmp_path: Path) -> None:
    (outcome,) = staged(FILE.read_text().replace("E07000122,Pendle,3", "E07999999,Pendle,3"), tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped"
    assert "unknown_area" in outcome.error or "unknown_detail" in outcome.error


def test_a_pair_that_stands_twice_is_caught(tmp_path: Path) -> None:
    text = FILE.read_text()
    assert broken_rules(staged(text + text.splitlines()[-1] + "\n", tmp_path), SOURCE) == PARTIAL | {
        "figure.stands_once"
    }


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_file_is_accounted_for_from_both_ends(published: Staged) -> None:
    (account,) = [o.account for o in published.outcomes(SOURCE)]
    # 74,721 records: 73,398 journeys, 331 homes, 661 offshore or abroad, 331 not in work
    assert account["found"] == 2 * 74721
    assert (account["observed"], account["missing"], account["quarantined"]) == (2 * 73398 + 331 + 661, 0, 0)
    assert sorted(account["ignored"].values()) == [2 * 331, 331 + 661]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_lancashire_sends_417432_and_receives_410593_of_whom_362305_are_its_own(published: Staged) -> None:
    fourteen = ", ".join(f"'{d}'" for d in DISTRICTS)
    sql = "select sum(value) from figures where indicator_id = '{}' and " + in_districts()
    assert published.one(SOURCE, sql.format(OUT)) == 417432
    assert published.one(SOURCE, sql.format(IN)) == 410593
    assert published.one(SOURCE, sql.format(OUT) + f" and detail in ({fourteen})") == 362305
    assert published.one(SOURCE, sql.format(IN) + f" and detail in ({fourteen})") == 362305
    assert published.one(SOURCE, sql.format(HOME)) == 259912
