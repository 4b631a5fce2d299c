"""Population projections: two bases that are never one series, and single years that add to the document's own sums."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lmi.raw.probe import Probe
from lmi.raw.recognise import misses
from lmi.registry import load
from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/subnational_population_projections"
NEW, OLD = "projected_population", "projected_population_2014_based"
AGES = [*map(str, range(90)), "90+"]
#: Burnley, 2022 base: the bands as printed.
BANDS = """geography_code,geography_name,projection_base,year,age_band,population
E07000117,Burnley,2022,2022,All ages,95655
E07000117,Burnley,2022,2022,0-15,19577
E07000117,Burnley,2022,2022,16-64,58845
E07000117,Burnley,2022,2022,65+,17233
"""


def document(area: str = "E07000117") -> dict[str, Any]:
    """Return a document of the publisher's shape: age a has 100 + a males in 2014, one more in 2015, and ten more females."""
    years = ["2014", "2015"]
    value = [[[[100 + a + y + 10 * s, 0.1] for y in (0, 1)] for a in range(91)] for s in (0, 1)]
    sums = {f"series{s + 1}": [sum(value[s][a][y][0] for a in range(91)) for y in (0, 1)] for s in (0, 1)}
    ons = {
        "label": f"Population Projections for {area}",
        "area": {"code": " ", "label": area},
        "time": {"label": "2014-2039", "index": years},
        "concept": {"label": ["population", "% of population"], "units": ["count", "%"]},
        "sums": sums,
        "dimension": {"label": "age", "index": AGES},
        "series": ["male", "female"],
        "value": value,
    }
    return {"ons": ons}


def staged(folder: Path, body: dict[str, Any] | str) -> Staged:
    file = folder / "file"
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return Staged([file], folder / "data")


def test_a_document_gives_counts_by_sex_age_and_year_and_its_shares_are_left(tmp_path: Path) -> None:
    file = staged(tmp_path, document())
    (outcome,) = file.outcomes(SOURCE)
    account = outcome.account
    assert (outcome.vintage, outcome.part, account["found"], account["observed"]) == ("2014", "e07000117", 732, 368)
    assert list(account["ignored"].values()) == [364]  # two sexes, 91 ages, two years
    rows = file.ask(
        SOURCE,
        f"select sex, age, value, maturity from figures where indicator_id = '{OLD}' and age in ('17', '90+', '_T') "
        "and year(period_end) = 2015 order by sex, age",
    )
    assert [tuple(r.values()) for r in rows] == [
        ("F", "17", 128.0, "projected_by_publisher"),
        ("F", "90+", 201.0, "projected_by_publisher"),
        ("F", "_T", 91 * 111 + 4095.0, "projected_by_publisher"),
        ("M", "17", 118.0, "projected_by_publisher"),
        ("M", "90+", 191.0, "projected_by_publisher"),
        ("M", "_T", 91 * 101 + 4095.0, "projected_by_publisher"),
    ]
    assert file.one(SOURCE, "select distinct maturity from figures where year(period_end) = 2014") == "final"
    assert broken_rules(file, SOURCE) == set()


def test_an_age_that_the_sum_does_not_hold_is_caught_and_a_lost_age_is_refused(tmp_path: Path) -> None:
    wrong = document()
    wrong["ons"]["value"][0][17][1][0] += 30
    assert broken_rules(staged(tmp_path, wrong), SOURCE) == {"single_years.add_to_the_sum"}
    short = document()
    short["ons"]["value"][1].pop()
    (tmp_path / "short").mkdir()
    (outcome,) = staged(tmp_path / "short", short).outcomes(SOURCE)
    assert outcome.state == "stopped"
    assert "Expected: 2 x 91 x 2 x 2 numbers" in outcome.error


def test_bands_of_the_newer_base_are_another_indicator_and_must_add_up(tmp_path: Path) -> None:
    file = staged(tmp_path, BANDS)
    assert [o.vintage for o in file.outcomes(SOURCE)] == ["2022"]
    rows = file.ask(SOURCE, "select indicator_id, age, value from figures order by age")
    assert [tuple(r.values()) for r in rows] == [
        (NEW, "0-15", 19577.0), (NEW, "16-64", 58845.0), (NEW, "65+", 17233.0), (NEW, "_T", 95655.0),
    ]  # fmt: skip
    assert 19577 + 58845 + 17233 == 95655
    assert broken_rules(file, SOURCE) == {"districts.are_all_there"}
    (tmp_path / "wrong").mkdir()
    assert "bands.add_to_all_ages" in broken_rules(staged(tmp_path / "wrong", BANDS.replace("58845", "58745")), SOURCE)


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_seventeen_documents_and_the_bands_are_accounted_for_and_pass(published: Staged, shared_data: Path) -> None:
    accounts = [(o.layout, o.account["found"], o.account["observed"]) for o in published.outcomes(SOURCE)]
    # 2 sexes x 91 ages x 26 years, each with its share, and 52 sums; 15 areas x 6 years x 4
    assert sorted(accounts) == [("base_2014", 2 * 4732 + 52, 4732 + 52)] * 17 + [("base_2022", 360, 360)]
    assert broken_rules(published, SOURCE) == set()
    layouts = load().sources[SOURCE].layouts
    for file in (shared_data / SOURCE).iterdir():
        assert [n for n, lay in layouts.items() if not misses(Probe(file), lay.recognise)] == (
            ["base_2022"] if file.suffix == ".csv" else ["base_2014"]
        )


@pytest.mark.data
@pytest.mark.parametrize(("area", "people"), [("E92000001", 54316618), ("E07000117", 87291), ("E12000002", 7132991)])
def test_males_and_females_of_2014_are_the_published_population(published: Staged, area: str, people: int) -> None:
    sql = f"select sum(value) from figures where indicator_id = '{OLD}' and age = '_T' and year(period_end) = 2014"
    assert published.one(SOURCE, f"{sql} and area_code = '{area}'") == people


@pytest.mark.data
def test_the_two_bases_disagree_as_their_publisher_printed_them(published: Staged) -> None:
    old = f"select sum(value) from figures where indicator_id = '{OLD}' and age = '_T' and year(period_end) = 2035"
    assert published.one(SOURCE, old + " and area_code = 'E07000117'") == 87272
    new = f"select sum(value) from figures where indicator_id = '{NEW}' and year(period_end) = 2022 and "
    assert published.one(SOURCE, new + "age = '_T' and area_code = 'E07000117'") == 95655
    assert published.one(SOURCE, new + "age = '_T' and area_code = 'E10000017'") == published.one(
        SOURCE, new + f"age = '_T' and {in_districts()} and area_code like 'E07%'"
    )
