"""Occupations and industries: how many there are, what is above what, and that two prints of one list agree."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from lmi.engine import connect, fetch
from lmi.lookups import CodeBook
from lmi.raw.probe import Probe
from lmi.raw.readers import Workbook, text_of
from lmi.raw.recognise import misses
from lmi.registry import Rule, load
from tests.sources.conftest import Staged

pytestmark = pytest.mark.data
FOLDERS = ("sic2007_condensed", "sic2007_hierarchy", "soc2010_to_soc2020", "soc2020_structure")
#: First and last division of each section, as the classification prints them.
SECTIONS = {
    "A": (1, 3),
    "B": (5, 9),
    "C": (10, 33),
    "D": (35, 35),
    "E": (36, 39),
    "F": (41, 43),
    "G": (45, 47),
    "H": (49, 53),
    "I": (55, 56),
    "J": (58, 63),
    "K": (64, 66),
    "L": (68, 68),
    "M": (69, 75),
    "N": (77, 82),
    "O": (84, 84),
    "P": (85, 85),
    "Q": (86, 88),
    "R": (90, 93),
    "S": (94, 96),
    "T": (97, 98),
    "U": (99, 99),
}


@pytest.fixture(scope="module")
def book(staged: Staged) -> CodeBook:
    return staged.ingest.codebook


@pytest.fixture(scope="module")
def parents(book: CodeBook) -> dict[tuple[str, str], str]:
    """(scheme, code) -> parent."""
    rows = book.table().select(["scheme", "code", "parent"]).to_pylist()
    return {(r["scheme"], r["code"]): r["parent"] for r in rows}


def test_every_classification_was_read(staged: Staged) -> None:
    states = {
        o.source_id: o.state for o in staged.ingest.outcomes.values() if o.source_id.startswith("classifications/")
    }
    assert states == {f"classifications/{name}": "ok" for name in FOLDERS}


def test_each_file_bears_the_marks_of_one_layout_only(shared_data: Path) -> None:
    registry = load()
    for folder in FOLDERS:
        (path,) = (shared_data / "classifications" / folder).iterdir()
        probe = Probe(path)
        fits = [
            s.source_id for s in registry.sources.values() for x in s.layouts.values() if not misses(probe, x.recognise)
        ]
        assert fits == [f"classifications/{folder}"]


def test_occupations_are_9_26_104_and_412(book: CodeBook) -> None:
    assert [len(book.names("soc2020", level)) for level in ("major", "sub_major", "minor", "unit")] == [9, 26, 104, 412]
    assert len(book.names("soc2010", "unit")) == 369


def test_every_occupation_stands_under_the_code_that_its_own_begins_with(
    book: CodeBook, parents: dict[tuple[str, str], str]
) -> None:
    for level, above in (("sub_major", "major"), ("minor", "sub_major"), ("unit", "minor")):
        for code in book.names("soc2020", level):
            assert parents["soc2020", code] == code[:-1]
            assert code[:-1] in book.names("soc2020", above)
    assert all(parents["soc2010", c] in book.names("soc2010", "sub_major") for c in book.names("soc2010", "unit"))


def test_titles_are_as_written_and_not_in_the_capitals_of_the_framework_sheet(book: CodeBook) -> None:
    names = book.names("soc2020")
    assert names["1"] == "Managers, directors and senior officials"
    assert names["63"] == "Community and civil enforcement occupations"
    assert names["5316"] == "Carpenters and joiners"


def test_industries_are_those_of_the_classification_and_nomis_s_own_for_farms(book: CodeBook) -> None:
    count = {
        level: len(book.names("sic2007", level)) for level in ("section", "division", "group", "class", "subclass")
    }
    farms = {"group": "010", "class": "0100", "subclass": "01000"}
    assert all(code in book.names("sic2007", level) for level, code in farms.items())
    assert {k: n - (k in farms) for k, n in count.items()} == {
        "section": 21,
        "division": 88,
        "group": 272,
        "class": 615,
        "subclass": 728,
    }


def test_every_industry_stands_under_the_one_above_it(book: CodeBook, parents: dict[tuple[str, str], str]) -> None:
    levels = ("section", "division", "group", "class", "subclass")
    for above, level in pairwise(levels):
        for code in book.names("sic2007", level):
            parent = parents["sic2007", code]
            assert parent in book.names("sic2007", above), code
            assert above == "section" or code.startswith(parent)
    divisions = {s: {f"{n:02d}" for n in range(a, b + 1)} for s, (a, b) in SECTIONS.items()}
    for division in book.names("sic2007", "division"):
        assert division in divisions[parents["sic2007", division]]


def test_companies_house_lists_the_same_subclasses_and_three_that_are_none(book: CodeBook, shared_data: Path) -> None:
    path = shared_data / "classifications/sic2007_condensed/sic07_ch_condensed_list_en.csv"
    with connect() as con:
        theirs = set(fetch(con, f"select code from read_csv('{path}', all_varchar = true)")["code"].to_pylist())
    ours = set(book.names("sic2007", "subclass"))
    assert theirs - ours == {"74990", "98000", "99999"}
    assert ours - theirs == {"01000"}


def test_titles_of_ours_stand_for_exactly_the_classes_that_are_divided_further(book: CodeBook) -> None:
    ours = {r["code"] for r in book.declared_codes().to_pylist() if r["scheme"] == "sic2007"}
    assert len(ours) == 78
    divided = {code[:4] for code in book.names("sic2007", "subclass") if not code.endswith("0")}
    assert ours == divided


@pytest.mark.parametrize(("table", "scheme", "count"), [("T09a", "soc2010", 25), ("T09b", "soc2020", 26)])
def test_every_occupation_that_the_survey_prints_has_a_code(
    book: CodeBook, shared_data: Path, table: str, scheme: str, count: int
) -> None:
    file = {"T09a": "nomis_2023_04_24_143000.xlsx", "T09b": "nomis_2022_10_13_205752_soc2020.xlsx"}[table]
    grid = Workbook.open(shared_data / "ons/aps_employment_by_occupation" / file, file).grid("Data")
    header = next(row for row in grid.rows if row[0] == "Area")
    names = [text_of(v).partition(" - ")[2].partition(" (SOC")[0] for v in header if text_of(v).startswith(table)]
    found = [book.resolve(name, Rule(scheme=scheme, level="sub_major")) for name in names]
    assert len(found) == len({*found} - {None}) == count


@pytest.mark.parametrize(
    ("file", "sheet", "level", "rows"),
    [
        ("la_lsip_main_tables_2024_08.xlsm", "Ind T1", "sector6", slice(6, 12)),
        ("la_lsip_main_tables_2023_03.xlsm", "Ind T2", "industry22", slice(4, 26)),
        ("en_main_tables_2024_08.xlsm", "Ind T3", "industry75", slice(4, 79)),
    ],
)
def test_every_industry_group_of_the_projections_has_its_own_code(
    book: CodeBook, shared_data: Path, file: str, sheet: str, level: str, rows: slice
) -> None:
    grid = Workbook.open(shared_data / "dfe/skills_imperative_2035" / file, file).grid(sheet)
    found = [book.resolve(text_of(row[0]), Rule(scheme="si2035_industry", level=level)) for row in grid.rows[rows]]
    assert set(found) == set(book.names("si2035_industry", level))
    assert len(found) == len(set(found))


def test_subjects_of_all_four_publications_have_codes(book: CodeBook, shared_data: Path) -> None:
    hub = shared_data / "dfe/local_skills_data_hub/data_hub_2025_09.csv.gz"
    apps = shared_data / "dfe/apprenticeships_by_provider_lad/subjects_and_standards_0.parquet"
    with connect() as con:
        asked = {
            "tier1": f"select distinct Subgroup as s from read_csv('{hub}', all_varchar = true) "
            "where Breakdown = 'SSA' "
            f"union select distinct ssa_t1_desc from read_parquet('{apps}')",
            "tier2": f"select distinct ssa_t2_desc as s from read_parquet('{apps}')",
        }
        for level, sql in asked.items():
            names = fetch(con, sql)["s"].to_pylist()
            assert [n for n in names if book.resolve(n, Rule(scheme="ssa", level=level)) is None] == []
    assert book.resolve("Digital Technology", Rule(scheme="ssa", level="tier1")) == "6"
