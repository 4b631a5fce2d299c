"""Population by age group: five groups cover everybody, and a unitary that stands twice counts once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/mid_year_population_by_age"
#: Burnley once, Blackburn with Darwen under both types of geography, as the service gives them.
FILE = Path(__file__).parent / "data" / "mid_year_population_by_age.csv"
PARTIAL = {"districts.are_all_there"}


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text(text, encoding="utf-8")
    return Staged([file], folder / "data")


def test_a_unitary_under_two_types_counts_once_and_groups_have_their_level(tmp_path: Path) -> None:
    file = staged(FILE.read_text(), tmp_path)
    (account,) = [o.account for o in file.outcomes(SOURCE)]
    assert (account["found"], account["observed"], list(account["ignored"].values())) == (54, 36, [18])
    rows = file.ask(SOURCE, "select age, value from figures where area_code = 'E07000117' and age in "
                    "('_T', '0-15', '16-24', '25-49', '50-64', '65+', '0-4', '17') order by 1")  # fmt: skip
    assert {r["age"]: r["value"] for r in rows} == {
        "_T": 94721, "0-15": 19395, "16-24": 9451, "25-49": 30589, "50-64": 18285, "65+": 17001, "0-4": 5715, "17": 1138,
    }  # fmt: skip
    assert 19395 + 9451 + 30589 + 18285 + 17001 == 94721
    assert broken_rules(file, SOURCE) == PARTIAL


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (",30589,", ",3058,", {"five_groups.add_to_all_ages"}),
        (",5715,", ",5716,", {"children.add_to_0_to_15"}),
        ("county / unitary", "district / unitary", {"figure.stands_once"}),
    ],
)
def test_what_does_not_add_up_or_stands_twice_is_caught(old: str, new: str, rules: set[str], tmp_path: Path) -> None:
    text = FILE.read_text()
    assert old in text
    assert broken_rules(staged(text.replace(old, new), tmp_path), SOURCE) == rules | PARTIAL


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_the_published_answer_is_accounted_for_and_passes(published: Staged) -> None:
    (account,) = [o.account for o in published.outcomes(SOURCE)]
    # 621 areas in 18 groups; 193 of the 217 of the upper tier stand under the lower one too
    assert (account["found"], account["observed"]) == (621 * 18, (621 - 193) * 18)
    assert list(account["ignored"].values()) == [193 * 18]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_the_north_west_and_blackburn_have_their_printed_population(published: Staged) -> None:
    sql = "select value from figures where age = '_T' and area_code = '{}'"
    assert [published.one(SOURCE, sql.format(a)) for a in ("E12000002", "E06000008")] == [7422295, 154922]
    assert published.one(SOURCE, f"select count(*) from figures where age = '_T' and {in_districts()}") == 14
