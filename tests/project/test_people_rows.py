"""Residents, the labour force and levels held in the projection: accounts that close, and what a gap in the data does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lmi.errors import CoverageError
from lmi.project.change import Change
from lmi.project.compare import compare
from lmi.project.held import HELD, RISES, SETTLED, read_held
from lmi.project.inputs import Assumptions
from lmi.project.run import ProjectionResult, project
from lmi.project.supply_labour import age_cohorts, fit_profile, moved_profile
from tests.project.synthetic import HERE, WIDER, invent, without

INPUTS = invent(11)


@pytest.fixture(scope="module")
def made() -> ProjectionResult:
    return project(INPUTS, HERE, WIDER, 1)


@pytest.fixture(scope="module")
def rows(made: ProjectionResult) -> pd.DataFrame:
    return made.projections.to_pandas()


def central(rows: pd.DataFrame, area: str, measure: str, breakdown: str, level: str = "_T") -> pd.DataFrame:
    picked = rows[(rows.area_code == area) & (rows.measure == measure) & (rows.breakdown == breakdown)]
    return picked[picked.level == level].pivot(index="code", columns="year", values="p50")


def test_people_grow_older_and_the_last_age_keeps_its_own() -> None:
    # ages 0, 1 and 2 or more: 5, 3 and 2; a year later 5 are born, 5 are one, 3 + 2 are two or more
    made = age_cohorts(np.array([[[5.0, 3.0, 2.0]]]), 3)
    assert made[0, :, 0].tolist() == [[5, 3, 2], [5, 5, 5], [5, 5, 10]]


def test_the_country_s_profile_is_moved_until_the_district_s_rate_is_met() -> None:
    profile, residents = np.array([0.3, 0.9]), np.array([[100.0, 300.0], [50.0, 50.0]])
    shift = fit_profile(residents, profile, np.array([0.75, 0.5]))
    own = moved_profile(profile, shift)
    # 0.3 * 100 + 0.9 * 300 = 300 of 400: the first district has the country's rates as they are
    assert shift[0] == pytest.approx(0, abs=1e-6)
    assert (residents[1] * own[1]).sum() == pytest.approx(50)
    assert np.log(own[1] / (1 - own[1])) == pytest.approx(np.log(profile / (1 - profile)) + shift[1])
    with pytest.raises(CoverageError, match="cannot be fitted"):
        fit_profile(residents, np.array([0.0, 0.9]), np.array([0.75, 0.5]))


def test_the_first_year_is_the_estimate_and_working_age_moves_as_the_publisher_projects(rows: pd.DataFrame) -> None:
    estimate = INPUTS.population_by_age_and_sex.to_pandas()
    ages = estimate.age.str.rstrip("+").astype(int)
    path = INPUTS.projected_population_by_broad_age.to_pandas()
    for district in ("X02", "X03"):
        people = central(rows, district, "residents", "age")
        assert people.loc["16-64", 2024] == pytest.approx(
            estimate[(estimate.area_code == district) & ages.between(16, 64)].value.sum()
        )
        printed = path[(path.area_code == district) & (path.age == "16-64")].set_index("year").value
        # straight in logs: mid-2024 lies two fifths of the way from 2022 to 2027
        start = printed[2022] * (printed[2027] / printed[2022]) ** 0.4
        assert people.loc["16-64", 2032] / people.loc["16-64", 2024] == pytest.approx(printed[2032] / start)


def test_where_an_older_projection_by_single_year_is_landed_ages_move_as_it_says(made: ProjectionResult) -> None:
    # it has 100 of every age and sex in every year, but 200 of those aged 25 to 34 from 2030 on
    years, ages = range(2024, 2036), (*map(str, range(90)), "90+")
    cells = pd.DataFrame(
        [(d, y, a, s) for d in ("X02", "X03") for y in years for a in ages for s in ("F", "M")],
        columns=["area_code", "year", "age", "sex"],
    )
    doubled = cells.age.isin([str(a) for a in range(25, 35)]) & (cells.year >= 2030)
    cells = cells.assign(value=100.0 + 100.0 * doubled, obs_key=10**6 + np.arange(len(cells)))
    older = pa.Table.from_pandas(cells, preserve_index=False)
    landed = project(replace(INPUTS, projected_population_2014_based_by_age_and_sex=older), HERE, WIDER, 1)
    assert landed.report["residents_age_shape"] == "older projection"
    assert made.report["residents_age_shape"] == "cohorts"
    people = central(landed.projections.to_pandas(), "X02", "residents", "age")
    share = people.loc["25-34"] / people.loc["16-64"]
    first = share[2024]
    assert share[2029] == pytest.approx(first) and share[2030] == pytest.approx(2 * first / (1 + first))
    hole = older.slice(0, older.num_rows - 1)  # one cell short: not used at all
    part = project(replace(INPUTS, projected_population_2014_based_by_age_and_sex=hole), HERE, WIDER, 1)
    assert part.report["residents_age_shape"] == "cohorts"


def test_ages_sexes_and_districts_add_up(rows: pd.DataFrame) -> None:
    bands = ["16-17", "18-24", "25-34", "35-49", "50-64"]
    for measure in ("residents", "labour_force"):
        area = central(rows, HERE, measure, "age")
        assert area.loc[bands].sum().to_numpy() == pytest.approx(area.loc["16-64"].to_numpy())
        assert (area.loc["16-64"] + area.loc["65+"]).to_numpy() == pytest.approx(area.loc["_T"].to_numpy())
        districts = sum(central(rows, d, measure, "age") for d in ("X02", "X03"))
        sexes = sum(central(rows, HERE, measure, f"age_{s}") for s in ("female", "male"))
        for other in (districts, sexes):
            assert other.to_numpy() == pytest.approx(area.to_numpy())
    people, active = (central(rows, HERE, m, "age") for m in ("residents", "labour_force"))
    assert (active < people).all().all() and (active > 0).all().all()


def test_levels_held_add_to_residents_of_working_age_and_rise_by_those_who_rise(rows: pd.DataFrame) -> None:
    held = central(rows, HERE, "residents", "qualification_held")
    people = central(rows, HERE, "residents", "age").loc["16-64"]
    assert held.sum().to_numpy() == pytest.approx(people.to_numpy())
    ages = sum(central(rows, HERE, "residents", "qualification_held", a) for a in ("16-24", "25-49", "50-64"))
    assert ages.to_numpy() == pytest.approx(held.to_numpy())


def test_cohorts_keep_what_they_hold_where_nobody_moves_or_rises() -> None:
    # as many people of each age in each of 3 years: whoever is 40 now holds what those who were 38 two years ago held
    people = np.full((3, 49), 100.0)
    declared = Assumptions(INPUTS.assumptions)
    rng = np.random.default_rng(1)
    calm = read_held(INPUTS, HERE, np.array([2024, 2025, 2026]), people, np.zeros(len(RISES)), declared, rng)
    assert calm is not None
    at = 40 - 16
    assert calm.stock[2, at] == pytest.approx(calm.stock[0, at - 2])
    assert calm.stock[1, : SETTLED - 16 + 1] == pytest.approx(calm.stock[0, : SETTLED - 16 + 1])
    risen = read_held(INPUTS, HERE, np.array([2024, 2025, 2026]), people, np.array([0.0, 0.0, 80.0]), declared, rng)
    assert risen is not None
    # a quarter of 80 rise from NVQ3 to NVQ4 in the first year; none of them is 64 and leaves
    gained = risen.stock[1].sum(axis=0) - calm.stock[1].sum(axis=0)
    assert gained[[HELD.index("NVQ4"), HELD.index("NVQ3")]] == pytest.approx([20.0, -20.0])


def test_the_survey_s_older_classification_is_no_base_year(made: ProjectionResult) -> None:
    table = INPUTS.dfe_hub_residents_by_qualification_by_qualification
    trade = table.slice(0, 1).set_column(
        table.column_names.index("qualification"), "qualification", pa.array(["TRADE"])
    )
    old = replace(INPUTS, dfe_hub_residents_by_qualification_by_qualification=pa.concat_tables([table, trade]))
    report = project(old, HERE, WIDER, 1).report
    assert report["qualifications_held"] == "absent: no survey year by age and level"
    assert made.report["qualifications_held"]["survey_year"] == 2023  # type: ignore[index]


def test_what_is_absent_is_said_and_the_gap_is_untouched(rows: pd.DataFrame) -> None:
    bare = project(without(INPUTS, "projected_population_by_broad_age", area_code="X02"), HERE, WIDER, 1)
    assert bare.report["people_absent"] == "projected residents by broad age"
    left = bare.projections.to_pandas()
    assert not left.measure.isin(["residents", "labour_force"]).any()
    kept = rows[rows.measure == "gap"].drop(columns="quality_reason").reset_index(drop=True)
    assert left[left.measure == "gap"].drop(columns="quality_reason").reset_index(drop=True).equals(kept)


def test_a_missing_age_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(CoverageError, match=r"X03, 2024.*aged 30, sex F.*What to do"):
        project(without(INPUTS, "population_by_age_and_sex", area_code="X03", sex="F", age="30"), HERE, WIDER, 1)
    with pytest.raises(CoverageError, match="do not reach"):
        project(without(INPUTS, "projected_population_by_broad_age", year=2037), HERE, WIDER, 1)  # type: ignore[arg-type]


def test_migration_moves_the_labour_force_and_no_opening() -> None:
    before = project(INPUTS, HERE, WIDER, 1, Change(keep_draws=True))
    change = Change(keep_draws=True, assumptions={"migration_shift": 0.002})
    found = compare(before, project(INPUTS, HERE, WIDER, 1, change)).to_pandas()
    moved = found[found.difference.abs() > 1e-6]
    assert set(moved.measure) == {"labour_force"}
    ten = moved[moved.year == 2034].iloc[0]
    assert ten.scenario / ten.baseline == pytest.approx(1.002**10)
    assert 0 < ten.difference_p10 < ten.difference < ten.difference_p90


def test_who_is_out_of_work_stands_in_one_year_and_without_a_route(rows: pd.DataFrame) -> None:
    found = rows[rows.measure == "available_people"]
    assert set(found.code) == {"not_assigned", "_T"} and set(found.p50) == {3000.0} and found.year.nunique() == 1
    # a half width of 600 is 95%: 80% lie within 600 * 1.2816 / 1.96 of it; 200 draws find that within a third
    assert found.p90.iloc[0] - 3000 == pytest.approx(392, rel=1 / 3)
    openings = (
        rows[(rows.measure == "openings_people") & (rows.code == "_T") & (rows.level == "_T")].set_index("year").p50
    )
    months = rows[rows.measure == "months_of_openings_covered"].iloc[0]
    assert months.p50 == pytest.approx(3000 / (openings[months.year] / 12))


def test_commuting_takes_from_the_inflow_what_the_census_says(rows: pd.DataFrame) -> None:
    out, into, home = (
        t.to_pandas().value.sum()
        for t in (
            INPUTS.commuters_by_workplace_by_workplace,
            INPUTS.commuters_by_home_by_home,
            INPUTS.home_workers_total,
        )
    )
    travel = INPUTS.commuters_by_workplace_by_workplace.to_pandas()
    leaving = travel[travel.detail == "X50"].value.sum()
    inward = INPUTS.commuters_by_home_by_home.to_pandas().query("detail == 'X50'").value.sum()
    net = (out - leaving + home + inward) / (out + home)
    before, after = (central(rows, HERE, m, "route") for m in ("inflow", "inflow_after_commuting"))
    assert (after / before).to_numpy() == pytest.approx(net)
    assert into > inward
