"""Population by single year: what the publisher counted is kept, what the copier made up is left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/mid_year_population_single_year"
#: Burnley, and a district of Northern Ireland and one of Scotland that the copy made up.
FILE = Path(__file__).parent / "data" / "mid_year_population_single_year.csv"
PARTIAL = {"districts.are_all_there"}


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text(text, encoding="utf-8")
    return Staged([file], folder / "data")


def test_whole_people_are_kept_and_made_up_rows_are_left_out_with_a_reason(tmp_path: Path) -> None:
    file = staged(FILE.read_text(), tmp_path)
    (account,) = [o.account for o in file.outcomes(SOURCE)]
    assert (account["found"], account["observed"], list(account["ignored"].values())) == (3 * 92, 92, [92, 92])
    rows = file.ask(
        SOURCE, "select age, value, period_end from figures where age in ('_T', '0', '17', '90+') order by 1"
    )
    assert [tuple(r.values()) for r in rows] == [
        ("0", 1041.0, date(2023, 6, 30)),
        ("17", 1252.0, date(2023, 6, 30)),
        ("90+", 666.0, date(2023, 6, 30)),
        ("_T", 96435.0, date(2023, 6, 30)),
    ]
    assert broken_rules(file, SOURCE) == PARTIAL


def test_a_fraction_of_a_person_in_england_is_caught(tmp_path: Path) -> None:
    text = FILE.read_text().replace(",1041.0,", ",1040.5,", 1)
    assert broken_rules(staged(text, tmp_path), SOURCE) == {"ages.add_to_all_ages", "people.are_whole"} | PARTIAL


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_318_authorities_of_england_and_wales_are_kept_and_pass(published: Staged) -> None:
    (account,) = [o.account for o in published.outcomes(SOURCE)]
    assert (account["found"], account["observed"]) == (360 * 92, 318 * 92)
    assert sorted(account["ignored"].values()) == [10 * 92, 32 * 92]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_england_is_that_of_mid_2023_and_fourteen_districts_have_1570373_residents(published: Staged) -> None:
    everybody = "select sum(value) from figures where age = '_T' and "
    assert published.one(SOURCE, everybody + "area_code like 'E%'") == 57690323
    assert published.one(SOURCE, everybody + in_districts()) == 1570373
