"""One series a table: months are read, years and quarters are not, and what the series is stands in its papers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lmi.errors import ParseError
from lmi.sources.parsers.ons_series import parse
from tests.sources.conftest import Staged
from tests.sources.ons_kit import UK, assert_accounted, good, remarks, staged_text

SOURCE = "ons/labour_market_series"


def table(cdid: str, unit: str, figures: dict[str, str]) -> str:
    """Return the publisher's table of a series: papers, then periods."""
    papers = {
        "Title": "A series of ours", "CDID": cdid, "Source dataset ID": "UNEM", "PreUnit": "", "Unit": unit,
        "Release date": "17-11-2026", "Next release": "15 December 2026",
    }  # fmt: skip
    lines = [f'"{name}","{text}"' for name, text in papers.items()] + ['"Important notes",']
    return "\n".join([*lines, *(f'"{period}","{text}"' for period, text in figures.items())]) + "\n"


VACANCIES = {"2025": "735", "2026 Q1": "721", "2026 JAN": "726", "2026 FEB": "721", "2026 MAR": "711"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(table("AP2Y", "Thousands", VACANCIES), tmp_path_factory.mktemp("file"))


def test_months_are_read_as_the_middle_of_three_and_in_vacancies(file: Staged) -> None:
    rows = file.ask(SOURCE, "select indicator_id, area_code, period_start, period_end, value from figures order by 3")
    assert [tuple(r.values()) for r in rows] == [
        ("vacancies", UK, date(2025, 12, 1), date(2026, 2, 28), 726_000),
        ("vacancies", UK, date(2026, 1, 1), date(2026, 3, 31), 721_000),
        ("vacancies", UK, date(2026, 2, 1), date(2026, 4, 30), 711_000),
    ]


def test_years_and_quarters_are_accounted_for_and_the_figures_pass_their_checks(file: Staged) -> None:
    (name,) = file.accounts(SOURCE)
    assert_accounted(file, SOURCE, {name: (5, 3, 0, 2)})
    assert good(file, SOURCE) == set()


@pytest.mark.parametrize(
    ("cdid", "figures", "rule"),
    [
        ("AP2Y", {"2026 JAN": "726", "2026 FEB": "1.1"}, "vacancies.are_thousands_scaled_once"),
        ("AP2Y", {"2026 JAN": "726", "2026 FEB": "1300"}, "step_between_months.is_plausible"),
        ("MGSX", {"2026 JAN": "0.05"}, "unemployment.is_a_percentage"),
        ("JPC5", {"2026 JAN": "25"}, "people_a_vacancy.are_plausible"),
    ],
)
def test_a_figure_of_another_size_stops_the_file(tmp_path: Path, cdid: str, figures: dict[str, str], rule: str) -> None:
    assert rule in remarks(staged_text(table(cdid, "", figures), tmp_path), SOURCE)


def test_a_series_that_is_not_declared_stops_the_file_by_its_identifier(tmp_path: Path) -> None:
    (outcome,) = staged_text(table("HAXV", "£m", {"2026 JAN": "100"}), tmp_path).outcomes(SOURCE)
    assert outcome.state == "stopped" and "HAXV" in outcome.error


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ('"CDID","AP2Y"', '"CDID",""', "CDID"),
        ('"Source dataset ID","UNEM"\n', "", "Source dataset ID"),
        ('"2026 FEB","721"', '"2026 FEB","721","r"', "line 12"),
        ('"2026 FEB","721"', '"Total","721"', "line 12"),
    ],
)
def test_a_table_without_its_papers_or_with_other_lines_is_refused(
    tmp_path: Path, was: str, now: str, told: str
) -> None:
    text = table("AP2Y", "Thousands", VACANCIES)
    assert was in text
    (tmp_path / "series.csv").write_text(text.replace(was, now), encoding="utf-8")
    with pytest.raises(ParseError, match=told):
        parse(tmp_path / "series.csv", {}, SOURCE)


def test_a_recorded_table_is_read_to_its_last_period(shared_fixtures: Path) -> None:
    cells = parse(shared_fixtures / "ons" / "chronicle_timeseries_generator_haxv.csv", {}, SOURCE).to_pylist()
    assert len(cells) == 39 + 39 * 4 + 1  # the years 1987 to 2025, their quarters, and the first of 2026
    assert (cells[0]["row"], cells[0]["period"], cells[0]["text"]) == (9, "1987", "22795")
    assert (cells[-1]["period"], cells[-1]["text"], cells[-1]["cdid"]) == ("2026 Q1", "22501", "HAXV")
