"""Residents by highest qualification. The oracle for 2021 is DfE's own print of the same survey."""

from __future__ import annotations

import pytest

from tests.sources.conftest import Staged

SOURCE = "ons/aps_qualifications_by_age_gender"
HUB = "dfe/local_skills_data_hub"
pytestmark = pytest.mark.data


def test_lancashire_by_qualification_is_as_printed_and_as_dfe_prints_it_again(staged: Staged) -> None:
    sql = (
        "select qualification, value from figures where year(period_end) = 2021 and area_code = '{}' and sex = '_T' "
        "and age = '_T' "
        "and indicator_id = '{}' and vintage = '{}' order by qualification"
    )
    ours = staged.ask(SOURCE, sql.format("E37000019", "residents_aged_16_64", "2023-04-24"))
    assert {r["qualification"]: r["value"] for r in ours} == {
        "NVQ0": 65400.0, "NVQ1": 109300.0, "NVQ2": 154900.0, "NVQ3": 175800.0, "NVQ4": 311200.0,
        "OTHER": 45200.0, "TRADE": 27200.0,
    }  # fmt: skip
    assert ours == staged.ask(HUB, sql.format("E69000019", "dfe_hub_residents_by_qualification", "2025-09"))


def test_sexes_and_ages_each_add_to_all_within_rounding(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select sex <> '_T' as by_sex, age <> '_T' as by_age, sum(value) as people from figures where area_code = "
        "'E37000019' "
        "and vintage = '2023-04-24' and year(period_end) = 2021 group by all order by all",
    )
    assert [r["people"] for r in rows] == [889000.0, 66100 + 85600 + 86900 + 175700 + 171800 + 302000, 445800 + 443300]


def test_seven_qualifications_stand_by_nine_groups_in_every_area_and_year(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select vintage, count(distinct (qualification, sex, age)) as cells, count(distinct area_code) as areas, "
        "count(distinct period_end) as years, count(*) as n from figures group by 1 order by 1",
    )
    assert [tuple(r.values()) for r in rows] == [
        ("2022-11-08", 63, 396, 5, 63 * 396 * 5),
        ("2023-04-24", 63, 450, 5, 63 * 450 * 5),
    ]


def test_withheld_cells_are_counted_by_their_mark(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select status, count(*) as n from figures where vintage = '2022-11-08' and value is null group by 1 order "
        "by 1",
    )
    assert {r["status"]: r["n"] for r in rows} == {"suppressed": 34562, "rounded_to_zero": 458, "not_available": 315}
