"""Occupation by industry: every column is a class of SIC 2007, every row a unit group of SOC 2010, zeros included."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from lmi.lookups import CodeBook
from tests.sources.conftest import Holdings, Staged
from tests.sources.rules import broken_rules

SOURCE = "ons/occupation_by_industry_matrix_uk"
NAMES = {
    "0111": "Growing of cereals, except rice",
    "1011": "Processing and preserving of meat",
    "5630": "Beverage serving activities",
    "8610": "Hospital activities",
    "8690": "Other human health activities",
    "9900": "Act extraterritorial org & bodies",
}
#: Three cells of the publisher's table, as printed; in the test's table all others are zero.
ROWS = {
    " 2231 2231  'Nurses' ": {"8610": "395098 ", "8690": "125152 "},
    " 9279 9279  'Other elementary services occupations n.e.c.' ": {"5630": "1100 "},
}
PARTIAL = {"every_pair.is_there", "employees.are_those_of_the_country"}  # two occupations of 369


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The codes of all classes of SIC 2007."""
    book = CodeBook(Staged([], tmp_path_factory.mktemp("codes")).ingest.codes)
    return list(book.names("sic2007", "class"))


def table(classes: list[str], rows: dict[str, dict[str, str]] = ROWS) -> str:
    """Return the table in the publisher's shape: stray blanks, the class's number without its leading zero, then dotted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *(f" {int(c)} {c[:2]}.{c[2:]} {NAMES.get(c, 'Another industry')} " for c in classes)])
    writer.writerows([label, *(cells.get(c, "0") for c in classes)] for label, cells in rows.items())
    return out.getvalue()


def staged(text: str, folder: Path) -> Staged:
    file = folder / "file"
    file.write_text(text, encoding="utf-8")
    return Staged([file], folder / "data")


def test_labels_become_codes_and_a_zero_is_a_number(classes: list[str], tmp_path: Path) -> None:
    file = staged(table(classes), tmp_path)
    assert [o.account["observed"] for o in file.outcomes(SOURCE)] == [2 * len(classes)]
    rows = file.ask(SOURCE, "select area_code, occupation, industry, value from figures where value > 0 order by value")
    assert [tuple(r.values()) for r in rows] == [
        ("K02000001", "SOC10-9279", "5630", 1100.0),
        ("K02000001", "SOC10-2231", "8690", 125152.0),
        ("K02000001", "SOC10-2231", "8610", 395098.0),
    ]
    assert file.one(SOURCE, "select value from figures where occupation = 'SOC10-2231' and industry = '0111'") == 0.0
    assert broken_rules(file, SOURCE) == PARTIAL


def test_an_occupation_that_nobody_knows_stops_the_file(classes: list[str], tmp_path: Path) -> None:
    (outcome,) = staged(table(classes).replace(" 2231 2231 ", " 2299 2299 "), tmp_path).outcomes(SOURCE)
    assert (outcome.state, outcome.quarantined) == ("stopped", {"unknown_occupation": len(classes)})


def test_a_count_of_answers_and_a_margin_among_the_cells_are_reported(classes: list[str], tmp_path: Path) -> None:
    rows = {" 2231 2231  'Nurses' ": {"8610": "2", "8690": "27213191"}}
    assert broken_rules(staged(table(classes, rows), tmp_path), SOURCE) == {
        "every_pair.is_there",
        "a_cell.is_nobody_or_an_answer",
        "no_pair.holds_too_many",
    }


@pytest.fixture(scope="module")
def published(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_every_cell_of_the_published_table_is_a_figure_and_passes(published: Staged) -> None:
    assert [o.account for o in published.outcomes(SOURCE)] == [
        {"found": 369 * 615, "observed": 369 * 615, "missing": 0, "quarantined": 0, "ignored": {}}
    ]
    assert broken_rules(published, SOURCE) == set()


@pytest.mark.data
def test_27213191_employees_of_whom_395098_are_nurses_in_hospitals(published: Staged) -> None:
    assert published.one(SOURCE, "select sum(value) from figures") == 27213191
    nurses = "select value from figures where occupation = 'SOC10-2231' and industry = '8610'"  # record 72
    assert published.one(SOURCE, nurses) == 395098
    assert published.one(SOURCE, "select count(*) from figures where value = 0") == 220347
