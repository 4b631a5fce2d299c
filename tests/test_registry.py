"""Declarations: the real ones load, and a wrong one is named by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lmi.errors import DeclarationError
from lmi.registry import load, repository_root
from tests.raw.conftest import SOURCE, write_declarations

GOOD = SOURCE.replace("SHA", "0" * 64)


def test_the_declarations_of_the_house_agree() -> None:
    registry = load()
    assert registry.area("lancashire").code == "E69000019"
    assert len(registry.area("lancashire").members) == 14
    assert {"lancashire", "greater_manchester", "cumbria"} <= set(registry.areas)


def test_every_statistical_source_has_expectations() -> None:
    for source in load().sources.values():
        if source.kind == "statistics":
            assert (repository_root() / "expectations" / f"{source.source_id}.json").is_file(), source.source_id


def test_every_source_carries_its_licence_and_attribution() -> None:
    for source in load().sources.values():
        assert source.licence and source.attribution, source.source_id


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('parser = "delimited"', 'parsre = "delimited"', ["ons/jobs.toml", "parsre", "did you mean 'parser'"]),
        ('indicator = "jobs"', 'indicator = "jbos"', ["ons/jobs.toml", "indicator", "did you mean 'jobs'"]),
        ('form = "month"', 'form = "fortnight"', ["ons/jobs.toml", "period.form", "fortnight"]),
        (
            'form = "month" }',
            'form = "month", rules = [{ pattern = "[0-9]+", form = "mid_year" }] }',
            ["ons/jobs.toml", "period.rules", "'[0-9]+'"],
        ),
        ("dimensions.area", "dimensions.aera", ["ons/jobs.toml", "area"]),
        ('title = "Jobs"', "title = 5", ["ons/jobs.toml", "title"]),
        ('title = "Jobs"', "title = ", ["ons/jobs.toml", "not TOML"]),
        ('sha256 = "0', 'sha256 = "z', ["ons/jobs.toml", "editions.0.sha256"]),
        ('format = "delimited"', 'format = "fax"', ["ons/jobs.toml", "recognise.format", "fax"]),
    ],
)
def test_a_wrong_declaration_names_file_and_key(good: str, bad: str, told: list[str], tmp_path: Path) -> None:
    assert good in GOOD
    with pytest.raises(DeclarationError) as caught:
        load(write_declarations(tmp_path, {"ons/jobs": GOOD.replace(good, bad, 1)}))
    for words in told:
        assert words in str(caught.value)


def test_an_unknown_area_names_the_nearest() -> None:
    with pytest.raises(DeclarationError, match="did you mean 'lancashire'"):
        load().area("lancashir")


def test_the_digest_follows_every_declaration(tmp_path: Path) -> None:
    before = load(write_declarations(tmp_path, {"ons/jobs": GOOD})).digest
    after = load(write_declarations(tmp_path, {"ons/jobs": GOOD.replace("A publisher", "Another")})).digest
    assert before != after
