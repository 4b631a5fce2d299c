"""Standards by number: each has a level and a route, most a subject; the map's place is kept as a note.

The small file holds eight standards as the list of March 2021 has them.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tests.sources.conftest import Staged
from tests.sources.small import DATA, staged_copy

SOURCE = "dfe/apprenticeship_standards"
FILE = DATA / "apprenticeship_standards.csv"


def crosswalk(staged: Staged, name: str) -> dict[str, tuple[str, str]]:
    """Return from-code -> (to-code, note) of one mapping."""
    rows = pa.concat_tables(staged.ingest.lookups["crosswalks"]).to_pylist()
    return {r["from_code"]: (r["to_code"], r["note"]) for r in rows if r["crosswalk_id"] == name}


def test_a_standard_has_level_route_subject_and_a_place_in_the_map(tmp_path: Path) -> None:
    staged = Staged([FILE], tmp_path)
    assert [(f.outcome, f.source_id) for f in staged.landed] == [("new", SOURCE)]
    assert staged.ingest.codebook.names("apprenticeship_standard")["LARS-34"] == "Able seafarer (deck)"
    assert crosswalk(staged, "lars_to_route")["LARS-34"] == ("transport_and_logistics", "")
    assert crosswalk(staged, "lars_to_pathway")["LARS-34"] == ("transport", "Transport")
    assert crosswalk(staged, "lars_to_cluster")["LARS-34"] == ("driver_crewmember", "Driver/Crewmember")
    assert crosswalk(staged, "lars_to_level")["LARS-200"][0] == "RQF6"
    assert crosswalk(staged, "lars_to_ssa2")["LARS-34"][0] == "4.3"
    assert crosswalk(staged, "lars_to_standard_title")["LARS-34"][0] == "able_seafarer_deck"


def test_a_subject_may_be_a_number_alone_or_missing(tmp_path: Path) -> None:
    subjects = crosswalk(Staged([FILE], tmp_path), "lars_to_ssa2")
    assert subjects["LARS-159"][0] == "9.2"
    assert "LARS-379" not in subjects and len(subjects) == 6


def test_a_level_that_nobody_declared_is_an_error(tmp_path: Path) -> None:
    staged = staged_copy(FILE, tmp_path, ("Network engineer,4,", "Network engineer,8,"))
    (outcome,) = staged.ingest.read_lookups(SOURCE)
    assert outcome.state == "stopped" and "the level '8'" in outcome.error


@pytest.mark.data
def test_515_standards_of_which_498_have_a_subject(shared_data: Path, shared_method: Path, tmp_path: Path) -> None:
    staged = Staged([shared_data / SOURCE, shared_method / "routes.csv", shared_method / "ssa.csv"], tmp_path)
    assert len(staged.ingest.codebook.names("apprenticeship_standard")) == 515
    routes, subjects = crosswalk(staged, "lars_to_route"), crosswalk(staged, "lars_to_ssa2")
    assert (len(routes), len(subjects), len(crosswalk(staged, "lars_to_level"))) == (515, 515 - 17, 515)
    counts = [
        sum(code == wanted for code, _ in routes.values()) for wanted in ("digital", "construction", "hair_and_beauty")
    ]
    assert counts == [19, 81, 4]
    assert sum(code == "4.1" for code, _ in subjects.values()) == 81
    known = staged.ingest.codebook
    assert {code for code, _ in routes.values()} <= set(known.names("route"))
    assert {code for code, _ in subjects.values()} <= set(known.names("ssa", "tier2"))
