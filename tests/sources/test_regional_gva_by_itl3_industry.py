"""GVA of ITL3 areas: a column a year, commas between thousands, and the newer release in the place of the older."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.rules import broken_rules

SOURCE = "ons/regional_gva_by_itl3_industry"
#: Blackburn with Darwen in 1998, 2021 and 2022, all industries of the table of April 2024.
FILE = Path(__file__).parent / "data" / "regional_gva_by_itl3_industry.csv"
PARTIAL = {"step_between_years.is_plausible"}  # 1998 stands beside 2021


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text("\ufeff" + text, encoding="utf-8")
    return Staged([file], folder / "data")


def test_figures_with_commas_are_read_whole(tmp_path: Path) -> None:
    file = staged(FILE.read_text(encoding="utf-8"), tmp_path)
    assert [(o.layout, o.account["found"], o.account["observed"]) for o in file.outcomes(SOURCE)] == [
        ("itl_code", 64 * 3, 64 * 3)
    ]
    rows = file.ask(
        SOURCE,
        "select year(period_end) as year, value from figures where industry = '_T' and area_code = 'TLD41' order by 1",
    )
    assert [tuple(r.values()) for r in rows] == [(1998, 1528.0), (2021, 3433.0), (2022, 3837.0)]
    assert file.one(SOURCE, "select value from figures where industry = 'C' and year(period_end) = 2022") == 795.0
    assert broken_rules(file, SOURCE) == PARTIAL


def test_the_older_header_is_a_layout_of_its_own(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8").replace("ITL code,Region name", "ITL region code,ITL region name", 1)
    assert [o.layout for o in staged(text, tmp_path).outcomes(SOURCE)] == ["region_code"]


def test_a_figure_cut_at_its_comma_and_a_word_in_its_place_are_caught(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert broken_rules(staged(text.replace('"3,837"', "3"), tmp_path), SOURCE) >= {
        "sections.add_to_the_total",
        "total.is_positive",
    }
    (tmp_path / "word").mkdir()
    (outcome,) = staged(text.replace('"3,837"', "low"), tmp_path / "word").outcomes(SOURCE)
    assert outcome.state == "stopped"
    assert "unknown_symbol" in outcome.error


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_cell_of_both_releases_is_a_figure_and_passes(published: Staged) -> None:
    accounts = {o.vintage: (o.layout, o.account["found"], o.account["observed"]) for o in published.outcomes(SOURCE)}
    rows = 179 * 64
    assert accounts == {
        "2023-04": ("region_code", rows * 24, rows * 24),
        "2024-04": ("itl_code", rows * 25, rows * 25),
    }
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_the_newer_release_revises_the_older(published: Staged) -> None:
    sql = "select vintage, value from figures where area_code = 'TLD41' and industry = '_T' and year(period_end) = 2021"
    sql += " order by vintage"
    assert [tuple(r.values()) for r in published.ask(SOURCE, sql)] == [("2023-04", 3384.0), ("2024-04", 3433.0)]


@pytest.mark.data
def test_six_areas_of_lancashire_made_39601_million_pounds_in_2022(published: Staged) -> None:
    sql = "select sum(value) from figures where industry = '_T' and year(period_end) = 2022 and area_code like 'TLD4%'"
    # records 898, 962, 1026, 1090, 1154 and 1218 of the file, column 2022
    assert published.one(SOURCE, sql) == 3837 + 3187 + 5258 + 14690 + 6823 + 5806
