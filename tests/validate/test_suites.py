"""Suites are read strictly: what is wrong is named with its file and key, and nothing is dropped."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lmi.errors import DeclarationError
from lmi.registry import repository_root
from lmi.validate import load_suite, load_suites
from lmi.validate.idioms import IDIOMS
from lmi.validate.rows import count_rows, inapplicable, opened
from lmi.validate.suites import TYPES, contract_rules
from tests.validate.tables import members, observations, snapshots

GOOD: dict[str, Any] = {
    "type": "unexpected_rows_expectation",
    "kwargs": {"unexpected_rows_query": ["select obs_key from {batch}", "where value < 0"]},
    "severity": "critical",
    "meta": {"rule": "jobs.are_not_negative", "reason": "Jobs are counted.", "action": "quarantine"},
}


def written(folder: Path, *expectations: Any, **more: Any) -> Path:
    """Write a suite of the source made/up and return the folder of suites."""
    body = {"name": "Made up", "meta": {"source": "made/up", "why": "for a test"}, "expectations": list(expectations)}
    path = folder / "made" / "up.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**body, **more}), encoding="utf-8")
    return folder


def changed(**changes: Any) -> dict[str, Any]:
    """Return the good expectation with other values; a key `meta__rule` reaches into meta, None takes a key out."""
    made = json.loads(json.dumps(GOOD))
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        place, key = (made[outer], inner) if inner else (made, outer)
        if value is None:
            del place[key]
        else:
            place[key] = value
    return made


def test_a_good_suite_follows_the_contract_in_order(tmp_path: Path) -> None:
    suite = load_suite(written(tmp_path, GOOD), "made/up")
    assert [r.origin for r in suite.rules] == ["contract"] * len(contract_rules()) + ["source"]
    assert suite.rules[-1].query == "select obs_key from {batch}\nwhere value < 0"
    assert (suite.rules[-1].severity, suite.rules[-1].action) == ("critical", "quarantine")


def test_a_source_without_a_suite_has_the_contract_and_the_common_rules(tmp_path: Path) -> None:
    assert load_suite(tmp_path, "made/up").rules == contract_rules()
    rules = load_suite(repository_root() / "expectations", "not/written_yet").rules
    assert {r.origin for r in rules} == {"contract", "common"}


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {  # what is wrong -> (expectation, key named, words said)
    "a type with a typing error": (
        changed(type="unexpected_row_expectation"),
        "expectations[0].type",
        "did you mean unexpected_rows_expectation",
    ),
    "a type of the library that nobody proved": (
        changed(type="expect_column_values_to_be_unique"),
        "expectations[0].type",
        "not known",
    ),
    "a key with a typing error": (changed(severty="critical"), "expectations[0].severty", "did you mean severity"),
    "a reason that is missing": (changed(meta__reason=None), "expectations[0].meta.reason", "missing"),
    "a reason that is empty": (changed(meta__reason=" "), "expectations[0].meta.reason", "text is missing"),
    "an action that is missing": (changed(meta__action=None), "expectations[0].meta.action", "missing"),
    "an action that does not exist": (
        changed(meta__action="delete"),
        "expectations[0].meta.action",
        "Expected: quarantine, stop",
    ),
    "a critical rule that only reports": (
        changed(meta__action="report"),
        "expectations[0].meta.action",
        "Expected: quarantine, stop",
    ),
    "a remark that stops": (
        changed(severity="info", meta__action="stop"),
        "expectations[0].meta.action",
        "Expected: report",
    ),
    "a severity that does not exist": (
        changed(severity="fatal"),
        "expectations[0].severity",
        "critical, info, warning",
    ),
    "a rule's id in capitals": (changed(meta__rule="Jobs"), "expectations[0].meta.rule", "lower case"),
    "an argument that does not exist": (
        changed(kwargs={"unexpected_rows_query": "select obs_key from {batch}", "mostly": 0.9}),
        "expectations[0].kwargs.mostly",
        "no such key",
    ),
    "SQL that does not read the batch": (
        changed(kwargs={"unexpected_rows_query": "select 1 as obs_key"}),
        "expectations[0].kwargs.unexpected_rows_query",
        "{batch}",
    ),
    "SQL with a single brace": (
        changed(kwargs={"unexpected_rows_query": "select obs_key from {batch} where area_code ~ 'E{8}'"}),
        "expectations[0].kwargs.unexpected_rows_query",
        "braces doubled",
    ),
    "a column that does not exist": (
        changed(type="expect_column_values_to_not_be_null", kwargs={"column": "vlaue"}, meta__action="stop"),
        "expectations[0].kwargs.column",
        "did you mean value",
    ),
    "an idiom that does not exist": (
        changed(kwargs={"idiom": "parts_add_up"}),
        "expectations[0].kwargs.idiom",
        "parts_add_to_total",
    ),
    "an idiom with a parameter missing": (
        changed(kwargs={"idiom": "share_is_plausible", "dimension": "occupation", "codes": "63", "share": 0.1}),
        "expectations[0].kwargs.of",
        "missing",
    ),
    "an idiom with a parameter too many": (
        changed(kwargs={"idiom": "is_within", "lowest": 0}),
        "expectations[0].kwargs.lowest",
        "did you mean low",
    ),
    "an idiom with a word for a number": (
        changed(kwargs={"idiom": "is_within", "low": "0"}),
        "expectations[0].kwargs.low",
        "wrong type",
    ),
    "an idiom with a truth for a number": (
        changed(kwargs={"idiom": "is_within", "low": True}),
        "expectations[0].kwargs.low",
        "wrong type",
    ),
    "quarantine by a rule that cannot say which row is at fault": (
        changed(kwargs={"idiom": "parts_add_to_total", "dimension": "industry", "parts": "[A-U]"}),
        "expectations[0].meta.action",
        "which rows are at fault",
    ),
    "quarantine by a rule on a column": (
        changed(type="expect_column_values_to_not_be_null", kwargs={"column": "value"}),
        "expectations[0].meta.action",
        "which rows are at fault",
    ),
    "a choice with a typing error": (
        changed(kwargs={"idiom": "step_is_plausible", "along": "editions", "share": 0.1}),
        "expectations[0].kwargs.along",
        "did you mean edition",
    ),
    "a column to add over that does not exist": (
        changed(
            kwargs={"idiom": "sum_is_not_above", "lower": "a", "upper": "b", "by": ["area"]},
            severity="warning",
            meta__action="report",
        ),
        "expectations[0].kwargs.by",
        "area_code",
    ),
    "rounding steps that fall": (
        changed(
            kwargs={
                "idiom": "parts_add_to_total",
                "dimension": "industry",
                "parts": "C",
                "rounding": [[50, 25], [0, 5]],
            },
            severity="warning",
            meta__action="report",
        ),
        "expectations[0].kwargs.rounding",
        "rising pairs",
    ),
    "a relation that does not exist": (
        changed(meta__needs=["areas"]),
        "expectations[0].meta.needs",
        "codes, members, snapshots",
    ),
    "an expectation that is no object": ("value >= 0", "expectations[0]", "not an object"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_with_file_and_key(what: str, tmp_path: Path) -> None:
    expectation, key, words = WRONG[what]
    with pytest.raises(DeclarationError) as caught:
        load_suite(written(tmp_path, expectation), "made/up")
    assert "up.json, key " + key + ":" in str(caught.value)
    assert words in str(caught.value)


def test_a_rule_that_stands_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"up\.json: a rule's id stands twice.*jobs\.are_not_negative"):
        load_suite(written(tmp_path, GOOD, GOOD), "made/up")


def test_a_rule_named_as_one_of_the_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="stands twice"):
        load_suite(written(tmp_path, changed(meta__rule="observations.key_is_unique")), "made/up")


def test_a_key_that_stands_twice_is_not_overwritten_in_silence(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD) / "made" / "up.json"
    path.write_text(path.read_text().replace('"severity": "critical"', '"severity": "info", "severity": "critical"'))
    with pytest.raises(DeclarationError, match=r"a key stands twice.*severity"):
        load_suite(tmp_path, "made/up")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"expectations": []}, "expects nothing"),
        ({"meta": {"source": "made/down", "why": "for a test"}}, "names another source"),
        ({"meta": {"source": "made/up"}}, "meta.why"),
        ({"suite": "x"}, "key suite"),
    ],
)
def test_the_frame_of_a_suite_is_checked(more: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=words):
        load_suite(written(tmp_path, GOOD, **more), "made/up")


def test_text_that_is_not_json_names_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD) / "made" / "up.json"
    path.write_text("{'name': }")
    with pytest.raises(DeclarationError, match=r"up\.json: the suite is not JSON"):
        load_suite(tmp_path, "made/up")


def test_the_digest_follows_what_is_asked_and_not_how_the_file_is_laid_out(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD) / "made" / "up.json"
    first = load_suite(tmp_path, "made/up").digest
    path.write_text(json.dumps(json.loads(path.read_text()), indent=8))
    assert load_suite(tmp_path, "made/up").digest == first
    path.write_text(path.read_text().replace("value < 0", "value < 1"))
    assert load_suite(tmp_path, "made/up").digest != first


#: Rules that miss something in a table without a single figure: they are asked whatever the table holds, and name no code.
SPEAK_OF_NOTHING = {
    ("dfe/destinations_16_18", "districts.are_all_there"),
    ("dfe/employer_skills_survey", "partnerships_are_all_there"),
    ("dwp/stat_xplore_api_responses", "constituencies_are_all_there"),
}


def test_every_query_of_every_committed_suite_can_be_asked_and_finds_nothing_wrong_in_no_figures() -> None:
    empty = observations().slice(0, 0)
    relations = {"members": members("E07000117"), "snapshots": snapshots((1, "2023", date(2023, 1, 1)))}
    with opened(None, empty, relations) as con:
        for suite in load_suites(repository_root() / "expectations").values():
            assert set(inapplicable(con, suite.rules, relations)) <= {r.rule for r in suite.rules}
            for rule in suite.rules:
                if rule.query:  # raises when it cannot
                    misses = (suite.source_id, rule.rule) in SPEAK_OF_NOTHING
                    assert count_rows(con, rule) == int(misses), (suite.source_id, rule.rule)


def test_the_guide_names_every_idiom_and_type() -> None:
    guide = (repository_root() / "expectations" / "README.md").read_text(encoding="utf-8")
    assert [name for name in [*IDIOMS, *TYPES] if f"`{name}`" not in guide] == []


def test_every_committed_suite_is_read_and_each_rule_has_a_reason_that_is_a_sentence() -> None:
    suites = load_suites(repository_root() / "expectations")
    assert len(suites) >= 10
    for suite in suites.values():
        own = [r for r in suite.rules if r.origin == "source"]
        assert own
        for rule in own:
            assert rule.reason.endswith(".") and len(rule.reason.split()) >= 3, (suite.source_id, rule.rule)
