"""What holds for every core source: its files are known by what they say, and nothing in them is unaccounted for."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from lmi.raw.probe import Probe
from lmi.raw.recognise import misses
from tests.sources.conftest import CORE, REGISTRY, Staged

pytestmark = pytest.mark.data


OWNERS = {e.sha256: s.source_id for s in REGISTRY.sources.values() for e in s.editions}
LAYOUTS = [(s.source_id, name, layout) for s in REGISTRY.sources.values() for name, layout in s.layouts.items()]


@cache
def owner_of(path: Path) -> tuple[str, str]:
    """Return the file's digest and the source that declares it: a folder may hold the papers of its data too."""
    digest = Probe(path).sha256
    return digest, OWNERS[digest]


@pytest.mark.parametrize("source_id", CORE)
def test_an_edition_yet_unknown_would_be_known_by_its_content(shared_data: Path, source_id: str) -> None:
    for path in sorted((shared_data / source_id).iterdir()):
        probe = Probe(path)
        fits = [(owner, name) for owner, name, layout in LAYOUTS if not misses(probe, layout.recognise)]
        assert [owner for owner, _ in fits] == [owner_of(path)[1]], (path.name, fits)


@pytest.mark.parametrize("source_id", CORE)
def test_every_file_is_a_declared_edition_with_a_release_date(shared_data: Path, source_id: str) -> None:
    owners = dict(map(owner_of, (shared_data / source_id).iterdir()))
    mine = {digest for digest, owner in owners.items() if owner == source_id}
    assert mine == {edition.sha256 for edition in REGISTRY.source(source_id).editions}


@pytest.mark.parametrize("source_id", CORE)
def test_every_cell_is_a_figure_missing_or_ignored_with_a_reason(staged: Staged, source_id: str) -> None:
    for outcome in staged.outcomes(source_id):
        assert outcome.state == "ok", outcome.error
        account = outcome.account
        assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())


#: Files that print the country beside every district: the same figure each time.
REPEATED = {"ons/ashe_median_pay_by_la"}


@pytest.mark.parametrize("source_id", CORE)
def test_no_figure_stands_twice_in_one_file(staged: Staged, source_id: str) -> None:
    key = (
        "indicator_id, area_code, period_start, period_end, period_kind, industry, occupation, qualification, subject, "
        "sex, age, provider, detail"
    )
    twice = "count(*) > 1" if source_id not in REPEATED else "count(distinct value) > 1"
    assert (
        staged.ask(source_id, f"select {key} from figures group by vintage, layout, part, {key} having {twice}") == []
    )


#: Groupings that one publisher prints and no list has: each is declared in the source, and no other source shares it.
OF_THEIR_OWN = {"ons/business_demography": {"64-excl-642"}, "ons/claimant_count_vacancies_uk": {"G-S"}}


@pytest.mark.parametrize("source_id", CORE)
def test_every_code_of_a_declared_scheme_is_in_a_code_list(staged: Staged, source_id: str) -> None:
    """Codes written as constants or maps in a declaration are held to the lists as well as those looked up.

    A dimension whose label is itself the code, as it stands or spelt as one, has no list.
    """
    known = set(staged.ingest.codes["code"].to_pylist()) | {"_T"} | OF_THEIR_OWN.get(source_id, set())
    dimensions = [d for layout in REGISTRY.source(source_id).layouts.values() for d in layout.dimensions.items()]
    unlisted = {name for name, d in dimensions if any(rule.by in ("slug", "text") for rule in d.rules)}
    for name, column in (("area", "area_code"), *((n, n) for n in ("industry", "occupation", "subject"))):
        if name not in unlisted:
            used = staged.ask(source_id, f"select distinct {column} as code from figures")
            assert {row["code"] for row in used} <= known, column
