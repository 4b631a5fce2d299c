"""Employment of residents by occupation: five extracts, three layouts, one wrong column. Figures read off by hand."""

from __future__ import annotations

import pytest

from tests.sources.conftest import Staged

SOURCE = "ons/aps_employment_by_occupation"
pytestmark = pytest.mark.data


def test_the_five_extracts_are_staged_and_every_cell_is_accounted_for(staged: Staged) -> None:
    accounts = staged.accounts(SOURCE)
    assert {name: account["found"] for name, account in accounts.items()} == {
        "2022-05-18~soc2010_transposed": 7 * 225 * 207,
        "2022-06-13~activity_and_soc2020": 569 * 33,
        "2022-10-13~soc2020": 402 * 26,
        "2022-11-08~soc2010": 5 * 396 * 25,
        "2023-04-24~soc2010": 5 * 450 * 25,
    }
    for account in accounts.values():
        assert account["found"] == account["observed"] + account["missing"] + sum(account["ignored"].values())


@pytest.mark.parametrize(
    ("year", "lancashire", "england"),
    [
        (2017, 703700, 26926400),
        (2018, 692500, 27137000),
        (2019, 699700, 27463700),
        (2020, 693700, 27372700),
        (2021, 667300, 27188800),
    ],
)
def test_occupations_of_soc_2010_add_to_the_hand_sum_of_each_year(
    staged: Staged, year: int, lancashire: int, england: int
) -> None:
    sql = (
        "select sum(value) from figures where area_code = '{}' and layout = 'soc2010' and vintage = '2023-04-24' "
        f"and year(period_end) = {year}"
    )
    assert [staged.one(SOURCE, sql.format(area)) for area in ("E37000019", "E92000001")] == [lancashire, england]


def test_partnership_and_improvement_plan_area_are_the_same_districts_and_the_same_figures(staged: Staged) -> None:
    differing = staged.ask(
        SOURCE,
        "select a.occupation from figures as a join figures as b using (vintage, layout, occupation, period_end) "
        "where a.area_code = 'E37000019' and b.area_code = 'E69000019' and (a.value, a.ci_half_width) is distinct "
        "from (b.value, b.ci_half_width)",
    )
    assert differing == []


def test_the_transposed_extract_holds_the_same_figures_as_the_later_one(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select year(period_end) as year, sum(value) as people from figures where area_code = 'E37000019' "
        "and layout = 'soc2010_transposed' and sex = '_T' and detail = '_T' and year(period_end) <= 2019 group by 1 "
        "order by 1",
    )
    assert [(r["year"], r["people"]) for r in rows] == [
        (2015, 673700),
        (2016, 692400),
        (2017, 703700),
        (2018, 692500),
        (2019, 699700),
    ]


def test_men_and_women_and_hours_are_parts_and_not_further_people(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select sex, detail, value from figures where area_code = 'E92000001' and layout = 'soc2010_transposed' "
        "and occupation = 'SOC10-11' and year(period_end) = 2015 and sex = '_T' order by detail",
    )
    assert [(r["detail"], r["value"]) for r in rows] == [
        ("_T", 1934000.0),
        ("full_time", 1739000.0),
        ("part_time", 194400.0),
    ]


def test_a_figure_without_an_interval_is_kept_as_unreliable_and_a_withheld_one_has_no_value(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select occupation, value, ci_half_width, status from figures where area_code = 'E07000117' and vintage = "
        "'2023-04-24' "
        "and year(period_end) = 2021 and occupation in ('SOC10-11', 'SOC10-21') order by occupation",
    )
    assert [tuple(r.values()) for r in rows] == [
        ("SOC10-11", None, None, "suppressed"),
        ("SOC10-21", 2700.0, None, "unreliable"),
    ]


def test_the_wrong_column_of_soc_2020_is_quarantined_in_both_files_that_hold_it(staged: Staged) -> None:
    assert staged.ask(SOURCE, "select 1 from figures where occupation = '63'") == []
    refused = {o.vintage: o.quarantined for o in staged.outcomes(SOURCE) if o.quarantined}
    assert refused == {
        "2022-06-13": {"aps_t09b_58_not_occupation_63": 363},
        "2022-10-13": {"aps_t09b_58_not_occupation_63": 402},
    }


def test_without_the_wrong_column_soc_2020_adds_to_what_a_year_of_employment_must_be(staged: Staged) -> None:
    sql = "select sum(value) from figures where area_code = '{}' and layout = 'soc2020'"
    assert staged.one(SOURCE, sql.format("E37000019")) == 833900 - 174500
    assert staged.one(SOURCE, sql.format("E92000001")) == 33394300 - 5946200


def test_economic_activity_of_a_district_is_read_beside_the_occupations(staged: Staged) -> None:
    rows = staged.ask(
        SOURCE,
        "select detail, value from figures where indicator_id = 'residents_economic_activity' and area_code = "
        "'E07000117' order by 1",
    )
    assert {r["detail"]: r["value"] for r in rows} == {
        "_T": 51400.0, "economically_active": 39400.0, "in_employment": 36600.0, "employees": 32100.0,
        "self_employed": 4500.0, "unemployed": 2800.0, "inactive": 12000.0,
    }  # fmt: skip


def test_counties_are_ignored_so_that_none_is_taken_for_the_wider_area_of_its_name(staged: Staged) -> None:
    both = "where layout = 'activity_and_soc2020'"
    kinds = staged.ask(SOURCE, f"select distinct left(area_code, 3) as kind from figures {both} order by 1")
    assert [r["kind"] for r in kinds] == ["E06", "E07", "E08", "E09", "S12", "W06"]
    ignored = staged.accounts(SOURCE)["2022-06-13~activity_and_soc2020"]["ignored"]
    assert list(ignored.values()) == [206 * 33]
