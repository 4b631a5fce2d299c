"""Census workers: three tables of the same people, for authorities and for wards as parts of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged, in_districts
from tests.sources.rules import broken_rules

SOURCE = "ons/census_2021_employment_structure"
#: Burnley in the table of authorities.
FILE = Path(__file__).parent / "data" / "census_2021_employment_structure.csv"


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text(text, encoding="utf-8")
    return Staged([file], folder / "data")


def as_wards(text: str) -> str:
    """Return the table of authorities in the shape of the table of wards, all of Burnley in one ward."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header, *rows = csv.reader(text.splitlines())
    writer.writerow(["lad_code", "lad_name", "ward_code", "ward_name", *header[2:]])
    writer.writerows([*row[:2], "E05005150", "Bank Hall", *row[2:]] for row in rows)
    return out.getvalue()


def test_short_names_become_codes_and_the_three_tables_are_kept_apart(tmp_path: Path) -> None:
    file = staged(FILE.read_text(), tmp_path)
    assert [(o.layout, o.account["found"], o.account["observed"]) for o in file.outcomes(SOURCE)] == [
        ("authorities", 31, 31)
    ]
    sql = "select indicator_id, industry, occupation, value from figures where value in (5775, 6870, 5577, 11854) order by all"
    assert [tuple(r.values()) for r in file.ask(SOURCE, sql)] == [
        ("census_workers", "C", "_T", 5775.0),
        ("census_workers", "Q", "_T", 6870.0),
        ("census_workers", "_T", "2", 5577.0),
        ("census_workers_part_time", "_T", "_T", 11854.0),
    ]
    by_occupation = "select sum(value) from figures where occupation <> '_T'"
    assert file.one(SOURCE, by_occupation) == 3652 + 5577 + 4284 + 3490 + 4778 + 4775 + 3536 + 4088 + 5858 == 40038
    assert broken_rules(file, SOURCE) == {"districts.are_all_there"}


def test_a_ward_is_a_part_of_its_authority(tmp_path: Path) -> None:
    file = staged(as_wards(FILE.read_text()), tmp_path)
    assert [o.layout for o in file.outcomes(SOURCE)] == ["wards"]
    assert file.ask(SOURCE, "select distinct area_code, detail from figures") == [
        {"area_code": "E07000117", "detail": "E05005150"}
    ]


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("Manufacturing,5775", "Manufacturing,57750", "industries.add_to_nearly_all"),
        ("Part-time,11854", "Part-time,1185", "occupations.add_to_hours"),
        ("E07000117,Burnley,TS060,Education,3453\n", "", "sections.are_all_there"),
    ],
)
def test_a_table_that_the_others_do_not_bear_out_is_caught(old: str, new: str, rule: str, tmp_path: Path) -> None:
    assert rule in broken_rules(staged(FILE.read_text().replace(old, new), tmp_path), SOURCE)


def test_a_category_that_nobody_knows_stops_the_file(tmp_path: Path) -> None:
    (outcome,) = staged(FILE.read_text().replace("Household activities", "Extraterritorial"), tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped"
    assert "TS060|Extraterritorial" in outcome.error


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_record_of_both_files_is_a_figure_and_passes(published: Staged) -> None:
    accounts = {o.layout: (o.account["found"], o.account["observed"]) for o in published.outcomes(SOURCE)}
    assert accounts == {"authorities": (14 * 31, 14 * 31), "wards": (271 * 31, 271 * 31)}
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(("layout", "people"), [("authorities", 679790), ("wards", 679739)])
def test_fourteen_districts_have_679790_workers_and_their_wards_nearly_as_many(
    published: Staged, layout: str, people: int
) -> None:
    sql = f"select sum(value) from figures where {in_districts()} and occupation <> '_T' and layout = '{layout}'"
    assert published.one(SOURCE, sql) == people
