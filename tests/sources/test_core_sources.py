"""What holds for every core source: its files are known by what they say, and nothing in them is unaccounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.raw.probe import Probe
from lmi.raw.recognise import misses
from lmi.registry import load
from tests.sources.conftest import CORE, Staged

pytestmark = pytest.mark.data


@pytest.mark.parametrize("source_id", CORE)
def test_an_edition_yet_unknown_would_be_known_by_its_content(shared_data: Path, source_id: str) -> None:
    layouts = [(s.source_id, name, layout) for s in load().sources.values() for name, layout in s.layouts.items()]
    for path in sorted((shared_data / source_id).iterdir()):
        probe = Probe(path)
        fits = [(owner, name) for owner, name, layout in layouts if not misses(probe, layout.recognise)]
        assert [owner for owner, _ in fits] == [source_id], (path.name, fits)


@pytest.mark.parametrize("source_id", CORE)
def test_every_file_is_a_declared_edition_with_a_release_date(shared_data: Path, source_id: str) -> None:
    digests = {Probe(path).sha256 for path in (shared_data / source_id).iterdir()}
    assert digests == {edition.sha256 for edition in load().source(source_id).editions}


@pytest.mark.parametrize("source_id", CORE)
def test_every_cell_is_a_figure_missing_or_ignored_with_a_reason(staged: Staged, source_id: str) -> None:
    for outcome in staged.outcomes(source_id):
        assert outcome.state == "ok", outcome.error
        account = outcome.account
        assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())


@pytest.mark.parametrize("source_id", CORE)
def test_no_figure_stands_twice_in_one_file(staged: Staged, source_id: str) -> None:
    key = (
        "indicator_id, area_code, period_start, period_end, period_kind, industry, occupation, qualification, subject, "
        "sex, age, provider, detail"
    )
    assert (
        staged.ask(source_id, f"select {key} from figures group by vintage, layout, part, {key} having count(*) > 1")
        == []
    )


@pytest.mark.parametrize("source_id", CORE)
def test_every_code_of_a_declared_scheme_is_in_a_code_list(staged: Staged, source_id: str) -> None:
    """Codes written as constants or maps in a declaration are held to the lists as well as those looked up."""
    known = set(staged.ingest.codes["code"].to_pylist()) | {"_T"}
    for dimension in ("area_code", "industry", "occupation", "subject"):
        used = staged.ask(source_id, f"select distinct {dimension} as code from figures")
        assert {row["code"] for row in used} <= known, dimension
