"""Outcomes by provider: fractions and per cent in one record, levels that are printed twice, zeros that are none.

The small file holds records of two Lancashire providers for 2022/23 as the publisher's table has them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.small import DATA, assert_all_checks_pass, figure_at, remarks_on, staged_copy, stopped_by

SOURCE = "dfe/fe_outcomes_by_provider"
FILE = DATA / "fe_outcomes_by_provider.csv"
BURNLEY = '"5040.0","4980.0","0.85","0.58","2.0","27.0","31.0","0.58"'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return Staged([FILE], tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def full(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


def test_shares_are_fractions_whatever_the_column_holds(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select indicator_id, value from figures where provider = '10001000' and qualification = '_T' and age = '_T' "
        "and sex = '_T' and detail = '_T' order by obs_key",
    )
    assert {r["indicator_id"]: pytest.approx(r["value"]) for r in told} == {
        "fe_leavers": 5040,
        "fe_leavers_matched": 4980,
        "fe_sustained_destination_rate": 0.85,  # printed 0.85
        "fe_sustained_employment_rate": 0.58,
        "fe_self_employment_rate": 0.02,  # printed 2.0
        "fe_employment_and_learning_rate": 0.31,
        "fe_sustained_learning_rate": 0.58,
        "fe_sustained_higher_education_rate": 0.12,
        "fe_sustained_apprenticeship_rate": 0.06,
        "fe_not_sustained_rate": 0.09,
        "fe_benefit_rate": 0.02,
        "fe_no_destination_rate": 0.04,
    }


def test_groups_and_their_levels_have_codes_of_their_own(small: Staged) -> None:
    told = small.ask(
        SOURCE,
        "select qualification, value, status from figures where provider = '10001000' and indicator_id = 'fe_leavers' and "
        "(qualification like 'ET-3%' or qualification like 'APP-%') order by 1",
    )
    assert [(r["qualification"], r["value"]) for r in told] == [
        ("APP-2", 70), ("APP-3", 210), ("APP-4", None), ("APP-6", 10), ("ET-3", 1520), ("ET-3F", 880), ("ET-3O", 650),
    ]  # fmt: skip
    assert told[2]["status"] == "suppressed"


def test_the_small_file_passes_all_checks(small: Staged) -> None:
    assert_all_checks_pass(small, SOURCE)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (BURNLEY.replace('"0.85"', '"85.0"'), "share_is_between_0_and_1"),
        (BURNLEY.replace('"31.0"', '"3.1"'), "both_is_what_employment_and_learning_share"),
        (BURNLEY.replace('"0.58","2.0"', '"0.88","2.0"'), "employment_and_learning_are_within_sustained"),
        (BURNLEY.replace("4980", "5980"), "matched_are_within_learners"),
        (BURNLEY.replace("5040", "4900").replace("4980", "4900"), "sexes_add_to_all"),
        (BURNLEY.replace('"0.85"', '"u"'), "unknown_symbol"),
    ],
)
def test_a_broken_copy_is_stopped(new: str, told: str, tmp_path: Path) -> None:
    assert told in stopped_by(staged_copy(FILE, tmp_path, (BURNLEY, new)), SOURCE)


def test_a_zero_in_the_place_of_a_small_number_is_quarantined(tmp_path: Path) -> None:
    """Of 30 learners 0.69 had a destination; were employment 0 and learning 0.58, the rest would be 3 hidden learners."""
    old = '"30.0","30.0","0.69","0.5","0.0","50.0","0.0","0.15"'
    copy = staged_copy(FILE, tmp_path, (old, old.replace('"0.5"', '"0"').replace('"0.15"', '"0.58"')))
    assert "zero_is_not_a_number_withheld" in remarks_on(copy, SOURCE)


@pytest.mark.data
def test_every_cell_is_a_figure_a_mark_or_ignored(full: Staged) -> None:
    accounts = {
        k: (a["found"], a["observed"], a["missing"], sum(a["ignored"].values()))
        for k, a in full.accounts(SOURCE).items()
    }
    assert accounts == {
        "2026-04~by_benefit~benefit": (50859 * 33, 260923, 128081, 1289343),
        "2026-04~by_level~level": (146355 * 33, 1106199, 440121, 3283395),
    }


@pytest.mark.data
@pytest.mark.parametrize(
    ("part", "record", "column", "provider", "detail", "value"),
    [
        ("level", 2113, "number_of_learners", "10001000", "_T", 5040),
        ("level", 2113, "spd_percent", "10001000", "_T", 0.85),
        ("level", 1292, "self_emp_percent", "10000747", "difficulty", 0.01),
        ("level", 119225, "learn_percent", "10000747", "_T", 0.55),
        ("level", 119228, "number_of_learners", "10000747", "difficulty_unknown", None),
        ("benefit", 649, "emp_percent", "10001000", "benefit", 0.55),
        ("benefit", 656, "number_of_learners", "10001000", "education_and_training_no_benefit", 4320),
    ],
)
def test_figures_are_those_printed_at_their_record(
    full: Staged, part: str, record: int, column: str, provider: str, detail: str, value: float | None
) -> None:
    found = figure_at(full, SOURCE, "2026-04", record, column, part)
    assert (found["provider"], found["detail"], found["value"]) == (provider, detail, value)
    assert value is not None or found["status"] == "suppressed"


@pytest.mark.data
def test_all_checks_pass_but_for_the_zeros_that_are_none(full: Staged) -> None:
    full.outcomes(SOURCE)
    quarantined = {o.part: o.quarantined for o in full.ingest.validate_source(SOURCE) if o.state == "ok"}
    assert quarantined == {
        "level": {"zero_is_not_a_number_withheld": 90}, "benefit": {"zero_is_not_a_number_withheld": 19},
    }  # fmt: skip


@pytest.mark.data
def test_providers_of_2023_had_1375600_learners_who_achieved(full: Staged) -> None:
    sql = "select sum(value) from figures where indicator_id = 'fe_leavers' and period_end = '2023-07-31' and part = 'level'"
    whole = " and qualification = '_T' and age = '_T' and sex = '_T' and detail = '_T'"
    assert full.one(SOURCE, sql + whole) == 1375600  # summed over the file's records that are Total throughout
