"""Queries and services as they are declared: a wrong one is named by file and key, and every key has its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lmi.errors import DeclarationError
from lmi.pipeline.live import live_settings
from lmi.raw.fetch import Waits
from lmi.registry import load, repository_root
from tests.raw.conftest import SOURCE, write_declarations

QUERY = """
[queries.q]
layout = "LAYOUT"
service = "nomis"
dataset = "NM_1_1"
areas = ["members"]
dimensions = { sex = "7" }
"""


def declared(tmp_path: Path, more: str) -> Path:
    good = SOURCE.replace("SHA", "0" * 64)
    start = good.index("[layouts")
    layout = good[start:].split("]")[0].removeprefix("[layouts.").split(".")[0]
    text = good[:start] + more.replace("LAYOUT", layout) + "\n" + good[start:]
    root = write_declarations(tmp_path, {"ons/jobs": text})
    (root / "lmi" / "declared" / "services.toml").write_text('[nomis]\nurl = "https://example.org"\ngap_seconds = 1\n')
    return root


def test_a_query_is_read_with_its_source(tmp_path: Path) -> None:
    query = load(declared(tmp_path, QUERY)).sources["ons/jobs"].queries["q"]
    assert (query.service, query.end, query.proven) == ("nomis", "nomis", False)


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('layout = "LAYOUT"', 'layout = "nothing"', ["ons/jobs.toml", "queries.q.layout", "nothing"]),
        ('service = "nomis"', 'service = "telex"', ["ons/jobs.toml", "queries.q", "telex"]),
        ('dataset = "NM_1_1"', 'dataset = "1"', ["ons/jobs.toml", "queries.q", "dataset"]),
        ('areas = ["members"]', 'areas = ["wards"]', ["ons/jobs.toml", "queries.q", "areas"]),
        (
            'dimensions = { sex = "7" }',
            "find = { sex = ['All'] }\ndimensions = { sex = \"7\" }",
            ["pinned twice", "sex"],
        ),
        ('dimensions = { sex = "7" }', "search = { sex = '*' }", ["searched in and not found by", "sex"]),
        ('dimensions = { sex = "7" }', QUERY.replace("queries.q", "queries.r"), ["same layout and part", "queries.q"]),
        (
            'service = "nomis"\ndataset = "NM_1_1"\nareas = ["members"]\ndimensions = { sex = "7" }',
            'service = "arcgis"\nfeature_service = "X"\ncolumns = ["A"]\nkey = "B"',
            ["there is no service 'arcgis'"],
        ),
    ],
)
def test_a_wrong_query_is_named_by_file_and_key(tmp_path: Path, good: str, bad: str, told: list[str]) -> None:
    assert good in QUERY
    with pytest.raises(DeclarationError) as error:
        load(declared(tmp_path, QUERY.replace(good, bad)))
    for part in told:
        assert part in str(error.value)


def test_every_query_names_a_service_and_only_services_with_keys_ask_for_one() -> None:
    registry = load()
    used = {q.end for s in registry.sources.values() for q in s.queries.values()}
    assert used <= set(registry.services)
    assert {n for n, end in registry.services.items() if end.key} == {"nomis", "statxplore"}
    assert [n for n, end in registry.services.items() if end.key_needed] == ["statxplore"]
    assert all(end.url.startswith("https://") for end in registry.services.values())


def test_no_query_claims_to_be_proven_before_it_was_asked_of_the_live_service() -> None:
    assert [s.source_id for s in load().sources.values() for q in s.queries.values() if q.proven] == []


def test_addresses_and_keys_come_from_the_environment_and_a_replaced_address_leads_nowhere_else() -> None:
    environment = {"LMI_URL_ONS_BETA": "http://127.0.0.1:9/", "STATXPLORE_KEY": " k3y "}
    live = live_settings(load(), environment, datetime(2026, 11, 23, tzinfo=UTC), Waits(lambda s: None, lambda: 0.0))
    assert (live.services["ons_beta"].url, live.services["ons_beta"].also) == ("http://127.0.0.1:9", ())
    assert live.services["nomis"].url == load().services["nomis"].url
    assert (live.keys["statxplore"].value, live.keys["statxplore"].header, live.keys["nomis"].value) == (
        "k3y",
        "APIKey",
        "",
    )
    assert "k3y" not in repr(live)


def test_no_key_is_written_in_the_repository() -> None:
    for path in (repository_root() / "lmi").rglob("*.toml"):
        text = path.read_text(encoding="utf-8").lower()
        assert "uid=" not in text and "apikey" not in text, path
