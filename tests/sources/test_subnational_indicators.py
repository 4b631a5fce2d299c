"""Indicators explorer: prose and Windows text, areas under another's code, and what stands twice with two values."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/subnational_indicators"
#: Lines of the publisher's file, as UTF-8: written out in its own code page below.
FILE = Path(__file__).parent / "data" / "subnational_indicators.csv"
PARTIAL = {"districts.are_all_there"}


def staged(text: str, folder: Path, encoding: str = "cp1252") -> Staged:
    file = folder / "file"
    file.write_text(text, encoding=encoding)
    return Staged([file], folder / "data")


def test_each_record_is_its_indicator_or_is_left_with_a_reason(tmp_path: Path) -> None:
    file = staged(FILE.read_text(encoding="utf-8"), tmp_path)
    (account,) = [o.account for o in file.outcomes(SOURCE)]
    assert (account["found"], account["observed"], account["missing"]) == (14, 7, 1)
    assert sorted(account["ignored"].values()) == [1, 1, 2, 2]
    rows = file.ask(
        SOURCE, "select indicator_id, value, period_start from figures where area_code = 'E07000117' order by 1"
    )
    assert [tuple(r.values()) for r in rows] == [
        ("explorer_apprenticeship_starts", 520.0, date(2021, 8, 1)),
        ("explorer_employment_rate", 70.5, date(2022, 1, 1)),
        ("explorer_gva_per_hour", 32.02, date(2020, 1, 1)),
    ]
    assert file.one(SOURCE, "select status from figures where area_code = 'E06000053'") == "not_available"
    assert broken_rules(file, SOURCE) == PARTIAL


def test_an_area_under_anothers_code_is_put_right_by_its_name(tmp_path: Path) -> None:
    file = staged(FILE.read_text(encoding="utf-8"), tmp_path)
    sql = "select area_code, value from figures where indicator_id = 'explorer_adult_achievements' order by value"
    assert [tuple(r.values()) for r in file.ask(SOURCE, sql)] == [("E06000060", 5210.0), ("E06000062", 5540.0)]


def test_a_share_above_everybody_two_values_and_an_unknown_indicator_are_caught(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert broken_rules(staged(text.replace("70.5", "705"), tmp_path), SOURCE) == PARTIAL | {"shares.are_percentages"}
    (tmp_path / "twice").mkdir()
    lancashire = next(line for line in text.splitlines() if line.startswith("TLD4"))
    twice = staged(text + lancashire.replace("10164", "6333") + "\n", tmp_path / "twice")
    assert broken_rules(twice, SOURCE) == PARTIAL | {"figure.has_one_value"}
    (tmp_path / "new").mkdir()
    new = staged(text.replace("Number of starts on apprenticeships", "Number of T level starts"), tmp_path / "new")
    assert [(o.state, o.quarantined) for o in new.outcomes(SOURCE)] == [("stopped", {"no_measure": 1})]


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_file_is_accounted_for(published: Staged) -> None:
    (account,) = [o.account for o in published.outcomes(SOURCE)]
    assert (account["found"], account["missing"], account["quarantined"]) == (10758, 7, 0)
    assert account["observed"] == 10758 - 7 - sum(account["ignored"].values())
    assert sorted(account["ignored"].values()) == [3, 12, 28, 489, 4382]


@pytest.mark.data
def test_the_west_midlands_which_stand_twice_are_left_out_and_the_rest_passes(published: Staged) -> None:
    assert broken_rules(published, SOURCE) == set()
    exports = "select count(*) from figures where indicator_id = 'explorer_exports' and area_code "
    assert published.one(SOURCE, exports + "in ('TLG', 'TLG3')") == 0
    assert published.one(SOURCE, exports + "in ('TLD', 'TLD4', 'TLG1')") == 3


@pytest.mark.data
def test_fourteen_districts_have_their_printed_figures(published: Staged) -> None:
    sql = f"select sum(value) from figures where {in_districts()} and indicator_id = "
    assert published.one(SOURCE, sql + "'explorer_apprenticeship_starts'") == 9010
    assert published.one(SOURCE, sql + "'explorer_apprenticeship_achievements'") == 2890
    gva = "select value from figures where indicator_id = 'explorer_gva_per_hour' and area_code = "
    assert [published.one(SOURCE, gva + a) for a in ("'E07000117'", "'UKX'")] == [32.02, 37.73]
