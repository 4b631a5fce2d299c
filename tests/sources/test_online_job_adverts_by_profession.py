"""Adverts by profession: no SOC codes, two codes for one area, and adverts of no known country.

The small file restates two families in four areas, December 2022; sums are by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.conftest import Holdings, Staged
from tests.sources.ons_kit import (
    DATA,
    ENGLAND,
    LEP,
    LSIP,
    assert_accounted,
    good,
    remarks,
    staged_text,
)
from tests.sources.small import remarks_on

SOURCE = "ons/online_job_adverts_by_profession"
TEXT = (DATA / "online_job_adverts_by_profession.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return staged_text(TEXT, tmp_path_factory.mktemp("file"))


def test_engineering_adverts_add_to_960_in_both_codes_of_the_area(file: Staged) -> None:
    engineers = 50 + 70 + 30 + 40 + 295 + 90 + 70 + 105 + 20 + 15 + 175
    for area in (LSIP, LEP):
        sql = f"select sum(value) from figures where area_code = '{area}' and occupation = 'engineering'"
        assert file.one(SOURCE, sql) == engineers == 960


def test_a_withheld_profession_has_its_row_and_the_month_is_whole(file: Staged) -> None:
    rows = file.ask(
        SOURCE,
        "select value, status, period_start, period_end from figures where area_code = 'E69000019' "
        "and detail = 'electrical_draughtsmen_and_engineers'",
    )
    assert [tuple(r.values()) for r in rows] == [(None, "suppressed", date(2022, 12, 1), date(2022, 12, 31))]


def test_adverts_of_no_known_country_are_ignored_and_an_authority_keeps_its_old_code(file: Staged) -> None:
    (account,) = file.accounts(SOURCE).values()
    assert account["found"] == 62 and sum(account["ignored"].values()) == 2
    assert file.one(SOURCE, "select count(*) from figures where area_code = 'E47000010'") == 15


def test_the_small_file_is_used(file: Staged) -> None:
    assert "professions.are_all_there" in remarks_on(file, SOURCE)


@pytest.mark.parametrize(
    ("was", "fault", "rule"),
    [
        ("LSIP,Lancashire,Defence,Defence (other),Dec 22,35", "1300", "improvement_plan_areas.fit_into_the_country"),
        ("LEP,Lancashire,Defence,Defence (other),Dec 22,35", "1300", "partnerships.fit_into_the_country"),
        ("LSIP,Lancashire,Defence,Defence (other),Dec 22,35", "3.5", "adverts.are_rounded_to_five"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, was: str, fault: str, rule: str) -> None:
    assert TEXT.count(was) == 1
    assert rule in remarks(staged_text(TEXT.replace(was, was[:-2] + fault), tmp_path), SOURCE)


def test_an_area_that_lost_a_family_stops_the_file(tmp_path: Path) -> None:
    text = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith("LSIP,Lancashire,Eng"))
    assert "areas.have_the_same_professions" in remarks(staged_text(text, tmp_path), SOURCE)


# --- the publisher's files


@pytest.fixture(scope="module")
def real(holdings: Holdings) -> Staged:
    return holdings.of(SOURCE)


@pytest.mark.data
def test_both_files_are_accounted_for_and_pass(real: Staged) -> None:
    expected = {
        "2022-10~professions": (27125, 27125 - 4276 - 295, 4276, 295),  # 4,283 [x], seven of them of no known country
        "2022-12~professions": (25650, 25650 - 4899, 4899, 0),
    }
    assert_accounted(real, SOURCE, expected)
    assert good(real, SOURCE) == set()


@pytest.mark.data
@pytest.mark.parametrize(
    ("vintage", "area", "profession", "value"),
    [  # the record of the file in which the figure was read
        ("2022-12", LSIP, "administrative_personnel", 320),  # 15922
        ("2022-12", LSIP, "schedulers_and_coordinators", None),  # 15929, [x]
        ("2022-12", LSIP, "general_directors", 40),  # 16120
        ("2022-10", ENGLAND, "customer_service_personnel", 19515),  # 25064
    ],
)
def test_a_figure_is_the_one_in_its_record(
    real: Staged, vintage: str, area: str, profession: str, value: int | None
) -> None:
    sql = f"select value from figures where vintage = '{vintage}' and area_code = '{area}' and detail = '{profession}'"
    assert real.one(SOURCE, sql) == value


@pytest.mark.data
def test_partnership_and_improvement_plan_area_are_the_same_districts_and_figures(real: Staged) -> None:
    differing = (
        "select a.detail from figures as a join figures as b using (vintage, occupation, detail) "
        f"where a.area_code = '{LEP}' and b.area_code = '{LSIP}' and a.value is distinct from b.value"
    )
    assert real.ask(SOURCE, differing) == []
    sql = f"select vintage, sum(value) as adverts from figures where area_code = '{LSIP}' group by 1 order by 1"
    assert [tuple(r.values()) for r in real.ask(SOURCE, sql)] == [("2022-10", 27905), ("2022-12", 22035)]
