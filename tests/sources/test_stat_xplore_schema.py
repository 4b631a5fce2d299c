"""Identifiers of Stat-Xplore: four kinds of list, told apart by their two columns, and what our queries ask for is in them.

The small files hold a few lines of the lists as the publisher's API gave them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.registry import load
from tests.sources.conftest import Staged
from tests.sources.small import DATA, staged_copy

SOURCE = "dwp/stat_xplore_schema"
FILES = [DATA / f"stat_xplore_schema_{kind}.csv" for kind in ("database", "dimension", "measure", "metadata")]


def test_each_kind_of_list_is_known_and_gives_its_codes(tmp_path: Path) -> None:
    staged = Staged(FILES, tmp_path)
    assert [(f.outcome, f.source_id) for f in staged.landed] == [("new", SOURCE)] * 4
    book = staged.ingest.codebook
    assert book.names("stat_xplore", "database") == {
        "str:database:ACC": "Alternative Claimant Count", "str:database:UC_Monthly": "People on Universal Credit",
    }  # fmt: skip
    assert book.names("stat_xplore", "measure")["str:measure:ACC_ONS:V_F_ACC_ONFLOWS:ratio"] == "Standardise Flows"
    assert book.names("stat_xplore", "field")["str:field:ACC:V_F_ACC:AGE"] == "Age (bands and single year)"
    assert set(book.names("stat_xplore_month", "month")) == {"January 2013", "August 2022"}


def test_an_identifier_of_another_form_is_an_error(tmp_path: Path) -> None:
    staged = staged_copy(FILES[0], tmp_path, ("str:database:ACC", "database/ACC"))
    (outcome,) = staged.ingest.read_lookups(SOURCE)
    assert outcome.state == "stopped" and "database/ACC" in outcome.error


@pytest.fixture(scope="module")
def full(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([shared_data / SOURCE], tmp_path_factory.mktemp("data"))


@pytest.mark.data
def test_28_lists_of_which_three_repeat_another(full: Staged) -> None:
    outcomes = [(f.outcome, f.source_id) for f in full.landed]
    assert (outcomes.count(("new", SOURCE)), outcomes.count(("known", SOURCE))) == (25, 3)
    names = full.ingest.codebook.names
    counts = [len(names("stat_xplore", level)) for level in ("database", "field", "measure")]
    assert counts == [7, 9 + 9 + 9 + 2 + 32 + 11 + 5, 1 + 3 + 3 + 1 + 3 + 1 + 1]
    assert len(names("stat_xplore_month")) == 10 * 12 + 8  # January 2013 to August 2023


@pytest.mark.data
def test_what_our_queries_ask_for_is_listed(full: Staged) -> None:
    known = set(full.ingest.codebook.names("stat_xplore"))
    queries = [q for s in load().sources.values() for q in s.queries.values() if q.service == "statxplore"]
    asked = {q.database for q in queries} | {m for q in queries for m in q.measures}
    assert queries and asked <= known
    assert {f.field for q in queries for f in q.fields} <= known
